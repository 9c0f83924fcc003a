// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that nbd has not started yet, wherever they wait, and tasks that wait for a tag to make one. */
#ifndef NBD_COLLECT_WAITING_REQUESTS_H
#define NBD_COLLECT_WAITING_REQUESTS_H

#include "model/model.h"

/*
 * Fills waiting, tag_waiters and their relatives of each configured device. To be called after senders_collect(),
 * which tells who waits inside nbd. What could not be read becomes a problem of the device; where this kernel lacks
 * a member, waiting_known and tag_waiters_known stay false. Memory: arena.
 */
void waiting_requests_collect(struct report *report);

#endif
