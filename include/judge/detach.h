// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a device can be detached now. Every remedy, and every step of a diagnosis, that would detach asks here
 * first. Pure; memory: arena.
 */
#ifndef NBD_JUDGE_DETACH_H
#define NBD_JUDGE_DETACH_H

#include "model/model.h"

/* The connection on which somebody sleeps with tx_lock held, in whatever state; NULL when there is none. A sender
 * that runs will let it go. */
const struct connection *detach_blocked_send(const struct device *dev);

/* The same where the send does not end by itself: the server cannot read, or the request is stuck. A device that is
 * busy sleeps in a send now and then. */
const struct connection *detach_endless_send(const struct device *dev);

/* The task that holds a lock and waits in D, so that it does not let it go; NULL when the owner is none such. */
const struct task *detach_holder_in_d(const struct report *report, num owner);

/*
 * Why "nbd-client -d", NBD_CMD_DISCONNECT, NBD_DISCONNECT and NBD_CLEAR_SOCK would hang now, and hold config_lock or
 * genl_mutex while they do: a clause such as "kworker/1:4H (1158) sleeps with tx_lock of connection 0 held". NULL
 * when nothing is known against it. Mirrors send_disconnects() and sock_shutdown() of drivers/block/nbd.c, which take
 * each tx_lock, and nbd_genl_disconnect() and nbd_ioctl(), which take config_lock before that.
 */
const char *detach_would_hang(const struct report *report, const struct device *dev);

/* What makes it possible again, "kill -KILL 456 (the server)"; NULL where that is not known, or where nothing
 * stands against detaching. */
const char *detach_instead(const struct report *report, const struct device *dev);

/* A remedy: "nbd-client -d /dev/nbd3"; where that would hang, what goes before it and why. */
const char *detach_advice(const struct report *report, const struct device *dev);

#endif
