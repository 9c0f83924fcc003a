// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as a whole: which devices, how far the search went, and that it is the same whatever the
 * layouts came from. */
#include <string.h>

#include "e2e.h"

/* Kernel threads come and go between the guest's record and its end. */
#define TASKS_THAT_CAME_OR_WENT 8

START_TEST(kernel)
{
	int64_t tasks = 1; /* swapper/0, which /proc does not show */
	json *processes = at(truth(), "/processes"), *k = kernel_line();

	for (size_t p = 0; p < json_object_array_length(processes); p++)
		tasks += (int64_t)length_at(json_object_array_get_idx(processes, p), "/threads");
	ck_assert_str_eq(string_at(k, "/release"), string_at(truth(), "/kernel"));
	ck_assert_str_eq(string_at(k, "/machine"), getenv("E2E_MACHINE"));
	ck_assert_int_le(llabs(int_at(k, "/tasks_walked") - tasks), TASKS_THAT_CAME_OR_WENT);
	ck_assert_int_eq(int_at(k, "/tasks_unreadable"), 0);
	ck_assert_int_eq(int_at(k, "/tables_unreadable"), 0);
	ck_assert_int_gt(int_at(k, "/tables_scanned"), (int64_t)scene_count());
	ck_assert_uint_eq(length_at(k, "/unreadable"), keeps_variables() ? 0 : 1);
}
END_TEST

/* Exactly the devices of the scenes are configured, and -a adds all others. */
START_TEST(devices)
{
	struct lines configured = output_lines("nbd-j"), all = output_lines("nbd-a-j");
	size_t expected = 0;

	json_object_object_foreach(at(truth(), "/devices"), name, facts)
	{
		(void)name;
		(void)facts;
		expected++;
	}
	ck_assert_uint_eq(configured.n, 1 + scene_count());
	ck_assert_uint_eq(all.n, 1 + expected);
	for (size_t i = 1; i < all.n; i++) {
		json *dev = all.v[i];
		json *sys = at(truth(), "/devices/%s", string_at(dev, "/name"));

		ck_assert_msg(sys != NULL, "the guest has no %s", string_at(dev, "/name"));
		ck_assert_int_eq(int_at(dev, "/index"), (int64_t)i - 1);
		ck_assert_int_eq(int_at(dev, "/capacity_bytes"), int_at(sys, "/sectors") * 512);
		ck_assert_int_eq(at(dev, "/config") != NULL, at(sys, "/pid") != NULL);
		ck_assert_int_eq(at(dev, "/num_connections") != NULL, at(sys, "/pid") != NULL);
	}
}
END_TEST

/* Debuginfo that is loaded in the middle of a session counts from then on. */
START_TEST(layout_source)
{
	static const char *const without_debuginfo[] = {"nbd-j", "nbd-j-before"};
	struct lines with_debuginfo = output_lines("nbd-j-debuginfo");

	for (int i = 0; i < 2; i++) {
		struct lines lines = output_lines(without_debuginfo[i]);

		ck_assert_str_eq(string_at(lines.v[0], "/layout_source"), getenv("E2E_LAYOUT"));
	}
	/* Where crash has no modules, it loads no debuginfo of theirs. */
	ck_assert_str_eq(string_at(with_debuginfo.v[0], "/layout_source"),
			 getenv("E2E_NO_MODULES") ? getenv("E2E_LAYOUT") : "debuginfo");
}
END_TEST

START_TEST(text_names_the_layout_source)
{
	bool btf = !strcmp(getenv("E2E_LAYOUT"), "btf");

	ck_has(output("nbd-a"),
	       btf ? "\nnbd's structures: from BTF in the image\n"
		   : "\nnbd's structures: computed from the order of their members\n");
}
END_TEST

static void without_layout_source(json *line)
{
	json_object_object_del(line, "layout_source");
}

START_TEST(every_layout_source_gives_the_same_report)
{
	struct lines without = output_lines("nbd-j"), with = output_lines("nbd-j-debuginfo");

	ck_assert_uint_eq(without.n, with.n);
	without_layout_source(without.v[0]);
	without_layout_source(with.v[0]);
	for (size_t i = 0; i < without.n; i++)
		ck_assert_msg(json_object_equal(without.v[i], with.v[i]), "line %zu differs",
			      i + 1);
}
END_TEST

/* In a crash that has no modules, nothing of nbd is missing. */
START_TEST(without_modules_the_report_is_the_same)
{
	struct lines with = output_lines("nbd-a-j"), without = output_lines("no-modules-a-j");
	static const char *const other[] = {"devices_from", "reads", "bytes_read"};

	ck_assert_uint_eq(without.n, with.n);
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		json_object_object_del(with.v[0], other[i]);
		json_object_object_del(without.v[0], other[i]);
	}
	for (size_t i = 0; i < without.n; i++)
		ck_assert_msg(json_object_equal(without.v[i], with.v[i]), "line %zu differs",
			      i + 1);
	ck_assert_str_eq(output("no-modules-file_owner-nbd101"), output("file_owner-nbd101"));
	ck_assert_str_eq(output("no-modules-unix_peer-stdin"), output("unix_peer-stdin"));
}
END_TEST

/* Nothing that a command leaves behind changes what the next one says. */
START_TEST(a_second_run_says_the_same)
{
	ck_assert_str_eq(output("nbd-j"), output("nbd-j-again"));
}
END_TEST

TCase *sources_case(void)
{
	TCase *c = tcase_create("report");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, kernel);
	tcase_add_test(c, devices);
	tcase_add_test(c, layout_source);
	tcase_add_test(c, text_names_the_layout_source);
	tcase_add_test(c, every_layout_source_gives_the_same_report);
	tcase_add_test(c, without_modules_the_report_is_the_same);
	tcase_add_test(c, a_second_run_says_the_same);
	return c;
}
