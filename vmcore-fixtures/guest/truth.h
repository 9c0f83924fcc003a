/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of truth.json, one file each. */
#ifndef TRUTH_H
#define TRUTH_H

#include <json-c/json.h>

struct json_object *truth_devices(void);
struct json_object *truth_requests(void);
struct json_object *truth_processes(void);
struct json_object *truth_unix(void);
struct json_object *truth_tcp(void);

#endif
