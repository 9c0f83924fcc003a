// SPDX-License-Identifier: GPL-2.0-or-later
/* Which devices there are: nbd's own table and the kernel's list of block devices, each without the other and against it. */
#include <stdlib.h>

#include "base/limits.h"
#include "extras.h"
#include "generations.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

#define NOT_IN_MEMORY 0xffff888800000000
#define KNODE_DEAD    1
#define PART_SHIFT    5

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
}

static void teardown(void)
{
	crash_filter_symbols(NULL);
	image_free(image);
	layout_free(layout);
}

static bool hides_the_table(const char *name)
{
	return strcmp(name, "nbd_index_idr") != 0;
}

static void says(const char *text)
{
	char *output = run(image, "nbd -a -j");

	ck_assert_msg(strstr(output, text) != NULL, "not \"%s\" but %.2000s", text, output);
	free(output);
}

/* One device more, which is not configured, in the list of block devices alone. */
static uint64_t add_device(unsigned index, uint64_t *nbd_device)
{
	struct kernel_disk disk =
		kernel_disk(&scene.kernel, "nbd9", NBD_MAJOR, index << PART_SHIFT, 1 << PART_SHIFT);

	*nbd_device = image_new(image, "nbd_device");
	image_set(image, disk.gendisk, "gendisk", "private_data", *nbd_device);
	image_set(image, *nbd_device, "nbd_device", "disk", disk.gendisk);
	image_set(image, *nbd_device, "nbd_device", "index", index);
	image_set(image, *nbd_device, "nbd_device", "tag_set.driver_data", *nbd_device);
	kernel_mutex(&scene.kernel, image_at(image, *nbd_device, "nbd_device", "config_lock"));
	return disk.gendisk;
}

/* In every kernel, the report is the same without the symbol of nbd's own table, which says so. */
START_TEST(the_class_alone_tells_the_same)
{
	static const char *const other[] = {"devices_from", NULL};
	const struct generation *g = &generations[_i];
	struct layout *kernel = layout_load(LAYOUTS, g->layout);
	struct scene s;
	struct image *of_kernel = generation_build(kernel, g, &s);
	struct json_object *both = run_report(of_kernel), *alone;
	char *text, *output;

	has_elements(both, "/0/devices_from", 2);
	extra_kallsyms(&s, false);
	crash_filter_symbols(hides_the_table);
	alone = run_report(of_kernel);
	is_string(alone, "/0/devices_from/0", "block_class");
	has_elements(alone, "/0/devices_from", 1);
	text = reports_differ(both, alone, other);
	ck_assert_msg(!text, "%s: %s", g->layout, text);
	output = run(of_kernel, "nbd");
	ck_assert_ptr_nonnull(strstr(output, "\ndevices: as block_class lists them; without "
					     "nbd_index_idr, one that is being added or removed "
					     "may be missing\n"));
	free(output);
	json_object_put(both);
	json_object_put(alone);
	image_free(of_kernel);
	layout_free(kernel);
}
END_TEST

START_TEST(both_tables_are_named)
{
	struct json_object *report = run_report(image);
	char *output;

	is_string(report, "/0/devices_from/0", "nbd_index_idr");
	is_string(report, "/0/devices_from/1", "block_class");
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/unreadable", 0);
	json_object_put(report);
	output = run(image, "nbd");
	ck_assert_ptr_null(strstr(output, "devices: "));
	free(output);
}
END_TEST

START_TEST(a_device_of_the_idr_alone)
{
	struct json_object *report;

	kernel_class_remove(&scene.kernel, kernel_disk_device(&scene.kernel, &scene.disk));
	report = run_report(image);
	has_elements(report, "", 2);
	is_number(report, "/1/index", SCENE_INDEX);
	is_string(report, "/1/unreadable/0",
		  "it is in nbd_index_idr, but not among the kernel's block devices (block_class): "
		  "it is being added or removed, or one of both is damaged");
	json_object_put(report);
	/* Without the idr it is in nothing any more. */
	crash_filter_symbols(hides_the_table);
	says("neither a module of that name");
}
END_TEST

