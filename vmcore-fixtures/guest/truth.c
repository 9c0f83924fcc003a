// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * truth SCENES-DIR: writes what the running kernel says about itself to stdout,
 * the last thing before the crash. Only /proc, /sys and sock_diag are asked:
 * nothing here knows a kernel structure, so nothing here can share a mistake
 * with the extension.
 */
#include "truth.h"
#include "text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct json_object *clocks(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "realtime_ns", json_object_new_int64(clock_ns(CLOCK_REALTIME)));
	json_object_object_add(object, "monotonic_ns", json_object_new_int64(clock_ns(CLOCK_MONOTONIC)));
	json_object_object_add(object, "boottime_ns", json_object_new_int64(clock_ns(CLOCK_BOOTTIME)));
	return object;
}

static struct json_object *kernel_release(void)
{
	struct utsname name;

	uname(&name);
	return json_object_new_string(name.release);
}

static struct json_object *json_value(char *text)
{
	struct json_object *value = text ? json_tokener_parse(text) : NULL;

	free(text);
	return value;
}

/* A directory of facts: a file holds a value, a directory holds an object. */
static struct json_object *facts(const char *path)
{
	struct json_object *object = json_object_new_object();
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[512];

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		json_object_object_add(object, entry->d_name,
				       entry->d_type == DT_DIR ? facts(name)
							       : json_value(text_read("%s", name)));
	}
	if (directory)
		closedir(directory);
	return object;
}

/* Other scenes are about devices that are not, or not on this kernel. */
static int is_configured(struct json_object *scene)
{
	return json_object_object_get_ex(scene, "connections", NULL);
}

static struct json_object *scenes_where(struct json_object *scenes, int configured)
{
	struct json_object *object = json_object_new_object();

	json_object_object_foreach(scenes, name, scene) {
		if (is_configured(scene) == configured)
			json_object_object_add(object, name, json_object_get(scene));
	}
	return object;
}

/* {"nbdN": {"set_sock": …, "do_it": …, "netlink": …}} of facts attempt_WAY SUFFIX. */
static struct json_object *attempts(struct json_object *scenes, const char *suffix)
{
	static const char *const ways[] = { "set_sock", "do_it", "netlink" };
	struct json_object *object = json_object_new_object(), *device, *fact, *results;
	char key[64];
	size_t i;

	json_object_object_foreach(scenes, name, scene) {
		(void)name;
		results = NULL;
		for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			snprintf(key, sizeof(key), "attempt_%s%s", ways[i], suffix);
			if (!json_object_object_get_ex(scene, key, &fact))
				continue;
			if (!results)
				results = json_object_new_object();
			json_object_object_add(results, ways[i], json_object_get(fact));
		}
		if (results && json_object_object_get_ex(scene, "device", &device))
			json_object_object_add(object, json_object_get_string(device), results);
	}
	return object;
}

int main(int argc, char **argv)
{
	struct json_object *truth = json_object_new_object(), *scenes, *processes, *stacks;
	const char *text;

	if (argc != 2) {
		fprintf(stderr, "usage: truth SCENES-DIR\n");
		return 2;
	}
	json_object_object_add(truth, "kernel", kernel_release());
	scenes = facts(argv[1]);
	json_object_object_add(truth, "scenes", scenes_where(scenes, 1));
	json_object_object_add(truth, "other_scenes", scenes_where(scenes, 0));
	json_object_object_add(truth, "attach", attempts(scenes, ""));
	json_object_object_add(truth, "attach_pids", attempts(scenes, "_pid"));
	processes = truth_processes();
	stacks = truth_stacks(processes);
	json_object_object_add(truth, "processes", processes);
	json_object_object_add(truth, "stacks", stacks);
	json_object_object_add(truth, "tasks_in_d", truth_tasks_in_d(stacks));
	json_object_object_add(truth, "unix", truth_unix(processes));
	json_object_object_add(truth, "tcp", truth_tcp(processes));
	json_object_object_add(truth, "mounts", truth_mounts(processes));
	json_object_object_add(truth, "stacked", truth_stacked());
	json_object_object_add(truth, "devices", truth_devices());
	json_object_object_add(truth, "requests", truth_requests());
	json_object_object_add(truth, "queues", truth_queues());
	/* Last: the moment the rest is compared with. */
	json_object_object_add(truth, "clock", clocks());
	text = json_object_to_json_string_ext(truth, JSON_C_TO_STRING_PLAIN |
						     JSON_C_TO_STRING_NOSLASHESCAPE);
	return puts(text) < 0 || fflush(stdout) != 0;
}
