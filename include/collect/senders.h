// SPDX-License-Identifier: GPL-2.0-or-later
/* The tasks that hand requests over to a server: who sends, who waits behind them, who waits for a connection. */
#ifndef NBD_COLLECT_SENDERS_H
#define NBD_COLLECT_SENDERS_H

#include "model/model.h"

/*
 * Fills of each connection of a configured device tx_lock_owner, sender, behind_sender, pending and pending_sent, of
 * each request its worker, and of each device reconnect_waiters. To be called after requests_collect(). The locks
 * tell, so a task is found in whatever state it is. What could not be read becomes a problem of the device. Memory:
 * arena. Mirrors nbd_handle_cmd() and nbd_send_cmd() of drivers/block/nbd.c.
 */
void senders_collect(struct report *report);

#endif
