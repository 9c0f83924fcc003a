// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each member of each kernel structure is, and checked reads of them.
 *
 * Everything that differs between kernels is a row of the table in kernel_members.def; the other files
 * ask for a member and get its value, or learn that it is not known.
 */
#ifndef NBD_RESOLVE_KERNEL_TYPES_H
#define NBD_RESOLVE_KERNEL_TYPES_H

#include <stddef.h>

#include "base/num.h"
#include "base/reads.h"
#include "resolve/kernel_members.h"

/*
 * Resolves the layouts that nothing can be said without, on the first call; cheap afterwards. Returns
 * NULL, or a message for the user that says what is missing and how to get it (static memory). All other
 * layouts of the kernel proper are resolved when they are first needed. No member of nbd's structures
 * exists until k_init_nbd() succeeds.
 */
const char *k_init(void);

/*
 * The same, and for nbd's own structures. Tried again until there is debuginfo, since `mod -s nbd` may
 * have come in between. Computed layouts are taken only where anchors_check() holds for exactly one.
 */
const char *k_init_nbd(void);

/* Forgets all layouts: nbd.so is unloaded. */
void k_fini(void);

/* Where nbd's own layouts came from: "debuginfo", "btf" or "computed"; NULL while they are unknown. */
const char *k_layout_source(void);

/* True when this kernel has the member. */
bool k_has(enum kmember m);

/* Size of a structure in bytes, 0 when this kernel does not have it. */
size_t k_sizeof(enum ktype t);

/* Size of a member in bytes, 0 when this kernel does not have it. */
size_t k_member_size(enum kmember m);

/* Address of a member inside the structure at addr; the inverse of container_of(). */
uint64_t k_at(uint64_t addr, enum kmember m);

/* container_of(addr, its structure, m). */
uint64_t k_container(uint64_t addr, enum kmember m);

/* Reads len bytes at a kernel address. what ("nbd_config.socks") names them in crash's debug output.
 * False when any of it cannot be read; buf is then undefined. */
bool k_read(uint64_t addr, void *buf, size_t len, const char *what);

/* How often crash was asked for memory since k_begin(), layouts apart, and for how many bytes. */
struct reads k_reads(void);

/* One kernel structure, read in one piece (from its first to its last member of interest). */
#define KOBJ_MAX 4096
struct kobj {
	uint64_t addr;
	enum ktype type;
	bool whole; /* bytes holds the span; otherwise members are read one by one */
	uint8_t bytes[KOBJ_MAX];
};

/* Reads the structure at addr into o. False when it cannot be read in one piece; k_num() on o then
 * still yields those members that can be read. */
bool k_load(struct kobj *o, enum ktype t, uint64_t addr);

/* The member as an unsigned number of its own width; unknown when absent or unreadable. */
num k_num(const struct kobj *o, enum kmember m);

/* The member as a signed number of its own width, sign-extended. */
num k_signed(const struct kobj *o, enum kmember m);

/* The bytes of a member (an array), at most len of them. False when absent or unreadable. */
bool k_bytes(const struct kobj *o, enum kmember m, void *buf, size_t len);

/* k_num() of one member, without the rest of its structure. */
num k_num_at(uint64_t addr, enum kmember m);

/* The pointer stored at addr. */
num k_pointer(uint64_t addr, const char *what);

/* Address of a kernel or module symbol, unknown when there is none. */
num k_symbol(const char *name);

/* The function that the kernel's or a module's instruction at addr belongs to, NULL when there is
 * none; *start becomes its address. The name is crash's. */
const char *k_function(uint64_t addr, uint64_t *start);

/* True when addr is exactly the address of the symbol. */
bool k_is_symbol(num addr, const char *name);

/* utsname of the image, and how many tasks crash itself knows. The strings are crash's. */
struct k_system {
	const char *release, *version, *machine;
	uint64_t tasks_in_crash;
};
struct k_system k_system(void);

/* Ticks a second, to turn jiffies into seconds. */
unsigned k_hz(void);

/* Bytes of a task's kernel stack: THREAD_SIZE. */
size_t k_stack_size(void);

/* True once the user pressed Ctrl-C, until the next k_begin(): every long loop ends on it. A second Ctrl-C
 * has crash leave the command by longjmp, as it does with commands of its own. */
bool k_interrupted(void);

/* A command begins, which has nothing in the arena yet; has ended, however it did. In between Ctrl-C is for
 * k_interrupted(). What must not be left halfway stands between k_hold_interrupts() and k_end(). */
void k_begin(void);
void k_hold_interrupts(void);
void k_end(void);

#endif
