// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/started.h"

#include <stdio.h>
#include <string.h>

#include "resolve/kernel_types.h"
#include "resolve/symbols.h"

#define NS_PER_SEC 1000000000ll
/* The nanoseconds in i_ctime_nsec; its highest bit is I_CTIME_QUERIED: Linux kernel commit 4e40eff0b573 ("fs: add
 * infrastructure for multigrain timestamps") (in v6.13) */
#define NSEC_MASK 0x3fffffff
/* In its variable the timekeeper comes after a seqcount, which the debugging of locks makes longer. */
#define MAX_SEQCOUNT 128
/* "nbd" and a number */
#define NAME_SIZE 16

/* struct timespec64, and struct timespec where a long has 64 bits. */
struct time64 {
	int64_t seconds, nanoseconds;
};

static int64_t nanoseconds(struct time64 t)
{
	return (int64_t)((uint64_t)t.seconds * NS_PER_SEC + (uint64_t)t.nanoseconds);
}

/* Loads the timekeeper at addr. False when there is none: its offs_real would be wall_to_monotonic negated. */
static bool load_timekeeper(struct kobj *o, uint64_t addr)
{
	struct time64 to_monotonic;

	return k_load(o, K_TIMEKEEPER, addr) &&
	       k_member_size(KM_TK_WALL_TO_MONOTONIC) == sizeof(to_monotonic) &&
	       k_bytes(o, KM_TK_WALL_TO_MONOTONIC, &to_monotonic, sizeof(to_monotonic)) &&
	       to_monotonic.seconds &&
	       num_is(k_num(o, KM_TK_OFFS_REAL), -(uint64_t)nanoseconds(to_monotonic));
}

/* What has to be added to a time of the wall clock to have that of CLOCK_BOOTTIME. The variable's type has no name
 * before v6.13; since v6.17 it is an array, and its first element is for this clock. */
static num real_to_boottime(void)
{
	num variable = k_symbol("tk_core");
	struct kobj o;

	if (!variable.known)
		variable = k_symbol("timekeeper_data");
	for (uint64_t at = 0; variable.known && at < MAX_SEQCOUNT; at += sizeof(uint64_t)) {
		num real, boot;

		if (!load_timekeeper(&o, variable.v + at))
			continue;
		real = k_num(&o, KM_TK_OFFS_REAL);
		boot = k_num(&o, KM_TK_OFFS_BOOT);
		return real.known && boot.known ? NUM(boot.v - real.v) : NUM_UNKNOWN;
	}
	return NUM_UNKNOWN;
}

/* When an inode was last changed, which no user can set back, in nanoseconds of the wall clock. */
static num changed(uint64_t inode)
{
	num seconds = k_num_at(inode, KM_INODE_CTIME_SEC);
	num nsec = k_num_at(inode, KM_INODE_CTIME_NSEC);
	struct time64 t = {(int64_t)seconds.v, (int64_t)(nsec.v & NSEC_MASK)};

	if ((!seconds.known || !nsec.known) &&
	    (k_member_size(KM_INODE_CTIME) != sizeof(t) || !inode ||
	     !k_read(k_at(inode, KM_INODE_CTIME), &t, sizeof(t), "inode.i_ctime")))
		return NUM_UNKNOWN;
	return t.seconds > 0 && t.nanoseconds >= 0 && t.nanoseconds < NS_PER_SEC
		       ? NUM(nanoseconds(t))
		       : NUM_UNKNOWN;
}

/* True when the directory has the name that nbd gives it. */
static bool is_named(uint64_t dentry, uint32_t index)
{
	uint64_t qstr = k_at(dentry, KM_DENTRY_NAME);
	num at = k_num_at(qstr, KM_QSTR_NAME), len = k_num_at(qstr, KM_QSTR_LEN);
	char name[NAME_SIZE], found[NAME_SIZE];
	int n = snprintf(name, sizeof(name), "nbd%u", index);

	return at.known && num_is(len, (uint64_t)n) &&
	       k_read(at.v, found, (size_t)n, "dentry.d_name") && !memcmp(found, name, (size_t)n);
}

num started_boottime(num dbg_dir, uint32_t index)
{
	num offset, real;

	if (!dbg_dir.v || !is_named(dbg_dir.v, index))
		return NUM_UNKNOWN;
	real = changed(k_num_at(dbg_dir.v, KM_DENTRY_INODE).v);
	offset = real_to_boottime();
	/* A time before the boot: the wall clock was set since. */
	if (!real.known || !offset.known || (int64_t)(real.v + offset.v) <= 0)
		return NUM_UNKNOWN;
	return NUM(real.v + offset.v);
}
