// SPDX-License-Identifier: GPL-2.0-or-later
/* Debuginfo that `mod -s` has loaded: whether it belongs to the image, and what it tells of the module's data. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core.h"
#include "extras.h"
#include "image_tests.h"
#include "module_elf.h"
#include "resolve/kernel_types.h"
#include "resolve/module_file.h"
#include "resolve/symbols.h"
#include "run.h"
#include "standin.h"

#define NOT_IN_MEMORY 0xffff888800000000

static const char own_id[20] = "the build of image";
static const char other_id[20] = "the build of others";

static struct layout *layout;
static struct image *image;
static struct scene scene;
static struct extra_sections sections;
static uint64_t idr;
static char *path;

static void set_up(const char *kernel)
{
	layout = layout_load(LAYOUTS, kernel);
	image = image_create(layout);
	scene = scene_build(image);
	extra_module(&scene);
	idr = image_first(image, "idr");
	sections = extra_sections(&scene, own_id, sizeof(own_id));
}

static void setup(void)
{
	/* One whose layouts can be computed, so that a report can do without debuginfo. */
	set_up("5.10");
}

static void forget_file(void)
{
	crash_load_debuginfo(NULL);
	if (path)
		unlink(path);
	free(path);
	path = NULL;
}

static void teardown(void)
{
	crash_filter_symbols(NULL);
	forget_file();
	image_free(image);
	layout_free(layout);
}

static void load(const void *build_id, size_t len)
{
	struct module_elf module = {build_id, len, "nbd_index_idr", idr - sections.data};

	forget_file();
	path = module_elf_write(&module);
	crash_load_debuginfo(path);
}

static void has_source(const char *source, size_t problems)
{
	struct json_object *report = run_report(image);

	is_string(report, "/0/layout_source", source);
	has_elements(report, "/0/unreadable", problems);
	json_object_put(report);
}

START_TEST(debuginfo_of_this_build_is_used)
{
	load(own_id, sizeof(own_id));
	has_source("debuginfo", 0);
}
END_TEST

START_TEST(debuginfo_of_another_build_is_told_and_not_used)
{
	struct json_object *report;
	char expected[512], *output;

	load(other_id, sizeof(other_id));
	report = run_report(image);
	snprintf(expected, sizeof(expected),
		 "the debuginfo that is loaded for nbd is not used: %s is of another build than "
		 "the nbd in this image (its build-id is 746865206275696c64206f66206f746865727300, "
		 "that of the image 746865206275696c64206f6620696d6167650000)",
		 path);
	is_string(report, "/0/unreadable/0", expected);
	is_string(report, "/0/layout_source", "computed");
	has_elements(report, "", 2);
	json_object_put(report);
	/* The beginning of it is not it. */
	load(own_id, sizeof(own_id) - 4);
	has_source("computed", 1);
	/* Where there is nothing else, nothing is said of nbd. */
	image_set(image, scene.nbd_device, "nbd_device", "index", 77);
	output = run(image, "nbd");
	ck_assert_ptr_nonnull(strstr(output, "nbd's structures are unknown: the debuginfo that is "
					     "loaded for nbd is not used: "));
	free(output);
}
END_TEST

/* Nothing is said against debuginfo where one of both has no build-id that can be read. */
START_TEST(without_a_build_id_nothing_is_known)
{
	static const char long_id[65] = "longer than any";
	/* A name, a type and a length that are none of a build-id. */
	static const uint32_t headers[][3] = {{5, 20, 3}, {4, 20, 4}, {4, 65, 3}};
	static const char *const files[] = {"/nonexistent", "/proc/self/cmdline", "/tmp"};
	uint64_t all = image_get(image, scene.module, "module", "sect_attrs");

	load(NULL, 0);
	has_source("debuginfo", 0);
	load(long_id, sizeof(long_id));
	has_source("debuginfo", 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		crash_load_debuginfo(files[i]);
		has_source("debuginfo", 0);
	}

	load(other_id, sizeof(other_id));
	has_source("computed", 1);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		image_write(image, sections.note, headers[i], sizeof(headers[i]));
		has_source("debuginfo", 0);
	}
	image_write(image, sections.note, (uint32_t[]){4, 20, 3}, 12);
	has_source("computed", 1);
	image_write(image, sections.note + 12, "LNU", 4);
	has_source("debuginfo", 0);
	image_write(image, sections.note + 12, "GNU", 4);
	/* Where the list of sections is cut off, and where it leads nowhere. */
	image_set_pointer(image, sections.files, 1, NOT_IN_MEMORY);
	has_source("computed", 1);
	image_set_pointer(image, sections.files, 1, 0);
	has_source("debuginfo", 0);
	image_set(image, all, "module_sect_attrs", "grp.bin_attrs", NOT_IN_MEMORY);
	has_source("debuginfo", 0);
	image_set(image, scene.module, "module", "sect_attrs", 0);
	has_source("debuginfo", 0);
}
END_TEST

