// SPDX-License-Identifier: GPL-2.0-or-later
/* gendisk -> nbd_device -> nbd_config -> nbd_sock. */
#ifndef NBD_STRUCTS_H
#define NBD_STRUCTS_H

#include "file_owner.h"
#include "nbd_model.h"

/*
 * Finds all devices in nbd_index_idr and reads each with its config and its connections; the
 * connections' files are watched in files. Fills devices, n_devices and, where something cannot be
 * read, the problems of the device or of the report. Memory: arena.
 * Mirrors drivers/block/nbd.c, nbd_dev_add() and nbd_add_socket().
 */
void nbd_devices_collect(struct report *report, struct file_set *files);

/* The device whose gendisk, nbd_device or nbd_config is at addr, NULL when there is none. */
struct device *nbd_device_by_address(const struct report *report, uint64_t addr);

/* The device with this index, NULL when there is none. */
struct device *nbd_device_by_index(const struct report *report, uint32_t index);

/* The connection whose nbd_sock is at addr, NULL when there is none. */
struct connection *nbd_connection_by_address(const struct report *report, uint64_t addr);

#endif
