// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbols of modules as the kernel itself has them, in the table of each struct module (kallsyms): for modules that
 * crash does not know, be it that it was started with --no_modules or is older than the kernel, or knows wrongly. Where the kernel was
 * built without CONFIG_KALLSYMS_ALL such a table has functions alone.
 */
#ifndef NBD_RESOLVE_MODULE_SYMBOLS_H
#define NBD_RESOLVE_MODULE_SYMBOLS_H

#include "base/num.h"

/* Address of the first symbol of that name among the modules that crash does not know. Unknown when they have none. */
num module_symbol(const char *name);

/* The function that an instruction at addr belongs to, NULL when it is in none of these modules; *start becomes its
 * address, 0 without one. Memory: arena. */
const char *module_function(uint64_t addr, uint64_t *start);

/* True when crash has the symbols of the module: it knows the module, and has loaded no debuginfo that belongs to another
 * build of it. */
bool module_symbols_are_of_crash(const char *module);

/* True when crash does not have them, and its table was read in full: what is not in it is no function of it. */
bool module_symbols_are_complete(const char *module);

/* For layout.c: what was read is read again when it is next asked for. */
void module_symbols_forget(void);

#endif
