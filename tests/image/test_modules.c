// SPDX-License-Identifier: GPL-2.0-or-later
/* A crash that has no modules: what nbd.so asks of it comes from the module's own table of symbols. */
#include <elf.h>
#include <stdlib.h>

#include "base/limits.h"
#include "core.h"
#include "extras.h"
#include "generations.h"
#include "image_tests.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"
#include "run.h"
#include "standin.h"

#define NOT_IN_MEMORY 0xffff888800000000

static struct layout *layout;
static struct image *image;
static struct scene scene;

static bool hides_nbd(const char *name)
{
	return strncmp(name, "nbd", 3) != 0;
}

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	extra_module(&scene);
	crash_filter_symbols(hides_nbd);
}

static void teardown(void)
{
	crash_filter_symbols(NULL);
	image_free(image);
	layout_free(layout);
}

/* The report of a kernel, and the same of a crash without modules. */
static void is_the_same(const struct generation *g, bool all, const char *const *other)
{
	struct layout *kernel = layout_load(LAYOUTS, g->layout);
	struct scene s;
	struct image *of_kernel = generation_build(kernel, g, &s);
	struct json_object *with, *without;
	char *text;

	crash_filter_symbols(NULL);
	with = run_report(of_kernel);
	extra_kallsyms(&s, all);
	crash_filter_symbols(hides_nbd);
	without = run_report(of_kernel);
	text = reports_differ(with, without, other);
	ck_assert_msg(!text, "%s: %s", g->layout, text);
	json_object_put(with);
	json_object_put(without);
	image_free(of_kernel);
	layout_free(kernel);
}

START_TEST(the_report_is_the_same_without_modules)
{
	is_the_same(&generations[_i], true, NULL);
}
END_TEST

/* Without CONFIG_KALLSYMS_ALL there is no nbd_index_idr. */
START_TEST(the_report_is_the_same_with_functions_alone)
{
	static const char *const other[] = {"devices_from", NULL};

	is_the_same(&generations[_i], false, other);
}
END_TEST

/* What these tables are for. */
START_TEST(without_any_table_less_is_known)
{
	struct json_object *report = run_report(image);

	is_string(report, "/1/attach/set_sock/result", "hangs");
	json_object_put(report);
	image_set(image, scene.module, "module", "kallsyms", 0);
	report = run_report(image);
	is_null(report, "/1/attach/set_sock/result");
	json_object_put(report);
}
END_TEST

static uint64_t address_of(const char *name)
{
	uint64_t addr;

	for (size_t i = 0;; i++) {
		const char *found = image_symbol_name(image, i, &addr);

		ck_assert_ptr_nonnull(found);
		if (!strcmp(found, name))
			return addr;
	}
}

static void is_function(uint64_t addr, const char *name)
{
	uint64_t start;
	const char *found = k_function(addr, &start);

	if (!name) {
		ck_assert_msg(!found && !start, "%s", found);
		return;
	}
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found, name);
	ck_assert_uint_eq(start, address_of(name));
}

START_TEST(symbols_of_the_table)
{
	uint64_t ioctl = address_of("nbd_ioctl"), cleanup = address_of("nbd_cleanup"), kernel;

	kernel = address_of("blk_mq_freeze_queue");
	run_open(image);
	ck_assert(num_is(k_symbol("nbd_ioctl"), ioctl));
	ck_assert(num_is(k_symbol("nbd_index_idr"), address_of("nbd_index_idr")));
	ck_assert(num_is(k_symbol("blk_mq_freeze_queue"), kernel));
	ck_assert(!k_symbol("nbd_nothing").known && !k_symbol("").known);
	is_function(ioctl, "nbd_ioctl");
	is_function(ioctl + 255, "nbd_ioctl");
	is_function(cleanup + 4095, "nbd_cleanup");
	is_function(kernel + 3, "blk_mq_freeze_queue");
	/* The tables themselves lie behind the code; and nothing before it. */
	is_function(cleanup + 4096 + 64, NULL);
	is_function(address_of("nbd_add_socket") - 1, NULL);
	is_function(address_of("nbd_index_idr"), NULL);
	ck_assert(num_is(k_module_has_function("nbd", "nbd_ioctl"), 1));
	ck_assert(num_is(k_module_has_function("nbd", "nbd_open"), 0));
	/* Another's, or of no module that there is. */
	ck_assert(!k_module_has_function("nbd", "blk_mq_freeze_queue").known);
	ck_assert(!k_module_has_function("loop", "nbd_open").known);
	run_close();
}
END_TEST

