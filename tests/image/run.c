// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "resolve/kernel_types.h"
#include "standin.h"

#define MAX_COMMAND 256

char *run(struct image *image, const char *format, ...)
{
	char command[MAX_COMMAND], *output;
	struct core *core;
	size_t size;
	void *elf = image_elf(image, &size);
	va_list list;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	core = core_open(elf, size);
	ck_assert_ptr_nonnull(core);
	crash_open(core);
	output = crash_run(command);
	crash_close();
	core_close(core);
	free(elf);
	return output;
}

static struct core *opened;
static void *opened_elf;

void run_open(struct image *image)
{
	size_t size;

	opened_elf = image_elf(image, &size);
	opened = core_open(opened_elf, size);
	crash_open(opened);
	k_begin();
}

void run_close(void)
{
	k_end();
	crash_close();
	core_close(opened);
	free(opened_elf);
}

struct json_object *json_lines(const char *output)
{
	struct json_object *lines = json_object_new_array();
	struct json_tokener *tokener = json_tokener_new();

	for (const char *line = output; *line; line += strcspn(line, "\n") + 1) {
		struct json_object *o =
			json_tokener_parse_ex(tokener, line, (int)strcspn(line, "\n"));

		ck_assert_msg(o, "no JSON: %s", line);
		json_object_array_add(lines, o);
		json_tokener_reset(tokener);
	}
	json_tokener_free(tokener);
	return lines;
}

struct json_object *run_report(struct image *image)
{
	char *output = run(image, "nbd -a -j");
	struct json_object *lines = json_lines(output);

	free(output);
	return lines;
}

static struct json_object *get(struct json_object *json, const char *pointer)
{
	struct json_object *value = NULL;

	ck_assert_msg(!json_pointer_get(json, pointer, &value), "no %s in %s", pointer,
		      json_object_to_json_string(json));
	return value;
}

static struct json_object *get_as(struct json_object *json, const char *pointer,
				  enum json_type type)
{
	struct json_object *value = get(json, pointer);

	ck_assert_msg(json_object_is_type(value, type), "%s is %s", pointer,
		      json_object_to_json_string(value));
	return value;
}

void is_string(struct json_object *json, const char *pointer, const char *expected)
{
	const char *found = json_object_get_string(get_as(json, pointer, json_type_string));

	ck_assert_msg(!strcmp(found, expected), "%s is %s, not %s", pointer, found, expected);
}

void is_number(struct json_object *json, const char *pointer, long long expected)
{
	long long found = json_object_get_int64(get_as(json, pointer, json_type_int));

	ck_assert_msg(found == expected, "%s is %lld, not %lld", pointer, found, expected);
}

void is_address(struct json_object *json, const char *pointer, uint64_t expected)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, expected);
	is_string(json, pointer, text);
}

void is_true(struct json_object *json, const char *pointer, bool expected)
{
	bool found = json_object_get_boolean(get_as(json, pointer, json_type_boolean));

	ck_assert_msg(found == expected, "%s is %d", pointer, found);
}

void is_null(struct json_object *json, const char *pointer)
{
	get_as(json, pointer, json_type_null);
}

void has_elements(struct json_object *json, const char *pointer, size_t n)
{
	size_t found = json_object_array_length(get_as(json, pointer, json_type_array));

	ck_assert_msg(found == n, "%s has %zu elements, not %zu", pointer, found, n);
}

uint64_t image_first(struct image *image, const char *type)
{
	const struct image_object *objects;
	size_t n, i = 0;

	objects = image_objects(image, &n);
	while (i < n && strcmp(objects[i].what, type))
		i++;
	ck_assert_uint_lt(i, n);
	return objects[i].addr;
}
