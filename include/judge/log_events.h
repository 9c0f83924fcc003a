// SPDX-License-Identifier: GPL-2.0-or-later
/* What nbd itself has said in the kernel's log of the present attachment. Pure; memory: arena. */
#ifndef NBD_JUDGE_LOG_EVENTS_H
#define NBD_JUDGE_LOG_EVENTS_H

#include "model/model.h"

enum log_event {
	LOG_BAD_REPLY,	    /* what came from the server is no reply to a request */
	LOG_SEND_TIMED_OUT, /* the server did not take what was sent in time */
	LOG_SEND_REFUSED,   /* the task that sends may not use the socket */
	LOG_RECEIVE_FAILED, /* the other end has closed the connection */
	LOG_GIVEN_UP, /* a connection was given up for another reason that comes from its other end */
	LOG_DISCONNECT, /* a disconnect was asked for */
	LOG_SHUT_DOWN,	/* nbd has shut all sockets down */
};

/*
 * The newest message that tells this of the device since it was started, NULL when there is none. Without the start, or a
 * clock, no message is known to be of this attachment, and the result is NULL, too.
 */
const struct log_line *log_event_last(const struct report *report, const struct device *dev,
				      enum log_event event);

/*
 * The message by which nbd shut the sockets of this attachment down without having said before that a connection was lost or a
 * disconnect asked for; NULL when there is none. So do NBD_CLEAR_SOCK, and a signal that ends NBD_DO_IT: drivers/block/nbd.c,
 * nbd_clear_sock_ioctl() and nbd_start_device_ioctl().
 */
const struct log_line *log_event_shut_down_here(const struct report *report,
						const struct device *dev);

/* The message and when it came, as a sentence has it: "\"Wrong magic (0x98bb9967)\", 36.2 s ago". */
const char *log_event_phrase(const struct device *dev, const struct log_line *line);

#endif
