// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that nbd has not started: each is told with its place, and what cannot be read is not counted as none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"

#define NS_PER_SEC 1000000000ull

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
	image_free(image);
	layout_free(layout);
}

static void says(const char *command, const char *text)
{
	char *output = run(image, "%s", command);

	ck_assert_msg(strstr(output, text) != NULL, "no \"%s\" in: %s", text, output);
	free(output);
}

START_TEST(nothing_waits)
{
	struct json_object *report = run_report(image);

	has_elements(report, "/1/requests_waiting", 0);
	has_elements(report, "/1/tag_waiters", 0);
	has_elements(report, "/1/reconnect_waiters", 0);
	has_elements(report, "/1/unreadable", 0);
	json_object_put(report);
	says("nbd -r", "nbd3  requests 1 in flight\n");
}
END_TEST

START_TEST(one_in_each_place)
{
	static const char *const places[] = {"dispatch",     "requeue",	  "requeue",
					     "behind-flush", "scheduler", "on-the-way"};
	struct extra_waiting w = extra_waiting(&scene);
	struct json_object *report, *age;
	char pointer[64];

	image_set(image, w.scheduler, "request", "start_time_ns", (KERNEL_UPTIME - 7) * NS_PER_SEC);
	report = run_report(image);
	has_elements(report, "/1/unreadable", 0);
	has_elements(report, "/1/requests_waiting", 6);
	for (size_t i = 0; i < 6; i++) {
		snprintf(pointer, sizeof(pointer), "/1/requests_waiting/%zu/where", i);
		is_string(report, pointer, places[i]);
	}
	is_address(report, "/1/requests_waiting/4/request", w.scheduler);
	is_null(report, "/1/requests_waiting/4/tag");
	is_number(report, "/1/requests_waiting/4/sched_tag", 33);
	is_number(report, "/1/requests_waiting/4/queue", 0);
	is_string(report, "/1/requests_waiting/4/op", "WRITE");
	is_number(report, "/1/requests_waiting/4/sector", SCENE_SECTOR + 8 * 33);
	is_number(report, "/1/requests_waiting/4/bytes", SCENE_BYTES);
	ck_assert(!json_pointer_get(report, "/1/requests_waiting/4/age_seconds", &age));
	ck_assert_int_eq((int)json_object_get_double(age), 7);
	is_null(report, "/1/requests_waiting/4/worker");
	is_number(report, "/1/requests_waiting/5/tag", 21);
	has_elements(report, "/1/tag_waiters", 1);
	is_number(report, "/1/tag_waiters/0/pid", w.sleeper.pid);
	json_object_put(report);
	says("nbd -r", "requests 1 in flight, 1 waiting for another try, 2 requeued, 1 waiting for "
		       "a flush, 1 in the "
		       "I/O scheduler, 1 on the way to nbd; 1 task waits for a tag\n");
	says("nbd", " 1+6 ");
}
END_TEST

/* The driver's tag of a request that is not started. */
static uint64_t add_unstarted(unsigned tag, const struct kernel_task *worker)
{
	uint64_t rq = scene_new_request(&scene), cmd = rq + image_sizeof(image, "request");

	image_set(image, rq, "request", "tag", tag);
	image_set(image, rq, "request", "bio", image_new(image, "bio"));
	image_set(image, image_at(image, cmd, "nbd_cmd", "lock"), "mutex", "owner", worker->task);
	scene_take_tag(image, image_get(image, scene.hw_queue, "blk_mq_hw_ctx", "tags"), tag, rq);
	return rq;
}

