// SPDX-License-Identifier: GPL-2.0-or-later
#include "waiting.h"

#include <string.h>

#include "e2e.h"

bool waiting_has_number(json *array, int64_t number)
{
	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		if (json_object_get_int64(json_object_array_get_idx(array, i)) == number)
			return true;
	}
	return false;
}

/* A worker that runs a queue's timeouts waits for whoever sends, and so does one that hands requests to nbd; /proc does
 * not say of which device. One that writes back comes and goes, and waits for its nbd device. */
bool waiting_is_nbds_worker(int64_t tid)
{
	json *stacks = at(truth(), "/stacks");

	for (size_t i = 0; i < json_object_array_length(stacks); i++) {
		json *task = json_object_array_get_idx(stacks, i);

		if (int_at(task, "/tid") == tid && at(task, "/stack"))
			return strstr(string_at(task, "/stack"), "blk_mq_timeout_work") ||
			       (strstr(string_at(task, "/stack"), "nbd_queue_rq") &&
				strstr(string_at(task, "/stack"), "process_one_work")) ||
			       strstr(string_at(task, "/comm"), "+flush-43:");
	}
	return false;
}

/* True when the scene, or an attempt to attach its device, says that the task is in D for the device. */
bool waiting_is_explained(json *scene_facts, int64_t tid)
{
	json *attempts = at(truth(), "/attach_pids/%s", string_at(scene_facts, "/device"));

	if (waiting_has_number(at(scene_facts, "/tasks_in_d"), tid))
		return true;
	if (!attempts)
		return false;
	json_object_object_foreach(attempts, way, pid)
	{
		(void)way;
		if (json_object_get_int64(pid) == tid)
			return true;
	}
	return false;
}

bool waiting_has_pid(json *tasks, int64_t pid)
{
	for (size_t i = 0; tasks && i < json_object_array_length(tasks); i++) {
		if (int_at(json_object_array_get_idx(tasks, i), "/pid") == pid)
			return true;
	}
	return false;
}