START_TEST(a_device_of_the_class_alone)
{
	struct json_object *report;
	uint64_t nbd_device;

	add_device(9, &nbd_device);
	report = run_report(image);
	has_elements(report, "", 3);
	has_elements(report, "/1/unreadable", 0);
	is_number(report, "/2/index", 9);
	is_address(report, "/2/nbd_device", nbd_device);
	is_string(report, "/2/unreadable/0",
		  "it is among the kernel's block devices (block_class), but not in nbd_index_idr: "
		  "it is being removed, or one of both is damaged");
	json_object_put(report);
	/* A table that cannot be read in full may well have it. */
	image_set(image, image_first(image, "xa_node"), "xa_node", "count", 7);
	report = run_report(image);
	has_elements(report, "", 3);
	has_elements(report, "/2/unreadable", 0);
	is_string(report, "/0/unreadable/0",
		  "nbd_index_idr could not be read in full: devices may be missing");
	is_string(report, "/0/devices_from/0", "block_class");
	json_object_put(report);
}
END_TEST

START_TEST(a_disk_of_another_driver_with_the_same_major)
{
	struct kernel_disk other =
		kernel_disk(&scene.kernel, "other", NBD_MAJOR, 7 << PART_SHIFT, 1 << PART_SHIFT);
	uint64_t lookalike = image_new(image, "nbd_device");
	struct json_object *report;

	/* Private data of nothing, of something, and of an nbd_device that is another disk's. */
	for (int i = 0; i < 4; i++) {
		uint64_t data[] = {0, image_new(image, "inode"), NOT_IN_MEMORY, lookalike};

		image_set(image, other.gendisk, "gendisk", "private_data", data[i]);
		report = run_report(image);
		has_elements(report, "", 2);
		has_elements(report, "/0/unreadable", 1);
		json_object_put(report);
		says(" (other) has nbd's major, and leads to no nbd_device that leads back to it");
	}
	/* What leads back from there must be the whole of it. */
	image_set(image, lookalike, "nbd_device", "disk", other.gendisk);
	says(" (other) has nbd's major");
	image_set(image, lookalike, "nbd_device", "disk", 0);
	image_set(image, lookalike, "nbd_device", "tag_set.driver_data", lookalike);
	says(" (other) has nbd's major");
}
END_TEST

/* The device's index is that of its minors, else its own; what has neither is left out, and said to be. */
START_TEST(the_index_of_a_disk)
{
	uint64_t nbd_device, gendisk = add_device(9, &nbd_device);
	struct json_object *report;

	image_set(image, nbd_device, "nbd_device", "index", 8);
	says("nbd_device.index is 8, yet its disk has it as 9");
	image_set(image, gendisk, "gendisk", "minors", 0);
	report = run_report(image);
	is_number(report, "/2/index", 8);
	json_object_put(report);
	image_set(image, nbd_device, "nbd_device", "index", UINT32_MAX);
	report = run_report(image);
	has_elements(report, "", 2);
	json_object_put(report);
	says("is left out: its index is unknown");
}
END_TEST

/* A disk whose major is damaged is told by its number, and the other way round. */
START_TEST(one_number_is_enough)
{
	uint64_t device = kernel_disk_device(&scene.kernel, &scene.disk);
	struct json_object *report;

	crash_filter_symbols(hides_the_table);
	image_set(image, device, "device", "devt", 0);
	report = run_report(image);
	has_elements(report, "", 2);
	json_object_put(report);
	image_set(image, device, "device", "devt",
		  NBD_MAJOR << MINOR_BITS | SCENE_INDEX << PART_SHIFT);
	image_set(image, scene.disk.gendisk, "gendisk", "major", 1);
	report = run_report(image);
	has_elements(report, "", 2);
	json_object_put(report);
}
END_TEST

