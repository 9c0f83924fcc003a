// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the layouts in force are those of this image: what must hold for nbd's structures whatever
 * state a device is in. */
#ifndef NBD_RESOLVE_ANCHORS_H
#define NBD_RESOLVE_ANCHORS_H

#include <stddef.h>

/*
 * Looks at each device in nbd_index_idr. NULL when all holds, else a sentence that names the first thing
 * that does not, in arena memory; what cannot be read does not hold. *held becomes the number of checks
 * before it. With no device at all everything holds: nothing is told then.
 * Mirrors drivers/block/nbd.c, nbd_dev_add(), nbd_start_device(), nbd_config_put().
 */
const char *anchors_check(size_t *held);

#endif
