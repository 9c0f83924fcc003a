// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* RTLD_NEXT */
#include "no_memory.h"

#include <dlfcn.h>
#include <json-c/json.h>
#include <stdbool.h>

static unsigned long fails_from, asked;

void no_memory_from(unsigned long n)
{
	fails_from = n;
	asked = 0;
}

unsigned long no_memory_asked(void)
{
	return asked;
}

static bool fails(void)
{
	return ++asked >= fails_from && fails_from;
}

/* json-c's own function of that name. */
#define OF_THE_LIBRARY(function) ((__typeof__(&(function)))dlsym(RTLD_NEXT, #function))

struct json_object *json_object_new_object(void)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_new_object)();
}

struct json_object *json_object_new_array(void)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_new_array)();
}

struct json_object *json_object_new_int64(int64_t value)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_new_int64)(value);
}

struct json_object *json_object_new_boolean(json_bool value)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_new_boolean)(value);
}

struct json_object *json_object_new_string(const char *value)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_new_string)(value);
}

struct json_object *json_object_new_double_s(double value, const char *text)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_new_double_s)(value, text);
}

int json_object_object_add(struct json_object *object, const char *key, struct json_object *value)
{
	return fails() ? -1 : OF_THE_LIBRARY(json_object_object_add)(object, key, value);
}

int json_object_array_add(struct json_object *array, struct json_object *value)
{
	return fails() ? -1 : OF_THE_LIBRARY(json_object_array_add)(array, value);
}

const char *json_object_to_json_string_ext(struct json_object *object, int flags)
{
	return fails() ? NULL : OF_THE_LIBRARY(json_object_to_json_string_ext)(object, flags);
}
