// SPDX-License-Identifier: GPL-2.0-or-later
/* What is stacked on nbd's block devices, directly or not. */
#ifndef NBD_COLLECT_STACK_ABOVE_H
#define NBD_COLLECT_STACK_ABOVE_H

#include "collect/block_devices.h"
#include "collect/file_holders.h"
#include "model/model.h"

/* Why one block device needs another. */
enum stacked_by {
	STACKED_BY_CLAIM, /* it has claimed it, as dm and md do (bd_link_disk_holder()) */
	STACKED_BY_LOOP,  /* a loop device has the block device's file */
	STACKED_BY_FILE,  /* a loop device has a file of the file system on it */
};

struct stack_edge {
	const struct block_device *lower; /* of nbd's, or stacked itself */
	struct stacked *upper;
	enum stacked_by by;
};

struct stack {
	struct stack_edge *edges;
	size_t n_edges;
	bool complete; /* all could be read */
};

/*
 * Finds all that is stacked on the devices of the report, fills above and n_above of each, and marks the block_devices
 * that are stacked; held has the files below loop devices. Openers of what is stacked are left to openers.c. Memory:
 * arena. Mirrors bd_link_disk_holder() of block/holder.c (fs/block_dev.c before v5.15).
 */
struct stack stack_above_collect(struct report *report, struct block_devices *block_devices,
				 const struct held_files *held);

/* The loop device with this number where it stands on the block device; NULL when it does not. */
const struct stacked *stack_loop_on(const struct stack *stack, const struct block_device *lower,
				    uint32_t number);

#endif
