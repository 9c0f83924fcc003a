// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of one command. crash leaves a command by longjmp on a fatal error or a broken pipe, so
 * nothing is freed piece by piece: arena_free_all() runs when the command has ended, however it did.
 */
#ifndef NBD_BASE_ARENA_H
#define NBD_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/* Zeroed memory that lives until arena_free_all(). Never returns NULL: without memory it calls the
 * handler of arena_on_exhausted(), which must not return. */
void *arena_alloc(size_t size);

/* printf() and vprintf() into arena memory. */
char *arena_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *arena_vprintf(const char *format, va_list list) __attribute__((format(printf, 1, 0)));

/* A copy of the len bytes at s, with a NUL behind them. */
char *arena_strndup(const char *s, size_t len);

/* Gives back early the size bytes that arena_alloc() returned, if they are so many that it pays. Nothing may point to
 * them any more. */
void arena_release(void *p, size_t size);

/* Makes room for one more element in an array that has n, each of them added this way. Returns where the
 * array is now; nothing may point to where it was. ARENA_PUSH() is easier to use. */
void *arena_grow(void *array, size_t n, size_t element_size);

/* Appends a zeroed element to an array of the arena and yields its address. */
#define ARENA_PUSH(array, n) ((array) = arena_grow((array), (n), sizeof(*(array))), &(array)[(n)++])

/* Sets what is called when memory has run out; it must not return. Until one is set, abort() ends the program.
 * arena_exhausted() calls it: for code that could not get memory elsewhere, as from a library. */
void arena_on_exhausted(void (*handler)(void));
_Noreturn void arena_exhausted(void);

/* How many bytes were given out since the last arena_free_all(). */
size_t arena_used(void);

/* Frees everything: no pointer into the arena is valid any more. */
void arena_free_all(void);

/* How often arena_free_all() was called: what points into the arena is valid while this stays the same. */
unsigned long arena_round(void);

#endif
