// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/started.h"

#include <stdio.h>
#include <string.h>

#include "collect/clocks.h"
#include "resolve/kernel_types.h"

/* The nanoseconds in i_ctime_nsec; its highest bit is I_CTIME_QUERIED: Linux kernel commit 4e40eff0b573 ("fs: add
 * infrastructure for multigrain timestamps") (in v6.13) */
#define NSEC_MASK 0x3fffffff
/* "nbd" and a number */
#define NAME_SIZE 16

/* When an inode was last changed, which no user can set back, in nanoseconds of the wall clock. */
static num changed(uint64_t inode)
{
	num seconds = k_num_at(inode, KM_INODE_CTIME_SEC);
	num nsec = k_num_at(inode, KM_INODE_CTIME_NSEC);
	struct clock_time t = {(int64_t)seconds.v, (int64_t)(nsec.v & NSEC_MASK)};

	if ((!seconds.known || !nsec.known) &&
	    (k_member_size(KM_INODE_CTIME) != sizeof(t) || !inode ||
	     !k_read(k_at(inode, KM_INODE_CTIME), &t, sizeof(t), "inode.i_ctime")))
		return NUM_UNKNOWN;
	return t.seconds > 0 && t.nanoseconds >= 0 && t.nanoseconds < CLOCK_NS_PER_SEC
		       ? NUM(clock_nanoseconds(t))
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
	offset = clock_real_to_boottime();
	/* A time before the boot: the wall clock was set since. */
	if (!real.known || !offset.known || (int64_t)(real.v + offset.v) <= 0)
		return NUM_UNKNOWN;
	return NUM(real.v + offset.v);
}
