// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/dentry_path.h"

#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "base/names.h"

/* Deeper paths and stacks of mounts exist only in broken images. */
#define MAX_PATH_DEPTH 64
#define MAX_NAME       255

const char *dentry_path(num dentry)
{
	const char *path = "";

	for (int depth = 0; dentry.known && depth < MAX_PATH_DEPTH; depth++) {
		num parent = k_num_at(dentry.v, KM_DENTRY_PARENT);
		uint64_t qstr = k_at(dentry.v, KM_DENTRY_NAME);
		num name = k_num_at(qstr, KM_QSTR_NAME), len = k_num_at(qstr, KM_QSTR_LEN);
		char bytes[MAX_NAME];

		/* Pipes, sockets and anonymous inodes have a root of their own with a name of its own. */
		if (num_is(parent, dentry.v) && (*path || !len.known || len.v <= 1))
			return *path ? path : "/";
		if (!name.known || !len.known || !len.v || len.v > sizeof(bytes) ||
		    !k_read(name.v, bytes, len.v, "dentry.d_name"))
			return NULL;
		if (num_is(parent, dentry.v))
			return name_escape(bytes, len.v);
		path = arena_printf("/%s%s", name_escape(bytes, len.v), path);
		dentry = parent;
	}
	return NULL;
}

const char *dentry_path_of_mount(uint64_t mount)
{
	const char *path = "";

	for (int depth = 0; depth < MAX_PATH_DEPTH; depth++) {
		num parent = k_num_at(mount, KM_MOUNT_PARENT);
		const char *here;

		if (num_is(parent, mount))
			return *path ? path : "/";
		here = dentry_path(k_num_at(mount, KM_MOUNT_POINT));
		if (!parent.known || !here)
			return NULL;
		if (strcmp(here, "/"))
			path = arena_printf("%s%s", here, path);
		mount = parent.v;
	}
	return NULL;
}
