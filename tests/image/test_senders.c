// SPDX-License-Identifier: GPL-2.0-or-later
/* Who sends on a connection, by its locks. */
#include "extras.h"
#include "image_tests.h"
#include "run.h"
#include "scene.h"

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void setup_like(const char *kernel)
{
	layout = layout_load(LAYOUTS, kernel);
	image = image_create(layout);
	scene = scene_build(image);
}

static void setup(void)
{
	setup_like("6.1");
}

static void setup_rt(void)
{
	setup_like("6.1-rt");
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static uint64_t tx_lock(void)
{
	return image_at(image, scene.nbd_socks[0], "nbd_sock", "tx_lock");
}

/* The opener sends the request, and the client waits for its turn. */
static void block(void)
{
	uint64_t cmd = scene.request + image_sizeof(image, "request");

	kernel_mutex_own(&scene.kernel, tx_lock(), &scene.opener);
	kernel_mutex_own(&scene.kernel, image_at(image, cmd, "nbd_cmd", "lock"), &scene.opener);
	kernel_mutex_wait(&scene.kernel, tx_lock(), &scene.client);
}

START_TEST(nobody_sends)
{
	struct json_object *report = run_report(image);

	is_null(report, "/1/connections/0/sender");
	is_null(report, "/1/connections/0/pending");
	is_number(report, "/1/connections/0/pending_sent", 0);
	is_null(report, "/1/requests/0/worker");
	is_true(report, "/1/requests/0/sent", true);
	is_null(report, "/1/detach_would_hang");
	has_elements(report, "/1/unreadable", 0);
	json_object_put(report);
}
END_TEST

START_TEST(one_sends_and_one_waits)
{
	struct json_object *report;

	block();
	report = run_report(image);
	is_number(report, "/1/connections/0/sender/pid", scene.opener.pid);
	is_address(report, "/1/connections/0/sender/request", scene.request);
	has_elements(report, "/1/connections/0/sender/behind", 1);
	is_number(report, "/1/connections/0/sender/behind/0/pid", scene.client.pid);
	is_null(report, "/1/connections/1/sender");
	is_number(report, "/1/requests/0/worker/pid", scene.opener.pid);
	/* Though the bit of an earlier time says so. */
	is_true(report, "/1/requests/0/sent", false);
	is_number(report, "/1/requests/0/connection", 0);
	has_elements(report, "/1/unreadable", 0);
	json_object_put(report);
}
END_TEST

/* A request that nbd has not started is in no list: what the stack has left over of another one counts for nothing. */
START_TEST(the_lock_goes_before_the_stack)
{
	struct extra_waiters w = extra_waiters(&scene);
	struct json_object *report;

	image_set(image, tx_lock(), "mutex", "owner", scene.opener.task | 1);
	kernel_mutex_wait(&scene.kernel, tx_lock(), &w.fsync);
	report = run_report(image);
	is_number(report, "/1/waiters/2/pid", w.fsync.pid);
	is_string(report, "/1/waiters/2/object_kind", "tx_lock");
	is_address(report, "/1/waiters/2/object", tx_lock());
	json_object_put(report);
}
END_TEST

START_TEST(sent_in_part)
{
	struct json_object *report;

	image_set(image, scene.nbd_socks[0], "nbd_sock", "pending", scene.request);
	image_set(image, scene.nbd_socks[0], "nbd_sock", "sent", 4124);
	report = run_report(image);
	is_address(report, "/1/connections/0/pending", scene.request);
	is_number(report, "/1/connections/0/pending_sent", 4124);
	is_true(report, "/1/requests/0/sent", false);
	json_object_put(report);
}
END_TEST

/* A list of waiters that leads nowhere is told. */
START_TEST(waiters_that_cannot_be_read)
{
	struct json_object *report;

	block();
	image_set(image, tx_lock(), "mutex", "wait_list.next", 0x10);
	report = run_report(image);
	has_elements(report, "/1/connections/0/sender/behind", 0);
	is_string(report, "/1/unreadable/0",
		  "who waits for tx_lock of connection 0 could not be read in full");
	json_object_put(report);
}
END_TEST

/* The node of a waiter of an rt_mutex. */
static uint64_t rt_node(void)
{
	return image_get(image, tx_lock(), "mutex", "rtmutex.waiters.rb_root.rb_node");
}

/* Those in the left half of the tree are more urgent than those in the right. */
START_TEST(rt_waiters_by_urgency)
{
	struct json_object *report;
	uint64_t first, second, third;

	block();
	kernel_mutex_wait(&scene.kernel, tx_lock(), &scene.server);
	kernel_mutex_wait(&scene.kernel, tx_lock(), &scene.opener);
	first = rt_node();
	second = image_get(image, first, "rb_node", "rb_right");
	third = image_get(image, second, "rb_node", "rb_right");
	/* Turned, as the kernel would. The colour is the lowest bit. */
	image_set(image, tx_lock(), "mutex", "rtmutex.waiters.rb_root.rb_node", second);
	image_set(image, second, "rb_node", "__rb_parent_color", 1);
	image_set(image, second, "rb_node", "rb_left", first);
	image_set(image, first, "rb_node", "__rb_parent_color", second);
	image_set(image, first, "rb_node", "rb_right", 0);
	report = run_report(image);
	ck_assert_uint_eq(image_get(image, second, "rb_node", "rb_right"), third);
	has_elements(report, "/1/connections/0/sender/behind", 3);
	is_number(report, "/1/connections/0/sender/behind/0/pid", scene.client.pid);
	is_number(report, "/1/connections/0/sender/behind/1/pid", scene.server.pid);
	is_number(report, "/1/connections/0/sender/behind/2/pid", scene.opener.pid);
	has_elements(report, "/1/unreadable", 0);
	json_object_put(report);
}
END_TEST

/* A tree that leads nowhere, or back, is told. */
START_TEST(rt_waiters_that_cannot_be_read)
{
	static const char *const links[] = {"rb_left", "rb_right"};

	block();
	for (size_t i = 0; i < 2; i++) {
		uint64_t wrong[] = {0x10, rt_node(), scene.disk.gendisk};

		for (size_t w = 0; w < 3; w++) {
			struct json_object *report;

			image_set(image, rt_node(), "rb_node", links[i], wrong[w]);
			report = run_report(image);
			has_elements(report, "/1/connections/0/sender/behind", 1);
			is_string(report, "/1/unreadable/0",
				  "who waits for tx_lock of connection 0 could not be read in "
				  "full");
			json_object_put(report);
		}
		image_set(image, rt_node(), "rb_node", links[i], 0);
	}
}
END_TEST

TCase *rt_senders_case(void)
{
	TCase *tc = tcase_create("senders, PREEMPT_RT");

	tcase_add_checked_fixture(tc, setup_rt, teardown);
	tcase_add_test(tc, nobody_sends);
	tcase_add_test(tc, one_sends_and_one_waits);
	tcase_add_test(tc, rt_waiters_by_urgency);
	tcase_add_test(tc, rt_waiters_that_cannot_be_read);
	return tc;
}

TCase *senders_case(void)
{
	TCase *tc = tcase_create("senders");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_sends);
	tcase_add_test(tc, one_sends_and_one_waits);
	tcase_add_test(tc, the_lock_goes_before_the_stack);
	tcase_add_test(tc, sent_in_part);
	tcase_add_test(tc, waiters_that_cannot_be_read);
	return tc;
}
