// SPDX-License-Identifier: GPL-2.0-or-later
/* What the parts of a diagnosis have in common. Only judge/diagnosis*.c include this. */
#ifndef NBD_JUDGE_DIAGNOSED_H
#define NBD_JUDGE_DIAGNOSED_H

#include "model/model.h"

/* The diagnosis that is being made of a device; its state is known. */
struct diagnosed {
	const struct report *report;
	const struct device *dev;
	struct diagnosis *diagnosis;
};

/* Whether this is the cause; then the sentence is filled in, and the processes. */
typedef bool cause_fn(const struct diagnosed *d);

/* Adds steps that end the cause. */
typedef void steps_fn(const struct diagnosed *d);

/*
 * All causes; the first one that is true is told: CAUSE(id, its test, its steps).
 * doc/diagnosis.md says what each of them is.
 */
#define CAUSES(CAUSE)                                                                              \
	CAUSE("unreadable", cause_unreadable, steps_unreadable)                                    \
	CAUSE("opener-pins", cause_opener_pins, steps_opener_pins)                                 \
	CAUSE("reconnect-wait", cause_reconnect_wait, steps_reconnect_wait)                        \
	CAUSE("server-stopped", cause_server_stopped, steps_server_stopped)                        \
	CAUSE("server-blocked", cause_server_blocked, steps_detach)                                \
	CAUSE("window-full", cause_window_full, steps_server_silent)                               \
	CAUSE("not-accepted", cause_not_accepted, steps_not_accepted)                              \
	CAUSE("disconnect-ignored", cause_disconnect_ignored, steps_detach)                        \
	CAUSE("server-silent", cause_server_silent, steps_server_silent)                           \
	CAUSE("server-garbage", cause_server_garbage, steps_server_garbage)                        \
	CAUSE("send-refused", cause_send_refused, steps_send_refused)                              \
	CAUSE("send-timed-out", cause_send_timed_out, steps_send_timed_out)                        \
	CAUSE("server-closed", cause_server_closed, steps_server_gone)                             \
	CAUSE("server-exited", cause_server_exited, steps_server_gone)                             \
	CAUSE("size-zero", cause_size_zero, steps_size_zero)                                       \
	CAUSE("unexplained", cause_unexplained, steps_unexplained)                                 \
	CAUSE("none", cause_none, steps_none)

#define CAUSE_FUNCTIONS(id, test, steps)                                                           \
	cause_fn test;                                                                             \
	steps_fn steps;
CAUSES(CAUSE_FUNCTIONS)
#undef CAUSE_FUNCTIONS

/* Adds a process that the cause is about, once. */
void diagnosis_add_pid(const struct diagnosed *d, uint32_t pid);

/* Fills in what follows from the cause. */
void diagnosis_add_consequences(const struct diagnosed *d);

#endif
