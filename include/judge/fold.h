// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections that are alike in all that a person compares are shown as one row. Pure. */
#ifndef NBD_JUDGE_FOLD_H
#define NBD_JUDGE_FOLD_H

#include "model/model.h"

/* How many connections from conns[0] on are alike: 1 at least, n at most. Addresses, inode numbers,
 * fds and the own TCP port may differ; names, states, reference counts and owning tasks may not. */
size_t fold_run(const struct connection *conns, size_t n);

/* "fd 3", "fd 5-1023", or "7 fds from 3 to 20": the fds by which conns[0..n) are held by the owner at
 * position which (of the peer's file when peer is true). Memory: arena. */
const char *fold_fds(const struct connection *conns, size_t n, size_t which, bool peer);

#endif
