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

/* Both say the same, but for these keys of the first line. */
static void are_the_same(struct lines a, struct lines b, const char *const *other)
{
	ck_assert_uint_eq(a.n, b.n);
	for (; *other; other++) {
		json_object_object_del(a.v[0], *other);
		json_object_object_del(b.v[0], *other);
	}
	for (size_t i = 0; i < a.n; i++)
		ck_assert_msg(json_object_equal(a.v[i], b.v[i]), "line %zu differs", i + 1);
}

static size_t n_devices_from(const struct lines *lines)
{
	return json_object_array_length(at(lines->v[0], "/devices_from"));
}

START_TEST(every_layout_source_gives_the_same_report)
{
	static const char *const same[] = {"layout_source", NULL};
	static const char *const table[] = {
		"layout_source", "devices_from",   "reads", "bytes_read",
		"reads_for",	 "bytes_read_for", NULL};
	struct lines without = output_lines("nbd-j"), with = output_lines("nbd-j-debuginfo");
	bool finds_table = n_devices_from(&without) == 1 && !getenv("E2E_NO_MODULES");

	/* Without CONFIG_KALLSYMS_ALL only debuginfo tells where nbd's own table of devices is. */
	if (finds_table)
		ck_assert_uint_eq(n_devices_from(&with), 2);
	are_the_same(without, with, finds_table ? table : same);
}
END_TEST

/* Debuginfo of another build of nbd changes nothing, and that is said. */
START_TEST(debuginfo_of_another_build_is_not_used)
{
	static const char *const said[] = {"unreadable", "reads",	   "bytes_read",
					   "reads_for",	 "bytes_read_for", NULL};
	struct lines without = output_lines("nbd-j"), with = output_lines("nbd-j-other-build");

	if (!getenv("E2E_NO_MODULES"))
		ck_has(string_at(with.v[0], "/unreadable/0"),
		       "other-nbd.ko.debug is of another build than the nbd in this image");
	are_the_same(without, with, said);
}
END_TEST

/* In a crash that has no modules, nothing of nbd is missing. */
START_TEST(without_modules_the_report_is_the_same)
{
	static const char *const other[] = {"reads", "bytes_read", "reads_for", "bytes_read_for",
					    NULL};

	are_the_same(output_lines("nbd-a-j"), output_lines("no-modules-a-j"), other);
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
	tcase_add_test(c, debuginfo_of_another_build_is_not_used);
	tcase_add_test(c, without_modules_the_report_is_the_same);
	tcase_add_test(c, a_second_run_says_the_same);
	return c;
}