/* What crash says of nbd's code then is of the other build, too. */
START_TEST(symbols_of_another_build_are_not_used)
{
	uint64_t start, wrong;
	const char *function;

	wrong = image_code(image, MODULE_CODE, &(size_t){0}) + 8;
	image_symbol(image, "nbd_of_another_build", wrong, 4);
	load(own_id, sizeof(own_id));
	run_open(image);
	ck_assert(num_is(k_symbol("nbd_of_another_build"), wrong));
	function = k_function(wrong + 2, &start);
	ck_assert_str_eq(function, "nbd_of_another_build");
	run_close();

	load(other_id, sizeof(other_id));
	run_open(image);
	ck_assert(!k_symbol("nbd_of_another_build").known);
	ck_assert(k_symbol("nbd_ioctl").known && k_symbol("blk_mq_freeze_queue").known);
	ck_assert(num_is(k_module_has_function("nbd", "nbd_ioctl"), 1));
	ck_assert(num_is(k_module_has_function("nbd", "nbd_of_another_build"), 0));
	function = k_function(wrong + 2, &start);
	ck_assert_str_eq(function, "nbd_add_socket");
	ck_assert_uint_eq(start, wrong - 8);
	run_close();
}
END_TEST

/* Kernels whose lists of sections differ. */
static const char *const kernels[] = {"5.10", "6.6", "6.18"};

static bool hides_the_table(const char *name)
{
	return strcmp(name, "nbd_index_idr") != 0;
}

/* The report names the table as a source of the devices where nbd.so finds it. */
static void has_table(bool expected)
{
	struct json_object *report = run_report(image);

	has_elements(report, "/0/devices_from", expected ? 2 : 1);
	has_elements(report, "", 2);
	json_object_put(report);
}

/* Without CONFIG_KALLSYMS_ALL nobody knows a module's variables, until its file is loaded. */
START_TEST(a_variable_is_where_its_section_is)
{
	static const char *const ids[] = {other_id, NULL, own_id};

	teardown();
	set_up(kernels[_i]);
	extra_kallsyms(&scene, false);
	crash_filter_symbols(hides_the_table);
	has_table(false);
	load(own_id, sizeof(own_id));
	has_table(true);
	/* In the file of another build, or of none that is known, it may be anywhere. */
	for (size_t i = 0; i < 3; i++) {
		if (i == 2)
			image_set_pointer(image, sections.files, 1, NOT_IN_MEMORY);
		load(ids[i], sizeof(own_id));
		run_open(image);
		ck_assert(!k_symbol("nbd_index_idr").known);
		run_close();
	}
	forget_file();
	has_table(false);
}
END_TEST

START_TEST(symbols_of_a_file)
{
	struct module_place place;

	load(own_id, sizeof(own_id));
	ck_assert(module_file_symbol(path, "nbd_index_idr", &place));
	ck_assert_str_eq(place.section, ".data");
	ck_assert_uint_eq(place.offset, idr - sections.data);
	ck_assert(!module_file_symbol(path, "loop", &place));
	ck_assert(!module_file_symbol("/nonexistent", "nbd_index_idr", &place));
	/* Without sections, and cut off in the middle of them. */
	ck_assert(!truncate(path, 64) && !module_file_symbol(path, "nbd_index_idr", &place));
	ck_assert_uint_eq(module_file_build_id(path).len, 0);
	ck_assert(!truncate(path, 10) && !module_file_symbol(path, "nbd_index_idr", &place));
}
END_TEST

TCase *debuginfo_case(void)
{
	TCase *tc = tcase_create("debuginfo");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, debuginfo_of_this_build_is_used);
	tcase_add_test(tc, debuginfo_of_another_build_is_told_and_not_used);
	tcase_add_test(tc, without_a_build_id_nothing_is_known);
	tcase_add_test(tc, symbols_of_another_build_are_not_used);
	tcase_add_loop_test(tc, a_variable_is_where_its_section_is, 0, 3);
	tcase_add_test(tc, symbols_of_a_file);
	return tc;
}
