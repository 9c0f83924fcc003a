// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/blocked_in.h"

#include <fnmatch.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The first word that has a function on the stack is taken. So what makes use of another comes before it: close() and
 * fsync() write and wait for what they wrote, open() reads the partition table, a write may first have to read, and
 * NBD_SET_SOCK is an ioctl that freezes. */
static const struct {
	const char *word;
	const char *functions[14]; /* patterns of fnmatch() */
} words[] = {
	{"freeze", {"blk_mq_freeze_queue*", "blk_freeze_queue*", "__blk_mq_freeze_queue*"}},
	{"open",
	 {"blkdev_open", "blkdev_get", "blkdev_get_*", "__blkdev_get", "bdev_open*",
	  "bdev_file_open*", "nbd_open"}},
	{"close",
	 {"blkdev_put*", "__blkdev_put", "blkdev_close", "blkdev_release", "bdev_release",
	  "bdev_fput", "nbd_release"}},
	{"flush",
	 {"blkdev_fsync", "sync_blockdev*", "blkdev_issue_flush*", "blkdev_flush_mapping",
	  "vfs_fsync*", "*_sync_file", "do_fsync", "do_sync", "ksys_sync"}},
	{"write",
	 {"*_write_iter", "*_file_write", "new_sync_write", "vfs_write", "vfs_iter_write",
	  "generic_perform_write", "do_writepages", "swap_writepage*", "__swap_writepage*",
	  "swap_write_unplug", "blkdev_issue_discard", "blkdev_issue_zeroout", "io_write"}},
	{"read",
	 {"*_read_iter", "new_sync_read", "vfs_read", "vfs_iter_read", "filemap_read*",
	  "filemap_fault", "do_read_cache_*", "read_cache_*", "__bread*", "bread", "swap_readpage*",
	  "swap_read_folio*", "io_read", "page_cache_ra_*"}},
	{"ioctl",
	 {"nbd_ioctl", "__nbd_ioctl", "blkdev_ioctl", "block_ioctl", "blkdev_common_ioctl"}},
};

/* How a task goes to sleep, which says nothing about why. Of a task that waits for a lock the function is named that
 * wants the lock. */
static const char *const scheduler[] = {
	"__switch_to*",	 "__schedule",	   "schedule",	     "schedule_*",
	"io_schedule",	 "io_schedule_*",  "preempt_sched*", "__wait_for_common",
	"bit_wait*",	 "__wait_on_bit*", "out_of_line_*",  "wait_for_completion*",
	"__mutex_lock*", "mutex_lock*",	   "ret_from_fork*", "rt_mutex_*",
	"__rt_mutex_*",
};

static const char *const block_functions[] = {
	"nbd_*",       "__nbd_*",    "blk_*",	       "__blk_*", "blkdev_*", "__blkdev_*",
	"bdev_*",      "block_*",    "__block_*",      "bio_*",	  "__bio_*",  "submit_bio*",
	"__submit_b*", "sync_bdevs", "sync_blockdev*", "disk_*",  "bd_*",     "recv_work",
};

static bool matches(const char *function, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n && patterns[i]; i++) {
		if (!fnmatch(patterns[i], function, 0))
			return true;
	}
	return false;
}

const char *blocked_in(const char *const *functions, size_t n)
{
	for (size_t w = 0; w < COUNT(words); w++) {
		for (size_t i = 0; i < n; i++) {
			if (matches(functions[i], words[w].functions, COUNT(words[w].functions)))
				return words[w].word;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (!matches(functions[i], scheduler, COUNT(scheduler)))
			return functions[i];
	}
	return n ? functions[0] : NULL;
}

bool blocked_in_block_layer(const char *function)
{
	return matches(function, block_functions, COUNT(block_functions));
}