/* What klist_del() leaves until a reader lets go of it. */
START_TEST(a_dead_node_is_no_device)
{
	uint64_t device = kernel_disk_device(&scene.kernel, &scene.disk);
	uint64_t private = image_get(image, device, "device", "p");
	struct json_object *report;

	image_set(image, private, "device_private", "knode_class.n_klist",
		  scene.kernel.class_devices | KNODE_DEAD);
	says("it is in nbd_index_idr, but not among the kernel's block devices");
	/* Of a list that it is not in. */
	image_set(image, private, "device_private", "knode_class.n_klist",
		  (scene.kernel.class_devices + 8) | KNODE_DEAD);
	report = run_report(image);
	has_elements(report, "/1/unreadable", 0);
	is_string(report, "/0/unreadable/0",
		  "block_class could not be read in full: nbd_index_idr was not checked against "
		  "it");
	json_object_put(report);
}
END_TEST

/* Where the walk through block_class goes wrong, and what it must not be taken for: fewer devices. */
START_TEST(a_damaged_class_is_told)
{
	struct kernel *k = &scene.kernel;
	uint64_t device = kernel_disk_device(k, &scene.disk);
	uint64_t private = image_get(image, device, "device", "p");
	uint64_t head = image_at(image, k->class_devices, "klist", "k_list");
	uint64_t node = image_at(image, private, "device_private", "knode_class");
	uint64_t links = image_at(image, node, "klist_node", "n_node");
	const struct {
		const char *what, *type, *member;
		uint64_t object, value;
	} damages[] = {
		{"the head leads nowhere", "list_head", "next", head, NOT_IN_MEMORY},
		{"the head leads to 0", "list_head", "next", head, 0},
		{"the list is cut off", "list_head", "next", head, head},
		{"a node is its own next", "list_head", "next", links, links},
		{"a node's way back is another", "list_head", "prev", links, links},
		{"a node is of another list", "klist_node", "n_klist", node, NOT_IN_MEMORY},
		{"no device", "device_private", "device", private, NOT_IN_MEMORY},
		{"a device that is 0", "device_private", "device", private, 0},
		{"another device", "device_private", "device", private, private},
		{"no disk", "block_device", "bd_disk", scene.disk.block_device, NOT_IN_MEMORY},
		{"another disk", "block_device", "bd_disk", scene.disk.block_device,
		 scene.nbd_device},
		{"another block_device", "gendisk", "part0", scene.disk.gendisk, private},
	};

	crash_filter_symbols(hides_the_table);
	/* One that is in order keeps nbd in the image. */
	add_device(9, &(uint64_t){0});
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		uint64_t old =
			image_get(image, damages[i].object, damages[i].type, damages[i].member);
		char *output;

		image_set(image, damages[i].object, damages[i].type, damages[i].member,
			  damages[i].value);
		output = run(image, "nbd -a -j");
		ck_assert_msg(strstr(output, "block_class could not be read in full: devices may "
					     "be missing") ||
				      strstr(output, "neither a module of that name"),
			      "%s: %.2000s", damages[i].what, output);
		free(output);
		image_set(image, damages[i].object, damages[i].type, damages[i].member, old);
	}
}
END_TEST

/* Since 6.4 a class is found among all of them: where that walk goes wrong, no device is there by it. */
START_TEST(a_damaged_list_of_classes_is_told)
{
	static const char *const layouts[] = {"6.6", "7.2"};
	struct layout *kernel = layout_load(LAYOUTS, layouts[_i]);
	struct image *of_kernel = image_create(kernel);
	uint64_t sets, list, first, private;
	struct damage {
		const char *type, *member;
		uint64_t object, value;
	} damages[5];

	scene_build(of_kernel);
	sets = image_first(of_kernel, "kset");
	list = image_at(of_kernel, sets, "kset", "list");
	first = image_get(of_kernel, list, "list_head", "next");
	private = image_container(of_kernel, image_get(of_kernel, list, "list_head", "prev"),
				  "subsys_private", "subsys.kobj.entry");
	damages[0] = (struct damage){"list_head", "next", list, NOT_IN_MEMORY};
	damages[1] = (struct damage){"list_head", "next", list, list};
	damages[2] = (struct damage){"list_head", "next", first, first};
	damages[3] = (struct damage){"list_head", "prev", first, first};
	damages[4] = (struct damage){"subsys_private", "class", private, NOT_IN_MEMORY};
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		uint64_t old = image_get(of_kernel, d->object, d->type, d->member);
		struct json_object *report;

		image_set(of_kernel, d->object, d->type, d->member, d->value);
		report = run_report(of_kernel);
		has_elements(report, "/0/devices_from", 1);
		is_string(report, "/0/devices_from/0", "nbd_index_idr");
		is_string(report, "/0/unreadable/0",
			  "block_class could not be read in full: nbd_index_idr was not checked "
			  "against it");
		has_elements(report, "/1/unreadable", 0);
		json_object_put(report);
		image_set(of_kernel, d->object, d->type, d->member, old);
	}
	image_free(of_kernel);
	layout_free(kernel);
}
END_TEST

