// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths of files and mounts. Results are escaped and live in the arena. */
#ifndef NBD_COLLECT_DENTRY_PATH_H
#define NBD_COLLECT_DENTRY_PATH_H

#include "model/model.h"

/* The path of the struct dentry at an address inside its file system; NULL when a part of it, or the
 * address itself, could not be read. Mirrors dentry_path_raw() of fs/d_path.c. */
const char *dentry_path(num dentry);

/* The path of the mount point of the struct mount at an address, from the root of its namespace; NULL when
 * a part of it could not be read. Mirrors prepend_path() of fs/d_path.c. */
const char *dentry_path_of_mount(uint64_t mount);

#endif
