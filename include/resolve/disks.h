// SPDX-License-Identifier: GPL-2.0-or-later
/* A driver's disks as the kernel's own list of block devices has them: found without any symbol of the driver. */
#ifndef NBD_RESOLVE_DISKS_H
#define NBD_RESOLVE_DISKS_H

#include <stddef.h>

#include "base/num.h"

/* A whole disk. */
struct disk {
	uint64_t gendisk;
	num private_data; /* of its driver; where it leads to is not checked */
	num index;	  /* that its minors stand for, where the driver gives each disk as many */
};

struct disks {
	struct disk *v;
	size_t n;
	bool complete; /* all devices of block_class were seen */
};

/* Reads all devices of block_class, and returns the whole disks with that major. A disk that is being added or removed is in it not yet, or no more. Memory: arena.
 * Mirrors class_dev_iter_next() of drivers/base/class.c and dev_to_disk() of include/linux/blkdev.h. */
struct disks disks_of_major(unsigned major);

#endif
