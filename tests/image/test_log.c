// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's log says of a device, as kernels keep it since 5.10, and before; and a file system that is frozen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "message_log.h"
#include "run.h"

#define SB_FREEZE_FS	   3
#define SB_FREEZE_COMPLETE 4
#define MS_PER_SEC	   1000

static const char *const kernels[] = {"6.1", "4.19"};

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void build(const char *kernel)
{
	layout = layout_load(LAYOUTS, kernel);
	image = image_create(layout);
	scene = scene_build(image);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static double seconds_at(struct json_object *report, const char *pointer)
{
	struct json_object *value;

	ck_assert_msg(!json_pointer_get(report, pointer, &value), "%s", pointer);
	return json_object_get_double(value);
}

static bool is_found(const char *id)
{
	char *output = run(image, "nbd -c"), text[64];
	bool found;

	snprintf(text, sizeof(text), " %s ", id);
	found = strstr(output, text) != NULL;
	free(output);
	return found;
}

START_TEST(a_message)
{
	struct json_object *report;
	char *output;

	build(kernels[_i]);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/log", 1);
	is_string(report, "/1/log/0/text", SCENE_LOST);
	ck_assert_double_eq_tol(seconds_at(report, "/1/log/0/seconds"), 950.25, 1e-6);
	ck_assert_double_eq_tol(seconds_at(report, "/1/log/0/age_seconds"), 49.75, 1e-6);
	json_object_put(report);
	output = run(image, "nbd -v -d nbd3");
	ck_assert_ptr_nonnull(strstr(output, "  950.250000  49.7 s  " SCENE_LOST "\n"));
	free(output);
	output = run(image, "nbd -d nbd3");
	ck_assert_ptr_null(strstr(output, SCENE_LOST));
	free(output);
}
END_TEST

/* Of a partition, too; not what a program says, nor of a device that is named only in part. */
START_TEST(of_this_device_by_the_kernel)
{
	struct json_object *report;

	build(kernels[_i]);
	message_log_add(image, LOG_USER, 951000, "block nbd3: Wrong magic (0x1)");
	message_log_add(image, LOG_KERN, 952000, "block nbd4: of another");
	message_log_add(image, LOG_KERN, 953000, "xnbd3 _nbd3 nbd99999999999");
	message_log_add(image, LOG_KERN, 953000, "nbd3_x nbd3p nbd3px");
	message_log_add(image, LOG_KERN, 954000, "EXT4-fs (nbd3p1): \033[31m");
	message_log_add(image, LOG_KERN, 955000, "");
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/log", 2);
	is_string(report, "/1/log/0/text", SCENE_LOST);
	is_string(report, "/1/log/1/text", "EXT4-fs (nbd3p1): \\x1b[31m");
	json_object_put(report);
	ck_assert(!is_found("bad-reply"));
}
END_TEST

/* The ring has gone round several times, each time at another place; each message is whole. */
START_TEST(wrapped)
{
	char text[64], pointer[48];
	struct json_object *report, *log;
	size_t n;

	build(kernels[_i]);
	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "block nbd3: message %d %.*s", i, i % 17,
			 "................");
		message_log_add(image, LOG_KERN, 960000 + (unsigned)i, text);
		report = run_report(image);
		has_elements(report, "/0/unreadable", 0);
		ck_assert(!json_pointer_get(report, "/1/log", &log));
		n = json_object_array_length(log);
		ck_assert_uint_ge(n, i < 4 ? 1 : 4);
		snprintf(pointer, sizeof(pointer), "/1/log/%zu/text", n - 1);
		is_string(report, pointer, text);
		json_object_put(report);
	}
}
END_TEST

/* One value of the ring, changed; no message is made up for it. */
static const struct {
	const char *member;
	uint64_t value;
} damages[] = {
	{"desc_ring.count_bits", 0},	 {"desc_ring.count_bits", 40},
	{"desc_ring.descs", 0x10},	 {"desc_ring.infos", 0x10},
	{"desc_ring.head_id", 7},	 {"text_data_ring.size_bits", 0},
	{"text_data_ring.size_bits", 3}, {"text_data_ring.size_bits", 60},
	{"text_data_ring.data", 0x10},
};

static void is_unreadable(void)
{
	struct json_object *report = run_report(image);

	is_null(report, "/1/log");
	is_string(report, "/0/unreadable/0", "the kernel's log could not be read in full");
	json_object_put(report);
}

