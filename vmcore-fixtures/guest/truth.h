/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of truth.json, one file each. */
#ifndef TRUTH_H
#define TRUTH_H

#include <json-c/json.h>
#include <stdint.h>

struct json_object *truth_devices(void);
struct json_object *truth_requests(void);
struct json_object *truth_queues(void);
struct json_object *truth_processes(void);
struct json_object *truth_stacked(void);

/* Of the processes that truth_processes() has found. */
struct json_object *truth_stacks(struct json_object *processes);
struct json_object *truth_mounts(struct json_object *processes);
struct json_object *truth_unix(struct json_object *processes);
struct json_object *truth_tcp(struct json_object *processes);

/* Sockets of all network namespaces: has each be the caller's own for one call of each(). */
void each_network_namespace(struct json_object *processes, void (*each)(struct json_object *array),
			    struct json_object *array);

/* Of what truth_stacks() has found. */
struct json_object *truth_tasks_in_d(struct json_object *stacks);

/* The inode of a process's namespace ("mnt", "net"), 0 when it has none. */
int64_t namespace_of(int tgid, const char *name);

#endif
