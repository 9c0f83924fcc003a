// SPDX-License-Identifier: GPL-2.0-or-later
/* Workers that write a file system back. */
#ifndef NBD_COLLECT_WRITEBACK_H
#define NBD_COLLECT_WRITEBACK_H

#include "collect/block_devices.h"
#include "resolve/kernel_stack.h"

/*
 * The block_device, of nbd's or stacked, whose file system the task with this stack writes back; *super_block becomes
 * that file system's. NULL when it writes none back: where a function of writeback is on the stack, a word of it leads
 * to the super_block, and that to the block_device. Mirrors writeback_sb_inodes() of fs/fs-writeback.c.
 */
const struct block_device *writeback_of(const struct kernel_stack *stack,
					const struct block_devices *block_devices,
					uint64_t *super_block);

#endif
