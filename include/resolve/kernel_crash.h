// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What resolve asks of crash itself: layouts from debuginfo, memory, symbols, the kernel's name, and that a
 * Ctrl-C ends a loop instead of the command. This uses only functions of crash, and the few fields that have the
 * same place in all releases from 7.2.9 on: so one nbd.so serves them all.
 */
#ifndef NBD_RESOLVE_KERNEL_CRASH_H
#define NBD_RESOLVE_KERNEL_CRASH_H

#include <stddef.h>

#include "base/num.h"

/* For symbols.c, and for what must not ask for a module's symbols: address of a symbol that crash has, unknown when it
 * has none of that name. What it has left at an address that no kernel has anything at is unknown, too: crash does so
 * with a module's data where it does not know where the module's sections are. */
num k_crash_symbol(const char *name);

/* The same of a variable that each processor has a copy of, whose symbol may be a small offset. */
num k_crash_per_cpu_symbol(const char *name);

/* For symbols.c: the function that an instruction at addr belongs to, NULL where crash knows none; *start becomes its
 * address, 0 without one. The name is crash's and stays valid. */
const char *k_crash_function(uint64_t addr, uint64_t *start);

/* utsname of the image, and how many tasks crash itself knows. The strings are crash's. */
struct k_system {
	const char *release, *version, *machine;
	uint64_t tasks_in_crash;
};
struct k_system k_system(void);

/* Bytes of a task's kernel stack: THREAD_SIZE. */
size_t k_stack_size(void);

/* True once the user pressed Ctrl-C, until the next command begins: every long loop ends on it. One that is
 * pressed more than a second later makes crash leave the command by longjmp, as it does with commands of its own. */
bool k_interrupted(void);

/* The rest is for kernel_types.c and layout.c only. */

/* Size in bytes of a structure by its debuginfo, 0 or less when there is none. */
long k_debuginfo_size(const char *structure);

/* Offset in bytes of a member by the debuginfo, looked for in anonymous members, too; its size in *size. -1 when
 * there is none. */
long k_debuginfo_member(const char *structure, const char *member, size_t *size);

/* The file that crash has the kernel's symbols and types from, NULL when that has no name. */
const char *k_vmlinux(void);

/* True when crash itself has the module in its list: it knows the module's symbols, and "mod -s" can load more. */
bool k_module_is_known(const char *module);

/* True when "mod -s" has loaded the debuginfo of this module. */
bool k_debuginfo_is_loaded(const char *module);

/* The file that it has loaded, "" when it has loaded none or the name is too long. The name is crash's. */
const char *k_debuginfo_file(const char *module);

/* Reads len bytes of kernel memory. what names them in crash's debug output. False when they cannot be read. */
bool k_readmem(uint64_t addr, void *buf, size_t len, const char *what);

/* Between k_interrupts_begin() and k_interrupts_end() a Ctrl-C is only noted for k_interrupted(); crash's own handler
 * gets one that comes more than a second after the first. After k_interrupts_hold() a Ctrl-C waits until
 * k_interrupts_end(), so that what is done in between is not left half done. k_interrupts_end() may be called twice, and
 * without a begin. k_uninterrupted() has a Ctrl-C wait until act() has returned, and no longer. */
void k_interrupts_begin(void);
void k_interrupts_hold(void);
void k_interrupts_end(void);
void k_uninterrupted(void (*act)(void));

#endif
