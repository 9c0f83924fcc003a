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

/* The lines of a file of debugfs, NULL when there is none. */
static struct json_object *debug_lines(const char *name, const char *directory, const char *file)
{
	char *text = text_read(BLOCK_DEBUG "/%s/%s/%s", name, directory, file), *line, *rest;
	struct json_object *lines = NULL;

	for (line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		if (!lines)
			lines = json_object_new_array();
		json_object_array_add(lines, json_from_bytes(line, strlen(line)));
	}
	free(text);
	return lines;
}

/* KEY of an object, unless there is nothing; makes the object with the first. */
static void add(struct json_object **object, const char *key, struct json_object *value)
{
	if (!value)
		return;
	if (!*object)
		*object = json_object_new_object();
	json_object_object_add(*object, key, value);
}

/* Calls each() for each hardware queue's directory of a device. */
static void each_queue(const char *name, void (*each)(struct json_object **object, const char *name, const char *queue),
		       struct json_object **object)
{
	char path[512];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), BLOCK_DEBUG "/%s", name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (strncmp(entry->d_name, "hctx", 4) == 0)
			each(object, name, entry->d_name);
	}
	if (directory)
		closedir(directory);
}

static void add_busy(struct json_object **object, const char *name, const char *queue)
{
	add(object, queue, debug_lines(name, queue, "busy"));
}

/* {"hctx0": ["line", …]} of the queues that have started requests, else NULL. */
static struct json_object *requests(const char *name)
{
	struct json_object *object = NULL;

	each_queue(name, add_busy, &object);
	return object;
}

static void add_queue(struct json_object **object, const char *name, const char *queue)
{
	static const char *const files[] = { "dispatch", "state", "tags", "sched_tags" };
	struct json_object *facts = NULL;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add(&facts, files[i], debug_lines(name, queue, files[i]));
	add(object, queue, facts);
}

/* The scheduler's lists of requests that have not been handed to nbd yet. */
static struct json_object *scheduled(const char *name)
{
	struct json_object *object = NULL;
	struct dirent *entry;
	char path[512];
	DIR *directory;

	snprintf(path, sizeof(path), BLOCK_DEBUG "/%s/sched", name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		/* What else there is are counters. */
		if (strstr(entry->d_name, "fifo_list") || strncmp(entry->d_name, "dispatch", 8) == 0)
			add(&object, entry->d_name, debug_lines(name, "sched", entry->d_name));
	}
	if (directory)
		closedir(directory);
	return object;
}

/* Of devices that have been started: the block layer's own view of what waits where. */
static struct json_object *queues(const char *name)
{
	struct json_object *object = NULL;
	char *pid = text_read(BLOCK "/%s/pid", name);

	if (!pid)
		return NULL;
	free(pid);
	add(&object, "state", debug_lines(name, ".", "state"));
	add(&object, "requeue_list", debug_lines(name, ".", "requeue_list"));
	add(&object, "sched", scheduled(name));
	each_queue(name, add_queue, &object);
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

struct json_object *truth_queues(void)
{
	return each_device(queues);
}
