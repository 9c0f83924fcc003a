// SPDX-License-Identifier: GPL-2.0-or-later
/* Who keeps a block device or one of its partitions open, against the kernel's own counter. */
#ifndef NBD_COLLECT_OPENERS_H
#define NBD_COLLECT_OPENERS_H

#include "collect/block_devices.h"
#include "collect/file_holders.h"
#include "collect/file_owner.h"
#include "collect/stack_above.h"
#include "model/model.h"

struct openers;

/*
 * First step, before file_scan(): finds which of nbd's block devices, and of those that are stacked on them, the kernel
 * itself has open (by mounts, swap, stacked devices, files in held), and fills openers_expected. What could not be read
 * becomes a problem. block_devices and stack must stay valid until openers_finish(). Memory: arena.
 */
struct openers *openers_find(struct report *report, const struct block_devices *block_devices,
			     const struct stack *stack, struct file_set *files,
			     const struct held_files *held);

/* For file_scan(), with the openers as context: watches a file that is open on one of the devices. False
 * once as many openers were found as the kernel itself counts, so that most files need not be looked at. */
file_visit openers_look;

/* True while the kernel counts more openers of a device, or of one stacked on it, than were found. */
bool openers_missing(const struct openers *openers);

/* Adds to the openers those held files that are open on one of the devices, each file once. To be called again
 * when file_holders_in_rings() has found more. */
void openers_add_held(struct openers *openers, const struct held_files *held);

/*
 * The nbd device that is meant by the address of a gendisk, of a block_device or of its inode in the bdev
 * file system; NULL when none is. *name becomes the name of the block device, and the struct files that are
 * open on it are appended to *opened; a gendisk means its partitions, too. To be called after file_scan().
 * Memory: arena.
 */
const struct device *openers_of(const struct openers *openers, uint64_t object, const char **name,
				struct opened_file **opened, size_t *n);

/* Last step, after file_scan(): fills openers and openers_found of every device, stacked ones too. */
void openers_finish(struct openers *openers);

#endif
