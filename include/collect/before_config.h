// SPDX-License-Identifier: GPL-2.0-or-later
/* nbd before v4.12: without an nbd_config, and before v4.10 with one socket. */
#ifndef NBD_COLLECT_BEFORE_CONFIG_H
#define NBD_COLLECT_BEFORE_CONFIG_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Finds all devices in the array nbd_dev, or in nbd_index_idr where there is no such array (v4.11), and
 * reads what these kernels keep of each: sockets, task or pid, sizes. It fills the same members of the
 * report as nbd_devices_collect(): the nbd_device stands for its own config, and where a device has a single
 * socket, the pointer to that socket stands for an nbd_sock. Memory: arena.
 * Mirrors drivers/block/nbd.c, nbd_init().
 */
void before_config_collect(struct report *report, struct file_set *files);

/* Adds to the problems of the report what no report of such a kernel can tell. */
void before_config_tell_limits(struct report *report);

/* True when this kernel's nbd is older than v4.12: then no device may be judged by the rules of later kernels. */
bool before_config_applies(void);

#endif
