// SPDX-License-Identifier: GPL-2.0-or-later
/* Tells whether the layouts in force are those of this image: checks what holds for nbd's structures in every state
 * of a device. */
#ifndef NBD_RESOLVE_ANCHORS_H
#define NBD_RESOLVE_ANCHORS_H

#include <stddef.h>

/*
 * Checks each device in nbd_index_idr, or each disk of nbd's major where that symbol is unknown. Returns NULL when
 * every check holds, else a sentence in arena memory that says what the first failing check found wrong; a check of a
 * value that cannot be read fails. *held becomes the number of checks that held before it. Without any device all
 * checks hold, which proves nothing.
 * Mirrors drivers/block/nbd.c, nbd_dev_add(), nbd_start_device(), nbd_config_put().
 */
const char *anchors_check(size_t *held);

#endif
