// SPDX-License-Identifier: GPL-2.0-or-later
/* The names that device mapper has for its devices. */
#ifndef NBD_COLLECT_DM_NAMES_H
#define NBD_COLLECT_DM_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ptr_map.h"

struct dm_name {
	const char *name; /* "vg-lv", escaped; NULL when it could not be read */
	const char *uuid; /* "LVM-...", escaped; NULL: it has none, or it could not be read */
};

/* By the address of struct mapped_device, which a dm device's gendisk.private_data is. */
struct dm_names {
	struct ptr_map by_device;
	bool complete; /* all could be read */
};

/*
 * Reads the names of all dm devices. The module comes without debuginfo, and kernels before 5.11 without BTF: struct
 * hash_cell is known by the order of its members, which never changed but for its links. Memory: arena.
 * Mirrors drivers/md/dm-ioctl.c.
 */
struct dm_names dm_names_read(void);

#endif
