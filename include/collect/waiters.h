// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks that hang on an nbd device, and who holds its locks. */
#ifndef NBD_COLLECT_WAITERS_H
#define NBD_COLLECT_WAITERS_H

#include "collect/block_devices.h"
#include "model/model.h"

/* Fills genl_lock_owner of the report, and waiters, behind, config_lock_owner, open_lock_owner and
 * partition_scan_due of all devices. To be called after requests_collect(), since most tasks wait for a
 * request. What could not be read becomes a problem. Memory: arena. */
void waiters_collect(struct report *report, const struct block_devices *block_devices);

#endif
