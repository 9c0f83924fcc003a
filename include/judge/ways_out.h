// SPDX-License-Identifier: GPL-2.0-or-later
/* What the calls that end or mend an attachment would do now. Pure; memory: arena. */
#ifndef NBD_JUDGE_WAYS_OUT_H
#define NBD_JUDGE_WAYS_OUT_H

#include "model/model.h"

/*
 * Fills ways_out[] of a device with a config: what NBD_CMD_RECONFIGURE with a new socket, NBD_CMD_DISCONNECT with its
 * index, and NBD_DISCONNECT and NBD_CLEAR_SOCK on an open of their own would get from a new task, and what they would do.
 * The checks come in the kernel's own order (drivers/block/nbd.c: nbd_genl_reconfigure(), nbd_reconnect_socket(),
 * nbd_disconnect_and_put(), nbd_ioctl(), send_disconnects(), sock_shutdown()).
 */
void ways_out_forecast(const struct report *report, struct device *dev);

/* "NBD_CMD_RECONFIGURE" and so on. */
const char *ways_out_name(enum way_out way);

/* The call would come to its end, and do what the step promises. */
bool ways_out_works(const struct device *dev, enum way_out way);

#endif
