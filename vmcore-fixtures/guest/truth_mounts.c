// SPDX-License-Identifier: GPL-2.0-or-later
/* What lies above a device: mounts of each mount namespace, and device mapper, md and loop. */
#include "truth.h"
#include "bytes.h"
#include "text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "/sys/block"

/* The lines of a mountinfo file whose source is a device node. */
static struct json_object *device_mounts(char *text)
{
	struct json_object *lines = json_object_new_array();
	char *line, *rest, *separator;

	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		/* "… - TYPE SOURCE OPTIONS" */
		separator = strstr(line, " - ");
		separator = separator ? strchr(separator + 3, ' ') : NULL;
		if (separator && strncmp(separator, " /dev/", 6) == 0)
			json_object_array_add(lines, json_from_bytes(line, strlen(line)));
	}
	free(text);
	return lines;
}

/* The namespaces so far, by inode: the process is added to its own, which may be a new one. */
static void add_process(struct json_object *namespaces, int tgid)
{
	int64_t inode = namespace_of(tgid, "mnt");
	struct json_object *object, *pids;
	size_t i;

	if (!inode)
		return;
	for (i = 0; i < json_object_array_length(namespaces); i++) {
		object = json_object_array_get_idx(namespaces, i);
		if (json_object_get_int64(json_object_object_get(object, "namespace")) == inode) {
			json_object_array_add(json_object_object_get(object, "tgids"), json_object_new_int(tgid));
			return;
		}
	}
	object = json_object_new_object();
	pids = json_object_new_array();
	json_object_array_add(pids, json_object_new_int(tgid));
	json_object_object_add(object, "namespace", json_object_new_int64(inode));
	json_object_object_add(object, "tgids", pids);
	json_object_object_add(object, "mountinfo", device_mounts(text_read("/proc/%d/mountinfo", tgid)));
	json_object_array_add(namespaces, object);
}

struct json_object *truth_mounts(struct json_object *processes)
{
	struct json_object *namespaces = json_object_new_array(), *process;
	size_t p;

	for (p = 0; p < json_object_array_length(processes); p++) {
		process = json_object_array_get_idx(processes, p);
		add_process(namespaces, json_object_get_int(json_object_object_get(process, "tgid")));
	}
	return namespaces;
}

static struct json_object *names_in(const char *name, const char *directory)
{
	struct json_object *array = json_object_new_array();
	struct dirent *entry;
	char path[512];
	DIR *open;

	snprintf(path, sizeof(path), BLOCK "/%s/%s", name, directory);
	open = opendir(path);
	while (open && (entry = readdir(open))) {
		if (entry->d_name[0] != '.')
			json_object_array_add(array, json_object_new_string(entry->d_name));
	}
	if (open)
		closedir(open);
	return array;
}

/* Block devices that are made of others. */
struct json_object *truth_stacked(void)
{
	struct json_object *object = json_object_new_object(), *device;
	DIR *directory = opendir(BLOCK);
	struct dirent *entry;
	const char *name;

	while (directory && (entry = readdir(directory))) {
		name = entry->d_name;
		if (strncmp(name, "dm-", 3) != 0 && strncmp(name, "md", 2) != 0)
			continue;
		device = json_object_new_object();
		json_object_object_add(device, "dm_name", json_line(text_read(BLOCK "/%s/dm/name", name)));
		json_object_object_add(device, "md_level", json_line(text_read(BLOCK "/%s/md/level", name)));
		json_object_object_add(device, "md_state", json_line(text_read(BLOCK "/%s/md/array_state", name)));
		json_object_object_add(device, "slaves", names_in(name, "slaves"));
		json_object_object_add(device, "holders", names_in(name, "holders"));
		json_object_object_add(object, name, device);
	}
	if (directory)
		closedir(directory);
	return object;
}
