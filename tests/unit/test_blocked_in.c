// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/blocked_in.h"
#include "unit.h"

#define MAX_FUNCTIONS 12

/* Stacks as kernels 5.10 to 7.3 have them, innermost first. */
static const struct {
	const char *word;
	const char *functions[MAX_FUNCTIONS];
} stacks[] = {
	{"read",
	 {"__schedule", "schedule", "schedule_timeout", "io_schedule_timeout",
	  "__blkdev_direct_IO_simple", "generic_file_read_iter", "blkdev_read_iter",
	  "new_sync_read", "vfs_read", "__x64_sys_pread64", "do_syscall_64"}},
	/* The partition scan of the first open reads; the task is in open(). */
	{"open",
	 {"__schedule", "schedule", "io_schedule", "folio_wait_bit_common", "filemap_read_folio",
	  "do_read_cache_folio", "read_part_sector", "bdev_disk_changed", "blkdev_get_whole",
	  "blkdev_open", "do_dentry_open"}},
	{"open",
	 {"__schedule", "schedule", "schedule_preempt_disabled", "__mutex_lock",
	  "blkdev_get_by_dev", "blkdev_open", "do_sys_openat2"}},
	/* The last close writes back first. */
	{"close",
	 {"__schedule", "schedule", "io_schedule", "folio_wait_writeback",
	  "__filemap_fdatawait_range", "sync_blockdev", "blkdev_put", "blkdev_close", "__fput"}},
	{"close", {"__schedule", "sync_blockdev", "bdev_release", "blkdev_release", "__fput"}},
	{"flush",
	 {"__schedule", "schedule", "folio_wait_writeback", "file_write_and_wait_range",
	  "blkdev_fsync", "do_fsync", "__x64_sys_fsync"}},
	{"flush", {"__schedule", "submit_bio_wait", "blkdev_issue_flush", "ext4_sync_file"}},
	{"write",
	 {"__schedule", "blk_mq_get_tag", "__blkdev_direct_IO_simple", "blkdev_write_iter",
	  "vfs_write", "ksys_write"}},
	{"freeze",
	 {"__schedule", "schedule", "blk_mq_freeze_queue_wait", "nbd_add_socket", "nbd_ioctl",
	  "blkdev_ioctl", "__x64_sys_ioctl"}},
	{"ioctl",
	 {"__schedule", "schedule", "schedule_preempt_disabled", "__mutex_lock", "nbd_ioctl",
	  "blkdev_ioctl"}},
	/* Neither: the function that is not how one sleeps. */
	{"nbd_genl_connect",
	 {"__schedule", "schedule", "schedule_preempt_disabled", "__mutex_lock", "nbd_genl_connect",
	  "genl_rcv_msg"}},
	{"nbd_queue_rq", {"__schedule", "schedule_timeout", "nbd_queue_rq", "worker_thread"}},
	{"__schedule", {"__schedule", "schedule"}},
};

START_TEST(word_of_a_stack)
{
	size_t n = 0;

	while (n < MAX_FUNCTIONS && stacks[_i].functions[n])
		n++;
	ck_assert_str_eq(blocked_in(stacks[_i].functions, n), stacks[_i].word);
}
END_TEST

START_TEST(no_function)
{
	ck_assert_ptr_null(blocked_in(NULL, 0));
}
END_TEST

START_TEST(block_functions)
{
	ck_assert(blocked_in_block_layer("blkdev_open"));
	ck_assert(blocked_in_block_layer("nbd_add_socket"));
	ck_assert(blocked_in_block_layer("sync_blockdev"));
	ck_assert(!blocked_in_block_layer("vfs_read"));
	ck_assert(!blocked_in_block_layer("nfs_wait_bit_killable"));
	ck_assert(!blocked_in_block_layer(""));
}
END_TEST

TCase *blocked_in_case(void)
{
	TCase *c = tcase_create("blocked_in");

	tcase_add_loop_test(c, word_of_a_stack, 0, sizeof(stacks) / sizeof(*stacks));
	tcase_add_test(c, no_function);
	tcase_add_test(c, block_functions);
	return c;
}
