// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the collectors in order: tasks, devices, endpoints, then one search for all owners. */
#ifndef NBD_COLLECT_H
#define NBD_COLLECT_H

#include "collect/file_owner.h"
#include "model/model.h"
#include "collect/openers.h"

/* An address that unix_peer or file_owner was asked about. */
struct query {
	num device;		       /* the index of the device asked for by name */
	uint64_t addr;		       /* else the address; of a device its gendisk */
	struct sock_info *sock;	       /* the socket it means, or NULL */
	const struct connection *conn; /* the connection, when it is an nbd_sock */
	struct file *file;	       /* the struct file it means, or NULL */
	const char *path;	       /* of a file that is no socket */
	const struct device *dev;      /* the device it means by name or address, or NULL; */
	const char *bdev;	       /* its name, or a partition's ("nbd18p1"), */
	struct opened_file *opened;    /* and the struct files that are open on it */
	size_t n_opened;
};

/*
 * Collects all devices, and what the n queries ask about, with one scan of the file tables for all.
 * The kernel's layouts must have been resolved (k_init()); without nbd's (k_init_nbd()) there are no
 * devices. Memory: arena; what could not be read is unknown in the report and named in its problems.
 */
struct report *nbd_collect(struct query *queries, size_t n);

#endif
