// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <string.h>

#include "arena.h"
#include "nbd_json.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;

static void setup(void)
{
	report = sample_report();
	dev = sample_device(report, 101, 2, "/run/a.sock");
}

/* The value at a JSON pointer of the device's line, as JSON text. */
static const char *value(const char *pointer)
{
	struct json_object *o = json_tokener_parse(json_device_line(report, dev)), *found;
	const char *text = "absent";

	ck_assert_ptr_nonnull(o);
	if (!json_pointer_get(o, pointer, &found))
		text = json_object_to_json_string_ext(
			found, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	text = arena_strndup(text, strlen(text));
	json_object_put(o);
	return text;
}

START_TEST(values_arrive)
{
	ck_assert_str_eq(value("/name"), "\"nbd101\"");
	ck_assert_str_eq(value("/nbd_device"), "\"0xffff000011065000\"");
	ck_assert_str_eq(value("/runtime_flags/value"), "8");
	ck_assert_str_eq(value("/runtime_flags/names"), "[\"HAS_PID_FILE\"]");
	ck_assert_str_eq(value("/num_connections"), "2");
	ck_assert_str_eq(value("/dead_connections"), "0");
	ck_assert_str_eq(value("/connections/1/index"), "1");
	ck_assert_str_eq(value("/connections/1/dead"), "false");
	ck_assert_str_eq(value("/connections/1/family"), "\"unix\"");
	ck_assert_str_eq(value("/connections/1/state"), "\"ESTABLISHED\"");
	ck_assert_str_eq(value("/connections/1/file_refs"), "1");
	ck_assert_str_eq(value("/connections/1/file_refs_explained"), "1");
	ck_assert_str_eq(value("/connections/1/owners"), "[]");
	ck_assert_str_eq(value("/connections/1/holders/0/what"), "\"nbd101 connection 1\"");
	ck_assert_str_eq(value("/connections/1/remote"), "\"/run/a.sock\"");
	ck_assert_str_eq(value("/connections/1/peer/status"), "\"open\"");
	ck_assert_str_eq(value("/connections/1/peer/owners/0/fd"), "6");
	ck_assert_str_eq(value("/connections/1/peer/owners/0/comm"), "\"gMgr\"");
}
END_TEST

START_TEST(unknown_is_null_and_present)
{
	static const char *const pointers[] = {
		"/config_refs",
		"/runtime_flags",
		"/num_connections",
		"/live_connections",
		"/capacity_bytes",
		"/connections/0/dead",
		"/connections/0/state",
		"/connections/0/shutdown",
		"/connections/0/inode",
		"/connections/0/send_queue_bytes",
		"/connections/0/file",
		"/connections/0/file_refs",
		"/connections/0/local",
		"/connections/0/peer",
		"/requests",
		"/openers",
		"/waiters",
		"/attach",
		"/findings",
	};
	struct connection *c = &dev->conns[0];

	dev->config_refs = dev->runtime_flags = dev->num_connections = NUM_UNKNOWN;
	dev->live_connections = dev->capacity_bytes = NUM_UNKNOWN;
	c->dead = NUM_UNKNOWN;
	memset(c->sock, 0, sizeof(*c->sock));
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		ck_assert_msg(!strcmp(value(pointers[i]), "null"), "%s is %s", pointers[i],
			      value(pointers[i]));
}
END_TEST

START_TEST(exited_is_said_only_of_a_whole_task_list)
{
	ck_assert_str_eq(value("/recv_task/state"), "\"live\"");
	ck_assert_str_eq(value("/setup_task/state"), "\"exited\"");
	report->tasks.unreadable = 1;
	ck_assert_str_eq(value("/setup_task/state"), "null");
	dev->task_setup = NUM(0);
	ck_assert_str_eq(value("/setup_task"), "null");
}
END_TEST

START_TEST(hostile_names_stay_one_line)
{
	memcpy(report->tasks.v[1].comm, "a\"\n\x1b\\", 6);
	ck_assert_ptr_null(strchr(json_device_line(report, dev), '\n'));
	ck_assert_str_eq(value("/connections/0/peer/owners/0/comm"),
			 "\"a\\\"\\\\x0a\\\\x1b\\\\\\\\\"");
}
END_TEST

START_TEST(kernel_line)
{
	struct json_object *o = json_tokener_parse(json_kernel_line(report));

	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "schema")),
			 "crash-nbd/1");
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "layout_source")),
			 "debuginfo");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "tables_scanned")), 2);
	json_object_put(o);
}
END_TEST

TCase *json_case(void)
{
	TCase *c = tcase_create("json");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, values_arrive);
	tcase_add_test(c, unknown_is_null_and_present);
	tcase_add_test(c, exited_is_said_only_of_a_whole_task_list);
	tcase_add_test(c, hostile_names_stay_one_line);
	tcase_add_test(c, kernel_line);
	return c;
}
