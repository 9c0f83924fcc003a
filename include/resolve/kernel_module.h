// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules that are loaded in the kernel image. */
#ifndef NBD_RESOLVE_KERNEL_MODULE_H
#define NBD_RESOLVE_KERNEL_MODULE_H

#include <stddef.h>

#include "base/num.h"

/* The addresses of all struct module, in arena memory; what cannot be read is left out. */
uint64_t *kernel_modules(size_t *n);

/* True when a module of that name is loaded. */
bool kernel_module_is_loaded(const char *name);

/* Whether the module of that name has this symbol; unknown when the first symbol of that name lies
 * elsewhere. */
num kernel_module_has_symbol(const char *module, const char *symbol);

/* True when the address lies in the module's memory. */
bool kernel_module_contains(uint64_t module, uint64_t addr);

/* Whether the memory of the module of that name holds this text, one of its messages for instance;
 * unknown when it is no module (built in) or cannot be read in full. */
num kernel_module_holds(const char *module, const char *text);

#endif
