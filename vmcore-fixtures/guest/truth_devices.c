// SPDX-License-Identifier: GPL-2.0-or-later
/* Block devices: sysfs and debugfs. */
#include "truth.h"
#include "bytes.h"
#include "text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "/sys/block"
#define NBD_DEBUG "/sys/kernel/debug/nbd"
#define BLOCK_DEBUG "/sys/kernel/debug/block"

/* KEY of an object for every nbd device: of(name), where that is not null. */
static struct json_object *each_device(struct json_object *(*of)(const char *name))
{
	struct json_object *object = json_object_new_object(), *value;
	DIR *directory = opendir(BLOCK);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, "nbd", 3) != 0)
			continue;
		value = of(entry->d_name);
		if (value)
			json_object_object_add(object, entry->d_name, value);
	}
	if (directory)
		closedir(directory);
	return object;
}

static struct json_object *debugfs(const char *name)
{
	struct json_object *object = NULL;
	struct dirent *entry;
	char path[512];
	DIR *directory;

	snprintf(path, sizeof(path), "%s/%s", NBD_DEBUG, name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!object)
			object = json_object_new_object();
		json_object_object_add(object, entry->d_name,
				       json_text(text_read("%s/%s", path, entry->d_name)));
	}
	if (directory)
		closedir(directory);
	return object;
}

static struct json_object *inflight(char *text)
{
	struct json_object *array = json_object_new_array();
	long long reads = 0, writes = 0;

	if (text)
		sscanf(text, "%lld %lld", &reads, &writes);
	free(text);
	json_object_array_add(array, json_object_new_int64(reads));
	json_object_array_add(array, json_object_new_int64(writes));
	return array;
}

static struct json_object *device(const char *name)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "pid", json_number(text_read(BLOCK "/%s/pid", name)));
	json_object_object_add(object, "sectors", json_number(text_read(BLOCK "/%s/size", name)));
	json_object_object_add(object, "backend", json_line(text_read(BLOCK "/%s/backend", name)));
	json_object_object_add(object, "inflight", inflight(text_read(BLOCK "/%s/inflight", name)));
	json_object_object_add(object, "debugfs", debugfs(name));
	return object;
}

/* {"hctx0": ["line", …]} of the queues that have started requests, else NULL. */
static struct json_object *requests(const char *name)
{
	struct json_object *object = NULL, *lines;
	char path[512], *text, *line, *rest;
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), BLOCK_DEBUG "/%s", name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, "hctx", 4) != 0)
			continue;
		text = text_read("%s/%s/busy", path, entry->d_name);
		if (text && *text) {
			lines = json_object_new_array();
			for (line = strtok_r(text, "\n", &rest); line;
			     line = strtok_r(NULL, "\n", &rest))
				json_object_array_add(lines, json_from_bytes(line, strlen(line)));
			if (!object)
				object = json_object_new_object();
			json_object_object_add(object, entry->d_name, lines);
		}
		free(text);
	}
	if (directory)
		closedir(directory);
	return object;
}

struct json_object *truth_devices(void)
{
	return each_device(device);
}

struct json_object *truth_requests(void)
{
	return each_device(requests);
}
