// SPDX-License-Identifier: GPL-2.0-or-later
/* What an attach would get now, and what would free the device. Pure. */
#ifndef NBD_JUDGE_ATTACH_H
#define NBD_JUDGE_ATTACH_H

#include "model/model.h"

/*
 * Fills attach[] of the device: what a new task would get from opening the device and NBD_SET_SOCK,
 * from opening it and NBD_DO_IT, and from NBD_CMD_CONNECT with its index. The checks come in the
 * kernel's own order (drivers/block/nbd.c: nbd_open(), nbd_ioctl(), nbd_add_socket(),
 * nbd_start_device(), nbd_genl_connect()).
 */
void attach_forecast(const struct report *report, struct device *dev);

/* What must happen before the device has no config any more, a clause without subject; NULL when it
 * has none, or when that is not known. */
const char *attach_freed_when(const struct report *report, const struct device *dev);

/* "NBD_SET_SOCK", "NBD_DO_IT", "netlink". */
const char *attach_way_name(enum attach_way way);

#endif