/* Entries that are none, as the kernel itself passes over them. */
START_TEST(entries_that_are_no_symbols)
{
	uint64_t symtab = image_get(image, scene.module, "module", "core_kallsyms.symtab");
	uint64_t ioctl = address_of("nbd_ioctl");
	Elf64_Sym undefined = {.st_name = 1, .st_value = ioctl + 16};
	Elf64_Sym nameless = {.st_shndx = 1, .st_value = ioctl + 32};
	uint64_t n = image_get(image, scene.module, "module", "core_kallsyms.num_symtab");

	/* In place of the last two, which are nbd_index_idr's and nbd_cleanup's neighbours or they. */
	image_write(image, symtab + (n - 1) * sizeof(undefined), &undefined, sizeof(undefined));
	image_write(image, symtab + (n - 2) * sizeof(nameless), &nameless, sizeof(nameless));
	run_open(image);
	is_function(ioctl + 40, "nbd_ioctl");
	run_close();
}
END_TEST

/* Where the table cannot be read in full, that it has no such function proves nothing. */
START_TEST(a_damaged_table_proves_nothing)
{
	uint64_t table = image_at(image, scene.module, "module", "core_kallsyms");
	uint64_t symtab = image_get(image, table, "mod_kallsyms", "symtab");
	uint64_t strtab = image_get(image, table, "mod_kallsyms", "strtab");
	uint32_t unended =
		(uint32_t)(image_get(image, table, "mod_kallsyms", "typetab") - strtab + 1);
	const struct {
		const char *what, *member;
		uint64_t value;
	} damages[] = {
		{"no symtab", "symtab", 0},
		{"symtab is nowhere", "symtab", NOT_IN_MEMORY},
		{"symtab is other memory", "symtab", scene.nbd_device},
		{"no symbols", "num_symtab", 0},
		{"too many symbols", "num_symtab", 1 << 16},
		{"far too many symbols", "num_symtab", UINT32_MAX},
		{"no strtab", "strtab", 0},
		{"strtab is other memory", "strtab", scene.nbd_device},
		{"names behind the module", "strtab", symtab + (1 << 20)},
		{"no typetab", "typetab", 0},
		{"typetab is nowhere", "typetab", NOT_IN_MEMORY},
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		uint64_t old = image_get(image, table, "mod_kallsyms", damages[i].member);

		image_set(image, table, "mod_kallsyms", damages[i].member, damages[i].value);
		run_open(image);
		ck_assert_msg(!k_symbol("nbd_ioctl").known, "%s", damages[i].what);
		ck_assert_msg(!k_module_has_function("nbd", "nbd_open").known, "%s",
			      damages[i].what);
		is_function(address_of("nbd_ioctl"), NULL);
		run_close();
		image_set(image, table, "mod_kallsyms", damages[i].member, old);
	}
	/* A name that begins behind the module's memory, or does not end. */
	image_write(image, symtab + sizeof(Elf64_Sym), &(uint32_t){1 << 24}, sizeof(uint32_t));
	run_open(image);
	ck_assert(!k_module_has_function("nbd", "nbd_open").known);
	run_close();
	/* The types are the last of the module's memory. */
	image_write(image, symtab + sizeof(Elf64_Sym), &unended, sizeof(unended));
	run_open(image);
	ck_assert(!k_module_has_function("nbd", "nbd_open").known);
	ck_assert(num_is(k_symbol("nbd_ioctl"), address_of("nbd_ioctl")));
	run_close();
	image_write(image, symtab + sizeof(Elf64_Sym), &(uint32_t){0}, sizeof(uint32_t));
	run_open(image);
	ck_assert(num_is(k_module_has_function("nbd", "nbd_open"), 0));
	run_close();
	image_cut(image, strtab, 1);
	run_open(image);
	ck_assert(!k_module_has_function("nbd", "nbd_open").known);
	run_close();
}
END_TEST

/* "mod -s" of a kernel without CONFIG_KALLSYMS_ALL leaves them where they are in their section. */
START_TEST(a_symbol_at_no_address_is_unknown)
{
	struct json_object *report;

	crash_filter_symbols(NULL);
	image_symbol(image, "loop_index_idr", 0x50, 8);
	run_open(image);
	ck_assert(!k_symbol("loop_index_idr").known);
	ck_assert(k_symbol("nbd_index_idr").known);
	run_close();
	report = run_report(image);
	has_elements(report, "/0/devices_from", 2);
	json_object_put(report);
}
END_TEST

