// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols of the kernel and its modules: those that crash has, and those of modules that it does not know. */
#ifndef NBD_RESOLVE_SYMBOLS_H
#define NBD_RESOLVE_SYMBOLS_H

#include "base/num.h"

/* Address of a kernel or module symbol, unknown when there is none. Each name is looked up once in a command. */
num k_symbol(const char *name);

/* The function that the kernel's or a module's instruction at addr belongs to, NULL when there is
 * none; *start becomes its address, 0 without one. Valid until the command ends. */
const char *k_function(uint64_t addr, uint64_t *start);

/* True when addr is known and exactly the address of the symbol. */
bool k_is_symbol(num addr, const char *name);

/* 1 when the module of that name has this function, 0 when it has not. Unknown when its symbols are, and when the first
 * symbol of that name is not the module's. */
num k_module_has_function(const char *module, const char *function);

/* For layout.c: forgets what was looked up. */
void k_symbols_forget(void);

#endif
