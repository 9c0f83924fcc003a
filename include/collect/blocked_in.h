// SPDX-License-Identifier: GPL-2.0-or-later
/* What a task hangs in, told by the functions on its kernel stack. Pure. */
#ifndef NBD_COLLECT_BLOCKED_IN_H
#define NBD_COLLECT_BLOCKED_IN_H

#include <stdbool.h>
#include <stddef.h>

/* open, close, read, write, flush, freeze or ioctl; else the innermost function that is not the
 * scheduler's; NULL when there is none. functions are the names, innermost first, without the
 * compiler's suffixes. */
const char *blocked_in(const char *const *functions, size_t n);

/* True for a function of the block layer, of block devices or of nbd. */
bool blocked_in_block_layer(const char *function);

#endif
