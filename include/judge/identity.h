// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the living tasks at the addresses and pids that a device remembers are those that were meant. Pure. */
#ifndef NBD_JUDGE_IDENTITY_H
#define NBD_JUDGE_IDENTITY_H

#include "model/model.h"

/*
 * nbd keeps a bare pointer in task_setup and task_recv, a number in pid: when the task exits, another may get its
 * memory, or its pid. Moves those that are too young to be meant into setup_reuser and recv_reuser, and fills
 * setup_doubt and recv_doubt. May be done again.
 */
void identity_judge(const struct report *report, struct device *dev);

/* How long after the start of the device the task began, in milliseconds; unknown where it did not, or where a time
 * is not known. */
num identity_too_young_ms(const struct device *dev, const struct task *t);

#endif
