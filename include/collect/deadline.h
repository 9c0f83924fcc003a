// SPDX-License-Identifier: GPL-2.0-or-later
/* When a task that sleeps wakes up by itself. */
#ifndef NBD_COLLECT_DEADLINE_H
#define NBD_COLLECT_DEADLINE_H

#include "model/model.h"
#include "resolve/kernel_stack.h"

/*
 * In how many milliseconds the task's timeout is over, 0 where it is already; unknown where it sleeps without one, and
 * where its stack or the clock could not be read. Mirrors schedule_timeout() of kernel/time/timer.c (since v4.15), whose
 * struct process_timer, a timer_list and the task, lies on the task's own stack.
 */
num deadline_left_ms(struct stack_reader *reader, const struct task *task);

#endif
