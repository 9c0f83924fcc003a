// SPDX-License-Identifier: GPL-2.0-or-later
/* The requests in flight of an nbd device. */
#ifndef NBD_COLLECT_REQUESTS_H
#define NBD_COLLECT_REQUESTS_H

#include "model/model.h"

/*
 * Fills requests, n_requests and requests_known of each configured device, with the requests that have a driver
 * tag and are not complete. What could not be read, or contradicts itself, becomes a problem of the device.
 * Memory: arena. Mirrors blk_mq_queue_tag_busy_iter() of block/blk-mq-tag.c.
 */
void requests_collect(struct report *report);

#endif
