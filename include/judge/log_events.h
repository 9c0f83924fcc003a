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
};

/*
 * The newest message that tells this of the device since it was started, NULL when there is none. Without the start, or a
 * clock, no message is known to be of this attachment, and the result is NULL, too.
 */
const struct log_line *log_event_last(const struct report *report, const struct device *dev,
				      enum log_event event);

/* The message and when it came, as a sentence has it: "\"Wrong magic (0x98bb9967)\", 36.2 s ago". */
const char *log_event_phrase(const struct device *dev, const struct log_line *line);

#endif
