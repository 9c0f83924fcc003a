// SPDX-License-Identifier: GPL-2.0-or-later
/* Who keeps a block device or one of its partitions open, against the kernel's own counter. */
#ifndef NBD_COLLECT_OPENERS_H
#define NBD_COLLECT_OPENERS_H

#include "collect/block_devices.h"
#include "collect/file_holders.h"
#include "collect/file_owner.h"
#include "model/model.h"

struct openers;

/*
 * First step, before file_scan(): finds what the kernel itself has open of nbd's block devices (mounts,
 * swap, stacked devices, files in held). Fills openers_expected. block_devices must stay. Memory: arena.
 */
struct openers *openers_find(struct report *report, const struct block_devices *block_devices,
			     struct file_set *files, const struct held_files *held);

/* Looks at a file for file_scan(), and watches it when it is open on one of the devices. False once
 * the openers of all devices are found: the kernel's own count spares the look at most files. context:
 * the openers. */
file_visit openers_look;

/* True while a device has more openers than were found. */
bool openers_missing(const struct openers *openers);

/* Takes the files that the kernel holds (file_holders_in_rings() may have found more) for openers, too. */
void openers_add_held(struct openers *openers, const struct held_files *held);

/*
 * Appends to *opened the struct files that are open on a block device, given by its gendisk (then its
 * partitions' too), its block_device or its bdev inode. *name becomes the block device's. Returns the nbd
 * device, NULL when none is meant. Only after file_scan(). Memory: arena.
 */
const struct device *openers_of(const struct openers *openers, uint64_t object, const char **name,
				struct opened_file **opened, size_t *n);

/* Last step, after file_scan(): fills openers and openers_found of every device. */
void openers_finish(struct openers *openers);

#endif