START_TEST(a_damaged_ring)
{
	build("6.1");
	image_set(image, message_log_of(image), "printk_ringbuffer", damages[_i].member,
		  damages[_i].value);
	is_unreadable();
}
END_TEST

/* The newer messages are told, and that there are others. */
START_TEST(an_older_message_is_unreadable)
{
	struct json_object *report;
	uint64_t desc;

	build("6.1");
	message_log_add(image, LOG_KERN, 960000, "block nbd3: shutting down sockets");
	desc = image_get(image, message_log_of(image), "printk_ringbuffer", "desc_ring.descs");
	image_set(image, desc, "prb_desc", "state_var", 0);
	report = run_report(image);
	has_elements(report, "/1/log", 1);
	is_string(report, "/1/log/0/text", "block nbd3: shutting down sockets");
	is_string(report, "/0/unreadable/0", "the kernel's log could not be read in full");
	json_object_put(report);
}
END_TEST

START_TEST(an_overwritten_message)
{
	uint64_t data, header = 0x77;

	build("6.1");
	data = image_get(image, message_log_of(image), "printk_ringbuffer", "text_data_ring.data");
	image_write(image, data, &header, sizeof(header));
	is_unreadable();
}
END_TEST

/* A record that leads beyond the buffer, and one that leads nowhere. */
START_TEST(a_damaged_record)
{
	static const unsigned lengths[] = {4, 60000};

	build("4.19");
	image_set(image, message_log_of(image), "printk_log", "len", lengths[_i]);
	is_unreadable();
}
END_TEST

/* Of a connection that is lost, and since the device was started. */
START_TEST(nbd_says_why)
{
	static const struct {
		const char *text, *finding;
	} rows[] = {
		{"block nbd3: Wrong magic (0x98bb9967)", "bad-reply"},
		{"block nbd3: Unexpected reply (7) 00000000ef", "bad-reply"},
		{"block nbd3: Send data failed (result -11)", "send-timed-out"},
		{"block nbd3: Send control failed (result -13)", "send-refused"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		build("6.1");
		/* Before the start: with what the machine slept, 5 s. */
		message_log_add(image, LOG_KERN, (SCENE_START - 6) * MS_PER_SEC, rows[i].text);
		image_set(image, scene.nbd_socks[1], "nbd_sock", "dead", 1);
		ck_assert_msg(!is_found(rows[i].finding), "%s", rows[i].text);
		message_log_add(image, LOG_KERN, (SCENE_START + 1) * MS_PER_SEC, rows[i].text);
		ck_assert_msg(is_found(rows[i].finding), "%s", rows[i].text);
		image_set(image, scene.nbd_socks[1], "nbd_sock", "dead", 0);
		ck_assert_msg(!is_found(rows[i].finding), "%s", rows[i].text);
		image_set(image, scene.nbd_socks[1], "nbd_sock", "dead", 1);
		image_set(image, scene.config, "nbd_config", "dbg_dir", 0);
		ck_assert_msg(!is_found(rows[i].finding), "%s", rows[i].text);
		teardown();
	}
	build("6.1");
}
END_TEST

START_TEST(a_frozen_file_system)
{
	struct json_object *report;

	build("6.1");
	extra_mount(&scene);
	image_set(image, scene.ext4, "super_block", "s_writers.frozen", SB_FREEZE_FS);
	ck_assert(!is_found("frozen-filesystem"));
	image_set(image, scene.ext4, "super_block", "s_writers.frozen", SB_FREEZE_COMPLETE);
	ck_assert(is_found("frozen-filesystem"));
	report = run_report(image);
	is_string(report, "/1/openers/0/kind", "mount");
	is_true(report, "/1/openers/0/frozen", true);
	json_object_put(report);
}
END_TEST

TCase *log_case(void)
{
	TCase *tc = tcase_create("log");
	int n = sizeof(kernels) / sizeof(kernels[0]);

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, a_message, 0, n);
	tcase_add_loop_test(tc, of_this_device_by_the_kernel, 0, n);
	tcase_add_loop_test(tc, wrapped, 0, n);
	tcase_add_loop_test(tc, a_damaged_ring, 0, sizeof(damages) / sizeof(damages[0]));
	tcase_add_test(tc, an_older_message_is_unreadable);
	tcase_add_test(tc, an_overwritten_message);
	tcase_add_loop_test(tc, a_damaged_record, 0, 2);
	tcase_add_test(tc, nbd_says_why);
	tcase_add_test(tc, a_frozen_file_system);
	return tc;
}
