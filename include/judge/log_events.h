// SPDX-License-Identifier: GPL-2.0-or-later
/* What nbd itself has said in the kernel's log of the present attachment. Pure; memory: arena. */
#ifndef NBD_JUDGE_LOG_EVENTS_H
#define NBD_JUDGE_LOG_EVENTS_H

#include "model/model.h"

enum log_event {
	LOG_BAD_REPLY,	    /* what came from the server is no reply to a request */
	LOG_SEND_TIMED_OUT, /* the server did not take what was sent in time */
	LOG_SEND_REFUSED,   /* the task that sends may not use the socket */
	LOG_RECEIVE_FAILED, /* nothing can be received any more: as a rule the other end has closed the connection */
	LOG_GIVEN_UP, /* a connection was given up for another reason that comes from its other end */
	LOG_DISCONNECT, /* a disconnect was asked for */
	LOG_SHUT_DOWN,	/* nbd has shut all sockets down */
};

/*
 * A message counts when all of the log could be read, and when it is younger than the attachment. While a clock or the start of the
 * device is not known none does. The age is by a clock that stands still while the machine sleeps; so where it has slept, only
 * what is surely younger counts.
 */

/* The newest message that tells this of the device, NULL when there is none. */
const struct log_line *log_event_last(const struct report *report, const struct device *dev,
				      enum log_event event);

/* The first message of any event since the device was started, with which one it is; NULL when there is none, and when the log
 * does not reach back to the start. nbd limits how often it says some of them: another device may have used that up. */
const struct log_line *log_event_first(const struct report *report, const struct device *dev,
				       enum log_event *event);

/* The message and when it came, as a sentence has it: "\"Wrong magic (0x98bb9967)\", 36.2 s ago". */
const char *log_event_phrase(const struct device *dev, const struct log_line *line);

#endif
