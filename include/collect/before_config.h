// SPDX-License-Identifier: GPL-2.0-or-later
/* nbd before v4.12: without an nbd_config, and before v4.10 with one socket. */
#ifndef NBD_COLLECT_BEFORE_CONFIG_H
#define NBD_COLLECT_BEFORE_CONFIG_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Finds all devices in the array nbd_dev, or in v4.11 in nbd_index_idr, and reads what there is of each:
 * sockets, task or pid, sizes. The nbd_device is its own config, and of a single socket nbd_sock is the
 * place in it that points to the socket. Findings and the forecast of an attach know nbd from v4.12 on
 * only, requests that of v4.9, as problems of the report say. Fills what nbd_devices_collect() does.
 * Mirrors drivers/block/nbd.c, nbd_init().
 */
void before_config_collect(struct report *report, struct file_set *files);

/* True where devices are such: nothing may be judged by the rules of later kernels. */
bool before_config_applies(void);

#endif
