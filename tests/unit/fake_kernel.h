// SPDX-License-Identifier: GPL-2.0-or-later
/* A stand-in for kernel_types.c: "kernel memory" is memory of this process, and the tests say where each
 * member is. */
#ifndef NBD_FAKE_KERNEL_H
#define NBD_FAKE_KERNEL_H

#include "resolve/kernel_types.h"

/* Forgets all layouts, symbols and memory. */
void fake_reset(void);

/* Zeroed memory that the functions under test can read. */
uint64_t fake_alloc(size_t size);

/* Of what was allocated there only so many bytes can still be read. */
void fake_truncate(uint64_t addr, size_t size);

/* Says where a member is; offset -1: this kernel does not have it. */
void fake_member(enum kmember m, long offset, size_t size);
void fake_size(enum ktype t, size_t size);
void fake_symbol(const char *name, uint64_t addr);

/* Writes a member of the structure at addr, if this kernel has it. */
void fake_set(uint64_t addr, enum kmember m, uint64_t value);

#endif
