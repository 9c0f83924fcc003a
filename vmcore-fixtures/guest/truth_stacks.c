// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tasks wait in: those in D, and those in any state that are inside nbd or in
 * a system call on a socket or an nbd device. A kernel worker is named like any other.
 */
#include "truth.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *task_text(int64_t tgid, int64_t tid, const char *file)
{
	return json_line(text_read("/proc/%d/task/%d/%s", (int)tgid, (int)tid, file));
}

/* True when the first argument of the system call that the thread is in is one of its fds listed. */
static int is_call_on_listed_fd(struct json_object *call, struct json_object *fds)
{
	const char *text = json_object_get_string(call);
	unsigned long fd;
	size_t i;
	long number;

	if (!text || sscanf(text, "%ld 0x%lx", &number, &fd) != 2 || number < 0)
		return 0;
	for (i = 0; i < json_object_array_length(fds); i++) {
		struct json_object *entry = json_object_array_get_idx(fds, i);

		if ((unsigned long)json_object_get_int64(json_object_object_get(entry, "fd")) == fd)
			return 1;
	}
	return 0;
}

static void add_thread(struct json_object *array, struct json_object *process, struct json_object *thread)
{
	int64_t tgid = json_object_get_int64(json_object_object_get(process, "tgid"));
	int64_t tid = json_object_get_int64(json_object_object_get(thread, "tid"));
	struct json_object *stack = task_text(tgid, tid, "stack"), *call = task_text(tgid, tid, "syscall");
	const char *state = json_object_get_string(json_object_object_get(thread, "state"));
	struct json_object *object;

	if (strcmp(state, "D") != 0 && !(stack && strstr(json_object_get_string(stack), "[nbd]")) &&
	    !is_call_on_listed_fd(call, json_object_object_get(thread, "fds"))) {
		json_object_put(stack);
		json_object_put(call);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "tgid", json_object_new_int64(tgid));
	json_object_object_add(object, "tid", json_object_new_int64(tid));
	json_object_object_add(object, "comm", json_object_get(json_object_object_get(thread, "comm")));
	json_object_object_add(object, "state", json_object_new_string(state));
	json_object_object_add(object, "wchan", task_text(tgid, tid, "wchan"));
	json_object_object_add(object, "syscall", call);
	json_object_object_add(object, "stack", stack);
	json_object_array_add(array, object);
}

struct json_object *truth_stacks(struct json_object *processes)
{
	struct json_object *array = json_object_new_array(), *process, *threads;
	size_t p, t;

	for (p = 0; p < json_object_array_length(processes); p++) {
		process = json_object_array_get_idx(processes, p);
		threads = json_object_object_get(process, "threads");
		for (t = 0; t < json_object_array_length(threads); t++)
			add_thread(array, process, json_object_array_get_idx(threads, t));
	}
	return array;
}

struct json_object *truth_tasks_in_d(struct json_object *stacks)
{
	static const char *const keys[] = { "tgid", "tid", "comm", "wchan" };
	struct json_object *array = json_object_new_array(), *task, *object;
	size_t i, k;

	for (i = 0; i < json_object_array_length(stacks); i++) {
		task = json_object_array_get_idx(stacks, i);
		if (strcmp(json_object_get_string(json_object_object_get(task, "state")), "D") != 0)
			continue;
		object = json_object_new_object();
		for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			json_object_object_add(object, keys[k],
					       json_object_get(json_object_object_get(task, keys[k])));
		json_object_array_add(array, object);
	}
	return array;
}
