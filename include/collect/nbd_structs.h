// SPDX-License-Identifier: GPL-2.0-or-later
/* gendisk -> nbd_device -> nbd_config -> nbd_sock. */
#ifndef NBD_COLLECT_NBD_STRUCTS_H
#define NBD_COLLECT_NBD_STRUCTS_H

#include "collect/file_owner.h"
#include "collect/find_devices.h"
#include "resolve/kernel_types.h"
#include "model/model.h"

/*
 * Finds all devices and reads each with its config and its connections, whose files are
 * watched in files. Fills devices and n_devices; what could not be read becomes a problem of the device or
 * of the report. Memory: arena.
 * Mirrors drivers/block/nbd.c, nbd_dev_add() and nbd_add_socket().
 */
void nbd_devices_collect(struct report *report, struct file_set *files);

/* Appends a device to the report and loads its nbd_device into *o. Each reader of devices begins with it. The result
 * is valid until the next device is appended. */
struct device *nbd_device_begin(struct report *report, const struct found_device *found,
				struct kobj *o);

/* Reads name and capacity from dev->gendisk, and checks that it leads back to dev->nbd_device. index must be
 * set, too: the name is made of it where it cannot be read. */
void nbd_gendisk_read(struct device *dev);

/* Finds out who set the device up and who runs it, from its loaded nbd_device. */
void nbd_tasks_read(struct device *dev, const struct kobj *nbd_device,
		    const struct task_list *tasks);

/* Reads the connections: socks is the address of an array of dev->num_connections pointers to nbd_sock. */
void nbd_connections_read(struct device *dev, uint64_t socks, struct file_set *files);

/* A number of jiffies, in which the kernel keeps timeouts, in seconds. Unknown stays unknown. */
num nbd_seconds(num jiffies);

/* Returns n, unless it is known and more than max, as only damage makes it: then it returns NUM_UNKNOWN and adds a
 * problem to the device, in which format says what the value is. Nothing is formatted while all is well. */
num nbd_at_most(struct device *dev, num n, uint64_t max, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The device whose gendisk, nbd_device or nbd_config is at addr, NULL when there is none. */
struct device *nbd_device_by_address(const struct report *report, uint64_t addr);

/* The device with this index, NULL when there is none. */
struct device *nbd_device_by_index(const struct report *report, uint32_t index);

/* The connection whose nbd_sock is at addr, NULL when there is none. */
struct connection *nbd_connection_by_address(const struct report *report, uint64_t addr);

#endif
