// SPDX-License-Identifier: GPL-2.0-or-later
/* nbd_index_idr, the table of all nbd devices. */
#ifndef NBD_INDEX_H
#define NBD_INDEX_H

#include <stdint.h>

typedef void nbd_index_visit(void *context, uint32_t index, uint64_t nbd_device);

/*
 * Shows each entry to visit, in no order that could be relied upon. Only the kernel's own layouts are
 * needed. Returns NULL, or a sentence (static) that says what could not be read.
 * Mirrors lib/idr.c and lib/radix-tree.c, idr_for_each().
 */
const char *nbd_index_walk(nbd_index_visit *visit, void *context);

#endif
