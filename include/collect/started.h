// SPDX-License-Identifier: GPL-2.0-or-later
/* When a device was started. */
#ifndef NBD_COLLECT_STARTED_H
#define NBD_COLLECT_STARTED_H

#include <stdint.h>

#include "base/num.h"

/*
 * When nbd_start_device() made the device's directory in debugfs (nbd_config.dbg_dir), in nanoseconds of
 * CLOCK_BOOTTIME. Its inode has the time of the wall clock: a wall clock that has been set since then makes it wrong by as much.
 * Unknown where the device was not started, where the kernel has no debugfs, and where a part could not be read.
 */
num started_boottime(num dbg_dir, uint32_t index);

#endif
