// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each member of each kernel structure is in this kernel, and reads of them, which are checked.
 *
 * Everything that differs between kernels is a row of kernel_members.def. All other files ask for a member and get
 * its value, or learn that it is not known.
 */
#ifndef NBD_RESOLVE_KERNEL_TYPES_H
#define NBD_RESOLVE_KERNEL_TYPES_H

#include <stddef.h>

#include "base/num.h"
#include "base/reads.h"
#include "resolve/kernel_crash.h"
#include "resolve/kernel_members.h"

/* True when this kernel has the member. */
bool k_has(enum kmember m);

/* Size of a structure in bytes, 0 when this kernel does not have it. */
size_t k_sizeof(enum ktype t);

/* Size of a member in bytes, 0 when this kernel does not have it. */
size_t k_member_size(enum kmember m);

/* Offset of a member in its structure in bytes, -1 when this kernel does not have it. */
long k_offset(enum kmember m);

/* Address of a member inside the structure at addr. 0, which reads as unknown, when this kernel does not have the
 * member and when addr is 0. */
uint64_t k_at(uint64_t addr, enum kmember m);

/* container_of(): address of the structure whose member m is at addr. 0 in the same cases as k_at(). */
uint64_t k_container(uint64_t addr, enum kmember m);

/* Reads len bytes at a kernel address. what ("nbd_config.socks") names them in crash's debug output.
 * False when any of it cannot be read; buf is then undefined. */
bool k_read(uint64_t addr, void *buf, size_t len, const char *what);

/* Between these two each page is read for one thing only, and then no more: it does not take the room of pages that are
 * needed again. */
void k_pass_begin(void);
void k_pass_end(void);

/* Gives back the memory of the pages that were read. They are read again where they are needed again. */
void k_forget_pages(void);

/* How often crash was asked for memory since k_begin(), and for how many bytes; reads for layouts do not count. */
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

/* The member as an unsigned number of its own width. NUM_ABSENT when this kernel does not have it, NUM_UNKNOWN
 * when it cannot be read. A member of another structure than o's is unknown, and k_misuse() tells. */
num k_num(const struct kobj *o, enum kmember m);

/* The same as a signed number of its own width, sign-extended to 64 bits. */
num k_signed(const struct kobj *o, enum kmember m);

/* The first len bytes of a member, an array. False when it has fewer, and when it is absent or unreadable; buf is
 * then undefined. */
bool k_bytes(const struct kobj *o, enum kmember m, void *buf, size_t len);

/* NULL, or a sentence that names the first member that was asked of an object of another structure. That is a mistake
 * in nbd.so: in crash the value is unknown, and the tests fail. Static memory, until the layouts are forgotten. */
const char *k_misuse(void);

/* k_num() of a member of the structure at addr, without reading the rest of the structure. */
num k_num_at(uint64_t addr, enum kmember m);

/* The pointer stored at addr, unknown when it cannot be read. what as for k_read(). */
num k_pointer(uint64_t addr, const char *what);

/* The text at addr up to its end, escaped; NULL when it has none within max bytes, or cannot be read. what as for
 * k_read(). Memory: arena. */
const char *k_text(uint64_t addr, size_t max, const char *what);

/* Ticks a second, to turn jiffies into seconds; 0 when that is unknown. */
unsigned k_hz(void);

/*
 * To be called when a command begins, and when it has ended, however it did. Both free all memory of the arena and
 * the pages that were read, so that nothing is left from one command to the next. Between them a Ctrl-C is
 * noted for k_interrupted(). k_end() may be called twice, and without a k_begin().
 */
void k_begin(void);
void k_end(void);

/* Where layouts come from. size_of returns the size of a structure in bytes, 0 or less when the source does not have
 * it. member_of returns the offset of a member in bytes, and its size in *size; -1 when the source does not have it. */
struct k_source {
	long (*size_of)(const void *context, const char *structure);
	long (*member_of)(const void *context, const char *structure, const char *member,
			  size_t *size);
	const void *context;
};

/* The debuginfo that crash has loaded. */
extern const struct k_source k_from_debuginfo;

/* For layout.c: takes the layout of a structure from this source from now on. */
void k_resolve(enum ktype t, const struct k_source *source);

/* For layout.c: forgets all layouts. */
void k_forget_layouts(void);

/* For layout.c: forgets the pages that were read, and how much was read. */
void k_forget_reads(void);

#endif
