// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules that are loaded in the kernel image. */
#ifndef NBD_RESOLVE_KERNEL_MODULE_H
#define NBD_RESOLVE_KERNEL_MODULE_H

#include <stddef.h>

#include "base/num.h"

/* The addresses of all struct module in arena memory, *n of them. What cannot be read is left out; NULL when there
 * is none. */
uint64_t *kernel_modules(size_t *n);

/* True when a module of that name is loaded; false, too, when the list of modules cannot be read. */
bool kernel_module_is_loaded(const char *name);

/* The struct module of that name, 0 when there is none and when the list of modules cannot be read. */
uint64_t kernel_module_by_name(const char *name);

/* Reads the name of the struct module at module, terminated. False when it cannot be read. */
#define KERNEL_MODULE_NAME 64
bool kernel_module_name(uint64_t module, char name[KERNEL_MODULE_NAME]);

/* Where its code is. False when that cannot be read. */
bool kernel_module_text(uint64_t module, uint64_t *base, uint64_t *size);

/* How many bytes of its memory are in one piece from the address on, 0 when the address lies outside or that cannot be
 * read. */
uint64_t kernel_module_room(uint64_t module, uint64_t addr);

/* True when the address lies in the memory of the struct module at module; false when that cannot be read. */
bool kernel_module_contains(uint64_t module, uint64_t addr);

/* Where a section of it is. Unknown when it has none of that name, when the kernel keeps no list of them, and when that
 * cannot be read. */
num kernel_module_section(uint64_t module, const char *name);

/* 1 when the memory of the module of that name contains this text, one of its messages for instance; 0 when it does
 * not. Unknown when there is no such module (it is built in) and when its memory cannot be read in full. */
num kernel_module_holds(const char *module, const char *text);

#endif
