// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What nbd.so needs of crash, over an image of our own: nbd.so's code runs in this process as it does
 * in crash.
 */
#ifndef NBD_TEST_STANDIN_H
#define NBD_TEST_STANDIN_H

#include "core.h"

/* As crash does when it opens an image and loads nbd.so. One image at a time; the core must stay open
 * until crash_close(), which unloads nbd.so. */
void crash_open(const struct core *core);
void crash_close(void);

/* Runs a command line, words separated by spaces, and returns all that it printed, errors too, as
 * crash shows them; free() it. A command that ends with error(FATAL) or shows its usage is left by
 * longjmp, as in crash. */
char *crash_run(const char *line);

/* Ctrl-C is pressed when the next command reads memory for the n-th time; 0: never. */
void crash_interrupt(unsigned long n);
/* The same just before the next command looks for the n-th time whether there was a Ctrl-C; and how often one has looked. */
void crash_interrupt_look(unsigned long n);
unsigned long crash_looks(void);

/* Asked for each structure (member NULL) and member that nbd.so looks up: false hides it, as if nbd.so's
 * tables did not name it. NULL: hides nothing. */
typedef bool crash_layout_filter(const char *type, const char *member);
void crash_filter_layouts(crash_layout_filter *filter);

/* Asked for each symbol that nbd.so looks up: false hides it, as from a crash that has no modules. NULL: hides nothing, and
 * crash has module nbd. */
typedef bool crash_symbol_filter(const char *name);
void crash_filter_symbols(crash_symbol_filter *filter);

/* The file that `mod -s nbd` has been given, whose debuginfo crash has then. NULL: none. */
void crash_load_debuginfo(const char *path);

/* The file that crash has symbols and types from; NULL: none, as at first. */
void crash_vmlinux(char *path);

/* How often the last command read memory. */
unsigned long crash_reads(void);

#endif
