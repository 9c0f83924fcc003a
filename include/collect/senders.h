// SPDX-License-Identifier: GPL-2.0-or-later
/* The tasks that hand requests over to a server: who sends, who waits behind a sender, who waits for a connection. */
#ifndef NBD_COLLECT_SENDERS_H
#define NBD_COLLECT_SENDERS_H

#include "model/model.h"

/*
 * Fills, for all configured devices, reconnect_waiters; of each connection tx_lock_owner, sender, behind_sender,
 * pending and pending_sent; and the worker of each request. To be called after requests_collect(). All this is known
 * from the locks, so that a task is found whatever state it is in. What could not be read becomes a problem of the
 * device. Memory: arena. Mirrors nbd_handle_cmd() and nbd_send_cmd() of drivers/block/nbd.c.
 */
void senders_collect(struct report *report);

#endif