/* The commands that name a device, and -d in all its forms. */
START_TEST(devices_are_named_without_the_table)
{
	const struct {
		const char *command, *says;
	} commands[] = {
		{"nbd -d nbd3", "nbd3  nbd_device"},	     {"nbd -d 3", "nbd3  nbd_device"},
		{"nbd -d /dev/nbd3", "nbd3  nbd_device"},    {"file_owner nbd3", "qemu-kvm (4300)"},
		{"file_owner /dev/nbd3", "qemu-kvm (4300)"},
	};
	char *output;

	crash_filter_symbols(hides_the_table);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		output = run(image, "%s", commands[i].command);
		ck_assert_msg(strstr(output, commands[i].says) != NULL, "%s: %s",
			      commands[i].command, output);
		free(output);
	}
	output = run(image, "unix_peer %lx", scene.nbd_socks[0]);
	ck_assert_ptr_nonnull(strstr(output, "nbd3"));
	free(output);
}
END_TEST

/* A computed layout must fit the disks, where nbd's own table is unknown. */
START_TEST(computed_layouts_are_tried_by_the_disks)
{
	struct layout *kernel = layout_load(LAYOUTS, "5.10");
	struct image *of_kernel = image_create(kernel);
	struct scene s = scene_build(of_kernel);
	uint64_t gendisk = s.disk.gendisk;
	const struct {
		const char *member, *says;
		uint64_t value;
	} changes[] = {
		{"minors", "(nbd96: index is not that of its disk's minors)", 1},
		{"minors", "(nbd0: its gendisk could not be read)", 0},
		{"private_data", "(nbd3: its gendisk could not be read)", 0},
		{"private_data", "(nbd3: disk is not the gendisk that leads to this nbd_device)",
		 s.config},
	};

	extra_module(&s);
	extra_kallsyms(&s, false);
	image_without_nbd_debuginfo(of_kernel);
	crash_filter_symbols(hides_the_table);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint64_t old = image_get(of_kernel, gendisk, "gendisk", changes[i].member);
		char *output;

		image_set(of_kernel, gendisk, "gendisk", changes[i].member, changes[i].value);
		output = run(of_kernel, "nbd");
		ck_assert_msg(strstr(output, changes[i].says) != NULL, "not %s but %s",
			      changes[i].says, output);
		ck_assert_ptr_nonnull(strstr(output, "so that mod -s cannot load its debuginfo"));
		ck_assert_ptr_null(strstr(output, "Try: mod -s"));
		free(output);
		image_set(of_kernel, gendisk, "gendisk", changes[i].member, old);
	}
	image_free(of_kernel);
	layout_free(kernel);
}
END_TEST

TCase *devices_case(void)
{
	TCase *tc = tcase_create("devices");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_class_alone_tells_the_same, 0, (int)n_with_config);
	tcase_add_test(tc, both_tables_are_named);
	tcase_add_test(tc, a_device_of_the_idr_alone);
	tcase_add_test(tc, a_device_of_the_class_alone);
	tcase_add_test(tc, a_disk_of_another_driver_with_the_same_major);
	tcase_add_test(tc, the_index_of_a_disk);
	tcase_add_test(tc, one_number_is_enough);
	tcase_add_test(tc, a_dead_node_is_no_device);
	tcase_add_test(tc, a_damaged_class_is_told);
	tcase_add_loop_test(tc, a_damaged_list_of_classes_is_told, 0, 2);
	tcase_add_test(tc, devices_are_named_without_the_table);
	tcase_add_test(tc, computed_layouts_are_tried_by_the_disks);
	return tc;
}
