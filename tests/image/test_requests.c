// SPDX-License-Identifier: GPL-2.0-or-later
/* What the report says of a request, by the values in its structures. */
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"

#define NS_PER_SEC 1000000000ull
#define TICKS	   250
#define DEADLINE   30 /* seconds of a request's timeout */

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	/* nbd's code tells that it marks requests that were sent. */
	extra_module(&scene);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static uint64_t command(void)
{
	return scene.request + image_sizeof(image, "request");
}

static uint64_t tag_set(void)
{
	return image_at(image, scene.nbd_device, "nbd_device", "tag_set");
}

/* Of the first queue: the first pointer of an array. */
static uint64_t tags(void)
{
	return image_get(image, image_get(image, tag_set(), "blk_mq_tag_set", "tags"), "list_head",
			 "next");
}

static uint64_t request(void)
{
	return scene.request;
}

static uint64_t queue(void)
{
	return scene.disk.queue;
}

/* One value changed, and the sentence for it; the request is not reported then. */
static const struct {
	uint64_t (*object)(void);
	const char *type, *member;
	uint64_t value;
	const char *said; /* NULL: the request is none in flight, and that is all */
} rows[] = {
	{request, "request", "state", 7, "contradicts itself"},
	{request, "request", "state", 0, "contradicts itself"},
	{request, "request", "state", 2, NULL},
	{request, "request", "tag", SCENE_TAG + 1, "contradicts itself"},
	{request, "request", "tag", 5000, "contradicts itself"},
	{request, "request", "q", 0xffff888000010000, "contradicts itself"},
	{command, "nbd_cmd", "nbd", 0xffff888000010000, "has no nbd_cmd of this device"},
	{tags, "blk_mq_tags", "nr_tags", 127, "hardware queue 0 could not all be read"},
	{tags, "blk_mq_tags", "nr_tags", 1u << 30, "hardware queue 0 could not all be read"},
	{tags, "blk_mq_tags", "rqs", 0x10, "hardware queue 0 could not all be read"},
	{tag_set, "blk_mq_tag_set", "nr_hw_queues", 9000, "tag_set could not be read"},
	{tag_set, "blk_mq_tag_set", "tags", 0x10, "blk_mq_tag_set.tags could not be read"},
	{queue, "request_queue", "nr_hw_queues", 1, "do not belong together"},
	{queue, "request_queue", "tag_set", 0x10, "do not belong together"},
};

START_TEST(no_request_in_flight)
{
	struct json_object *report;
	char *output;

	image_set(image, rows[_i].object(), rows[_i].type, rows[_i].member, rows[_i].value);
	output = run(image, "nbd -a -j");
	ck_assert_msg(!rows[_i].said || strstr(output, rows[_i].said), "%s: %s", rows[_i].member,
		      output);
	free(output);
	report = run_report(image);
	if (rows[_i].said)
		is_null(report, "/1/requests");
	else
		has_elements(report, "/1/requests", 0);
	has_elements(report, "/1/unreadable", rows[_i].said != NULL);
	json_object_put(report);
}
END_TEST

/* The bit is clear, in a kernel that sets it: what connection it names is of an earlier request. */
START_TEST(not_sent_yet)
{
	struct json_object *report;

	image_set(image, command(), "nbd_cmd", "flags", 0);
	report = run_report(image);
	is_true(report, "/1/requests/0/sent", false);
	is_null(report, "/1/requests/0/connection");
	json_object_put(report);
	/* After a timeout the bit is clear though it was sent. */
	image_set(image, command(), "nbd_cmd", "retries", 1);
	report = run_report(image);
	is_null(report, "/1/requests/0/sent");
	json_object_put(report);
}
END_TEST

START_TEST(a_flush_is_of_no_place)
{
	struct json_object *report;

	image_set(image, scene.request, "request", "__sector", UINT64_MAX);
	report = run_report(image);
	is_null(report, "/1/requests/0/sector");
	json_object_put(report);
}
END_TEST

/* In whole seconds; -1: unknown. */
static void is_age(int seconds)
{
	struct json_object *report = run_report(image), *age;

	ck_assert_int_eq(json_pointer_get(report, "/1/requests/0/age_seconds", &age), 0);
	ck_assert_int_eq(age ? (int)json_object_get_double(age) : -1, seconds);
	json_object_put(report);
}

START_TEST(its_age_by_when_it_was_made)
{
	image_set(image, scene.request, "request", "start_time_ns",
		  KERNEL_UPTIME * NS_PER_SEC + NS_PER_SEC / 2);
	is_age(0);
	image_set(image, scene.request, "request", "start_time_ns",
		  (KERNEL_UPTIME + 2) * NS_PER_SEC);
	is_age(-1);
}
END_TEST

/* Without a start: since when its timeout runs, and the timeouts before. */
START_TEST(its_age_by_its_deadline)
{
	uint64_t jiffies = (uint32_t)(-300 * TICKS) + (uint64_t)KERNEL_UPTIME * TICKS;

	image_set(image, scene.request, "request", "start_time_ns", 0);
	image_set(image, scene.request, "request", "deadline", 0);
	is_age(-1);
	image_set(image, scene.request, "request", "timeout", DEADLINE * TICKS);
	image_set(image, scene.request, "request", "deadline", jiffies + (DEADLINE - 7) * TICKS);
	is_age(7);
	image_set(image, command(), "nbd_cmd", "retries", 2);
	is_age(7 + 2 * DEADLINE);
	image_set(image, scene.request, "request", "deadline", jiffies + 2 * DEADLINE * TICKS);
	is_age(-1);
}
END_TEST

TCase *requests_case(void)
{
	TCase *tc = tcase_create("requests");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, no_request_in_flight, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, not_sent_yet);
	tcase_add_test(tc, a_flush_is_of_no_place);
	tcase_add_test(tc, its_age_by_when_it_was_made);
	tcase_add_test(tc, its_age_by_its_deadline);
	return tc;
}
