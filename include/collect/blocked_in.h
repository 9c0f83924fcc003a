// SPDX-License-Identifier: GPL-2.0-or-later
/* What a task hangs in, told by the functions on its kernel stack. */
#ifndef NBD_COLLECT_BLOCKED_IN_H
#define NBD_COLLECT_BLOCKED_IN_H

#include <stdbool.h>
#include <stddef.h>

/* What a task with these functions on its stack hangs in: "open", "close", "read", "write", "flush",
 * "freeze" or "ioctl"; where none of these is recognised, the innermost function that is not part of the
 * scheduler. NULL when n is 0. The names come innermost first and without suffixes of the compiler; the
 * result is one of them or static. */
const char *blocked_in(const char *const *functions, size_t n);

/* True for a function of the block layer, of block devices or of nbd. */
bool blocked_in_block_layer(const char *function);

#endif
