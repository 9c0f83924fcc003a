// SPDX-License-Identifier: GPL-2.0-or-later
/* nbd's disks as the kernel's own list of block devices has them: found without any symbol of nbd. */
#ifndef NBD_RESOLVE_DISKS_H
#define NBD_RESOLVE_DISKS_H

#include <stddef.h>

#include "base/num.h"

/* A whole disk with nbd's major. */
struct nbd_disk {
	uint64_t gendisk;
	num nbd_device; /* gendisk.private_data; whether it leads to one is not checked */
	num index;	/* that its minors stand for */
};

struct nbd_disks {
	struct nbd_disk *v;
	size_t n;
	bool complete; /* all devices of block_class were seen */
};

/* Reads all devices of block_class. A disk that is being added or removed is in it not yet, or no more. Memory: arena.
 * Mirrors class_dev_iter_next() of drivers/base/class.c and dev_to_disk() of include/linux/blkdev.h. */
struct nbd_disks nbd_disks_read(void);

#endif
