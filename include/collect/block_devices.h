// SPDX-License-Identifier: GPL-2.0-or-later
/* All block devices of the kernel, and which of them are nbd's. */
#ifndef NBD_COLLECT_BLOCK_DEVICES_H
#define NBD_COLLECT_BLOCK_DEVICES_H

#include "model/model.h"
#include "resolve/kernel_types.h"

/* One struct block_device: an nbd device, a partition of one, or something else. */
struct block_device {
	uint64_t addr;
	uint64_t inode; /* its inode in the bdev file system */
	uint64_t disk;	/* gendisk; up to 5.10 0 while nobody has it open */
	num openers;	/* bd_openers */
	num holder, holder_dir;
	uint32_t number;    /* bd_dev */
	struct device *nbd; /* NULL when it is none of nbd's */
	struct stacked
		*stacked;   /* the device that stands on one of nbd's, NULL when it is none such */
	uint32_t partition; /* 0: the whole device */
};

/* A partition beyond its disk's minors, whose number its own device number does not tell; and what may be a partition
 * or the whole disk, for its disk's numbers could not be read. */
#define PARTITION_UNKNOWN UINT32_MAX
#define PARTITION_UNREAD  (UINT32_MAX - 1)

struct block_devices {
	struct block_device *v;
	size_t n;
	bool complete;	  /* all could be read */
	bool disks_known; /* so could bd_disk of each */
	const bool
		*numbered; /* for each device of the report: gendisk.major, first_minor and minors
			       * could be read, by which its block_devices are recognised */
};

/*
 * Reads all inodes of the bdev pseudo file system, in one walk, and finds the nbd device that each belongs
 * to. Up to 5.10 a disk has no block_device until somebody looks up its device node. What could not be read is
 * left out, and complete is false. Memory: arena.
 * Mirrors block/bdev.c (fs/block_dev.c before v5.15).
 */
struct block_devices block_devices_read(struct report *report);

/* Makes the block_devices of a loaded gendisk, its partitions too, those of stacked. */
void block_devices_are_stacked(struct block_devices *all, const struct kobj *gendisk,
			       struct stacked *stacked);

/* "nbd6", "nbd6p1", "loop0p?", "loop0?": a block_device of nbd's, or of one that is stacked. Memory: arena. */
const char *block_device_name(const struct block_device *b);

/* gendisk.disk_name of a loaded gendisk, escaped; NULL when it could not be read. Memory: arena. */
const char *block_devices_disk_name(const struct kobj *gendisk);

#endif