/* Without a scheduler; inside nbd the tasks tell. */
START_TEST(inside_nbd)
{
	uint64_t lock = image_at(image, scene.nbd_socks[0], "nbd_sock", "tx_lock");
	uint64_t entry = image_new(image, "wait_queue_entry");
	uint64_t first = add_unstarted(40, &scene.client),
		 second = add_unstarted(41, &scene.worker);
	struct json_object *report;

	image_set(image, scene.config, "nbd_config", "dead_conn_timeout", 600 * KERNEL_HZ);
	image_set(image, lock, "mutex", "owner", scene.opener.task | 1);
	kernel_mutex_wait(&scene.kernel, lock, &scene.client);
	image_set(image, entry, "wait_queue_entry", "private", scene.worker.task);
	image_list_add(image, image_at(image, scene.config, "nbd_config", "conn_wait.whole.head"),
		       image_at(image, entry, "wait_queue_entry", "entry"));
	report = run_report(image);
	has_elements(report, "/1/requests_waiting", 2);
	is_string(report, "/1/requests_waiting/0/where", "behind-sender");
	is_address(report, "/1/requests_waiting/0/request", first);
	is_number(report, "/1/requests_waiting/0/worker/pid", scene.client.pid);
	is_null(report, "/1/requests_waiting/0/sched_tag");
	is_string(report, "/1/requests_waiting/1/where", "reconnect");
	is_address(report, "/1/requests_waiting/1/request", second);
	has_elements(report, "/1/reconnect_waiters", 1);
	is_number(report, "/1/reconnect_waiters/0/pid", scene.worker.pid);
	json_object_put(report);
	says("nbd -r",
	     "requests 1 in flight, 1 waiting for a reconnect, 1 waiting behind a sender\n");
}
END_TEST

static uint64_t hw_queue(void)
{
	return scene.hw_queue;
}

static uint64_t queue(void)
{
	return scene.disk.queue;
}

static uint64_t tags(void)
{
	return image_get(image, scene.hw_queue, "blk_mq_hw_ctx", "sched_tags");
}

static uint64_t waiting(void)
{
	return image_get(image, image_get(image, tags(), "blk_mq_tags", "static_rqs") + 8,
			 "list_head", "next");
}

/* One value changed, and what is said then. */
static const struct {
	uint64_t (*object)(void);
	const char *type, *member;
	uint64_t value;
} rows[] = {
	{queue, "request_queue", "hctx_table.xa_head", 0},
	{queue, "request_queue", "requeue_list.next", 0x10},
	{hw_queue, "blk_mq_hw_ctx", "dispatch.next", 0x10},
	{hw_queue, "blk_mq_hw_ctx", "sched_tags", 0x10},
	{tags, "blk_mq_tags", "static_rqs", 0x10},
	{tags, "blk_mq_tags", "bitmap_tags.sb.depth", 1u << 30},
	{tags, "blk_mq_tags", "bitmap_tags.sb.shift", 7},
	{tags, "blk_mq_tags", "bitmap_tags.sb.map_nr", 3},
	{tags, "blk_mq_tags", "bitmap_tags.sb.map", 0x10},
	{waiting, "request", "q", 0x10},
};

START_TEST(what_cannot_be_read)
{
	struct json_object *report;

	extra_waiting(&scene);
	image_set(image, rows[_i].object(), rows[_i].type, rows[_i].member, rows[_i].value);
	report = run_report(image);
	is_string(report, "/1/unreadable/0",
		  "the requests that wait to be started could not all be read");
	json_object_put(report);
	says("nbd -r", "; how many wait to be started is not known");
	says("nbd", " 1+? ");
}
END_TEST

START_TEST(who_waits_for_a_tag_cannot_be_read)
{
	struct extra_waiting w = extra_waiting(&scene);
	struct json_object *report;

	image_set(image, w.tags, "blk_mq_tags", "bitmap_tags.ws", 0x10);
	report = run_report(image);
	is_null(report, "/1/tag_waiters");
	is_string(report, "/1/unreadable/0", "who waits for a tag could not be read in full");
	json_object_put(report);
	says("nbd -r", "; who waits for a tag is not known");
}
END_TEST

TCase *waiting_case(void)
{
	TCase *tc = tcase_create("waiting");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_waits);
	tcase_add_test(tc, one_in_each_place);
	tcase_add_test(tc, inside_nbd);
	tcase_add_loop_test(tc, what_cannot_be_read, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, who_waits_for_a_tag_cannot_be_read);
	return tc;
}
