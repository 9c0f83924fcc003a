// SPDX-License-Identifier: GPL-2.0-or-later
/* Which nbd devices there are. */
#ifndef NBD_COLLECT_FIND_DEVICES_H
#define NBD_COLLECT_FIND_DEVICES_H

#include "model/model.h"

/* One device. */
struct found_device {
	uint32_t index;
	uint64_t nbd_device;
	const char *says_index; /* where index is from: "nbd_index_idr", "its disk" */
	bool in_idr, in_class;
	const char *
		problem; /* why only one of both has it; NULL where both have it, and where that cannot be told */
};

struct found_devices {
	struct found_device *v;
	size_t n;
};

/*
 * All devices that nbd's own table has, nbd_index_idr, and those that the kernel lists among its block devices, which
 * takes no symbol of nbd. Each is checked against the other. Fills report->devices_from; what could not be read becomes a
 * problem of the report. Memory: arena.
 */
struct found_devices find_devices(struct report *report);

#endif
