// SPDX-License-Identifier: GPL-2.0-or-later
/* What the process at the other end of a connection does. Pure. */
#ifndef NBD_JUDGE_SERVERS_H
#define NBD_JUDGE_SERVERS_H

#include "model/model.h"

/* Fills server of each connection of the device. Its waiters and requests must be known by then. */
void servers_judge(const struct report *report, struct device *dev);

#endif
