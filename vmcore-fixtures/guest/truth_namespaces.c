// SPDX-License-Identifier: GPL-2.0-or-later
/* Namespaces, by way of the processes that live in them. */
#include "truth.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* tgid 0 is the caller itself. */
static int namespace_path(char path[64], int tgid, const char *name)
{
	return tgid ? snprintf(path, 64, "/proc/%d/ns/%s", tgid, name)
		    : snprintf(path, 64, "/proc/thread-self/ns/%s", name);
}

int64_t namespace_of(int tgid, const char *name)
{
	struct stat status;
	char path[64];

	namespace_path(path, tgid, name);
	return stat(path, &status) == 0 ? (int64_t)status.st_ino : 0;
}

static int enter(int tgid)
{
	char path[64];
	int fd, result;

	namespace_path(path, tgid, "net");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = setns(fd, CLONE_NEWNET);
	close(fd);
	return result;
}

#define MAX_NAMESPACES 64

void each_network_namespace(struct json_object *processes, void (*each)(struct json_object *array),
			    struct json_object *array)
{
	int64_t seen[MAX_NAMESPACES], inode;
	size_t count = 0, p, i;
	int tgid;

	for (p = 0; p < json_object_array_length(processes); p++) {
		tgid = json_object_get_int(
			json_object_object_get(json_object_array_get_idx(processes, p), "tgid"));
		inode = namespace_of(tgid, "net");
		for (i = 0; i < count && seen[i] != inode; i++)
			;
		if (!inode || i < count || count == MAX_NAMESPACES || enter(tgid) != 0)
			continue;
		seen[count++] = inode;
		each(array);
	}
	/* Process 1 is at home. */
	enter(1);
}
