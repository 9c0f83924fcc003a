// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths of files and mounts. Results are escaped and live in the arena. */
#ifndef NBD_COLLECT_DENTRY_PATH_H
#define NBD_COLLECT_DENTRY_PATH_H

#include "model/model.h"

/* The path of a dentry inside its file system; NULL when a part of it cannot be read. */
const char *dentry_path(num dentry);

/* Where a struct mount is mounted, across the mounts above it; NULL when unreadable. */
const char *dentry_path_of_mount(uint64_t mount);

#endif