/* What was read to find the layouts is read again: a report counts the same reads, first or not. */
START_TEST(the_second_report_is_the_first)
{
	char *first, *second;

	run_open(image);
	first = crash_run("nbd -j");
	second = crash_run("nbd -j");
	ck_assert_int_eq(*first, '{');
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
	run_close();
}
END_TEST

/* One more module, of which nothing is known but that it is there. */
static uint64_t add_module(const char *name)
{
	uint64_t module = image_new(image, "module");

	image_set_text(image, module, "module", "name", name);
	image_list_add(image, address_of("modules"), image_at(image, module, "module", "list"));
	return module;
}

START_TEST(a_name_of_two_modules_is_the_first_ones)
{
	uint64_t other = add_module("other"), start, symtab, strtab, typetab;
	uint64_t table = image_at(image, other, "module", "core_kallsyms");
	Elf64_Sym symbols[] = {{.st_name = 1, .st_shndx = 1, .st_value = NOT_IN_MEMORY},
			       {.st_name = 11, .st_shndx = 1, .st_value = NOT_IN_MEMORY}};
	size_t size;

	symtab = image_module_data(image, sizeof(symbols));
	strtab = image_module_data(image, 64);
	typetab = image_module_data(image, 64);
	start = image_code(image, MODULE_CODE, &size);
	image_write(image, symtab, symbols, sizeof(symbols));
	image_write(image, strtab, "\0nbd_ioctl\0nbd_other", 21);
	image_write(image, typetab, "dd", 2);
	image_set(image, other, "module", "core_layout.base", start);
	image_set(image, other, "module", "core_layout.size", size);
	image_set(image, other, "module", "kallsyms", table);
	image_set(image, table, "mod_kallsyms", "symtab", symtab);
	image_set(image, table, "mod_kallsyms", "num_symtab", 2);
	image_set(image, table, "mod_kallsyms", "strtab", strtab);
	image_set(image, table, "mod_kallsyms", "typetab", typetab);
	run_open(image);
	ck_assert(num_is(k_symbol("nbd_ioctl"), address_of("nbd_ioctl")));
	ck_assert(num_is(k_symbol("nbd_other"), NOT_IN_MEMORY));
	run_close();
}
END_TEST

/* Neither crash nor the module's table has its variables. */
START_TEST(loop_devices_without_symbols)
{
	struct kernel *k = &scene.kernel;
	struct kernel_disk disk = kernel_disk(k, "loop2", LOOP_MAJOR, 2, 1);
	uint64_t loop = image_array(image, "ptr", 64), node = image_new(image, "inode"), file;
	struct json_object *report;

	kernel_inode(k, node);
	file = kernel_file(k, kernel_dentry(k, k->dev_directory, "nbd3", node), node, k->device_ops,
			   scene.disk.inode, 1);
	kernel_disk_open(k, &scene.disk);
	image_set_pointer(image, loop, 11, file);
	image_set(image, disk.gendisk, "gendisk", "private_data", loop);
	/* Without the module there is nothing to look for. */
	report = run_report(image);
	is_number(report, "/1/openers_found", 1);
	has_elements(report, "/0/unreadable", 0);
	json_object_put(report);
	add_module("loop");
	report = run_report(image);
	is_number(report, "/1/openers_found", 2);
	is_string(report, "/1/openers/0/kind", "kernel");
	is_string(report, "/1/openers/0/what", "loop2 (on nbd3)");
	has_elements(report, "/0/unreadable", 0);
	json_object_put(report);
	image_set(image, disk.gendisk, "gendisk", "minors", 0);
	report = run_report(image);
	is_number(report, "/1/openers_found", 1);
	is_string(report, "/0/unreadable/0",
		  "not all loop devices could be read: files below them may be missing");
	json_object_put(report);
}
END_TEST

TCase *modules_case(void)
{
	TCase *tc = tcase_create("modules");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, the_report_is_the_same_without_modules, 0, (int)n_with_config);
	tcase_add_loop_test(tc, the_report_is_the_same_with_functions_alone, 0, (int)n_with_config);
	tcase_add_test(tc, without_any_table_less_is_known);
	tcase_add_test(tc, symbols_of_the_table);
	tcase_add_test(tc, entries_that_are_no_symbols);
	tcase_add_test(tc, a_damaged_table_proves_nothing);
	tcase_add_test(tc, a_name_of_two_modules_is_the_first_ones);
	tcase_add_test(tc, the_second_report_is_the_first);
	tcase_add_test(tc, loop_devices_without_symbols);
	tcase_add_test(tc, a_symbol_at_no_address_is_unknown);
	return tc;
}
