// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One file per fact, $SCENE/KEY, holding a JSON value: shell and C can both add
 * to a scene without parsing what is already there.
 */
#include "actor.h"
#include "bytes.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *fact_path(const char *key)
{
	const char *scene = getenv("SCENE");
	static char path[256];

	if (!scene)
		die("SCENE is not set");
	snprintf(path, sizeof(path), "%s/%s", scene, key);
	return path;
}

static void put_fact(const char *key, struct json_object *value)
{
	const char *path = fact_path(key);

	must(json_object_to_file_ext(path, value, JSON_C_TO_STRING_PLAIN) == 0, path);
	json_object_put(value);
}

void fact_int(const char *key, int64_t value)
{
	put_fact(key, json_object_new_int64(value));
}

void fact_text(const char *key, const char *bytes, size_t length)
{
	put_fact(key, json_from_bytes(bytes, length));
}

void fact_inodes(const char *key, const uint64_t *inodes, size_t count)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_int64((int64_t)inodes[i]));
	put_fact(key, array);
}

void fact_pid(void)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_pid", options.as);
	fact_int(key, getpid());
}

/* A flush is about no place in particular. */
void fact_request(const char *op, int64_t offset, int64_t length)
{
	struct json_object *array = json_object_from_file(fact_path("requests"));
	struct json_object *request = json_object_new_object();
	struct timespec now;

	if (!array)
		array = json_object_new_array();
	json_object_object_add(request, "op", json_object_new_string(op));
	json_object_object_add(request, "sector",
			       offset < 0 ? NULL : json_object_new_int64(offset / 512));
	json_object_object_add(request, "bytes", json_object_new_int64(length));
	json_object_array_add(array, request);
	clock_gettime(CLOCK_MONOTONIC, &now);
	json_object_object_add(request, "issued_monotonic_ns",
			       json_object_new_int64(now.tv_sec * 1000000000LL + now.tv_nsec));
	put_fact("requests", array);
}
