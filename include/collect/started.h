// SPDX-License-Identifier: GPL-2.0-or-later
/* When a device was started. */
#ifndef NBD_COLLECT_STARTED_H
#define NBD_COLLECT_STARTED_H

#include <stdint.h>

#include "base/num.h"

/*
 * When nbd_start_device() made the device's directory in debugfs (nbd_config.dbg_dir), in nanoseconds of
 * CLOCK_BOOTTIME. Its inode has the time of the wall clock: if that clock has been set since, the result is wrong by
 * as much. Unknown when the device was not started, when the kernel has no debugfs, and when a part could not be read.
 */
num started_boottime(num dbg_dir, uint32_t index);

#endif
