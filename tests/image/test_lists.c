// SPDX-License-Identifier: GPL-2.0-or-later
/* Damaged lists: no walk goes on for ever, and what they leave out is said. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

#define NOT_IN_MEMORY 0xffff888800000000
#define CONNECTIONS   32

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	extra_all(&scene);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

/* Where the lists are, of which nbd.so reads those that a scene has. */
static uint64_t head_of_super_blocks(void)
{
	return scene.kernel.super_blocks;
}

static uint64_t head_of_inodes(void)
{
	return image_at(image, scene.kernel.bdev_super_block, "super_block", "s_inodes");
}

static uint64_t head_of_namespaces(void)
{
	return image_get(image, image_at(image, scene.kernel.net, "net", "list"), "list_head",
			 "next");
}

static uint64_t head_of_queue(void)
{
	return image_at(image, scene.peers[0].sk, "sock", "sk_receive_queue");
}

static uint64_t head_of_waiters(void)
{
	return image_at(image, scene.nbd_device, "nbd_device", "config_lock.wait_list");
}

static uint64_t object_of(const char *type)
{
	return image_first(image, type);
}

static uint64_t head_of_holders(void)
{
	return image_get(image,
			 image_at(image, object_of("bd_holder_disk"), "bd_holder_disk", "list"),
			 "list_head", "next");
}

static uint64_t head_of_unix_bucket(void)
{
	return scene.kernel.unix_buckets;
}

static uint64_t head_of_tcp_chain(void)
{
	return image_at(image, scene.kernel.tcp_bucket, "inet_ehash_bucket", "chain");
}

static const struct {
	const char *name;
	uint64_t (*head)(void);
	bool circular; /* else it is a bucket, whose nodes have no way back to it */
	const char *said;
} lists[] = {
	{"super_blocks", head_of_super_blocks, true, "super_blocks could not be read in full"},
	{"s_inodes", head_of_inodes, true, "block devices could not be read in full"},
	{"net_namespace_list", head_of_namespaces, true, "not all AF_UNIX receive queues"},
	{"sk_receive_queue", head_of_queue, true, "not all AF_UNIX receive queues"},
	{"wait_list", head_of_waiters, true, "who waits for config_lock could not be read in full"},
	{"bd_holder_disk", head_of_holders, true,
	 "what block devices are made of could not be read in full"},
	{"unix_table", head_of_unix_bucket, false, "not all AF_UNIX receive queues"},
	{"ehash", head_of_tcp_chain, false, "the table of TCP sockets could not be read in full"},
};

static void is_said(int list, const char *damage, bool expected)
{
	char *output = run(image, "nbd -a -j");

	ck_assert_msg(!strstr(output, lists[list].said) == !expected, "%s, %s: %s",
		      lists[list].name, damage, output);
	free(output);
}

/* The first word of a head and of a node is the pointer to the next one. */
static void damage(int list, const char *what, uint64_t place, uint64_t value)
{
	uint64_t before = image_get(image, place, "list_head", "next");

	image_set(image, place, "list_head", "next", value);
	is_said(list, what, true);
	image_set(image, place, "list_head", "next", before);
}

START_TEST(a_damaged_list_is_told)
{
	uint64_t head = lists[_i].head(), first = image_get(image, head, "list_head", "next");

	is_said(_i, "whole", false);
	damage(_i, "a head that cannot be followed", head, NOT_IN_MEMORY);
	damage(_i, "a node that cannot be followed", first, NOT_IN_MEMORY);
	damage(_i, "a node that is its own next", first, first);
	damage(_i, "a head that ends nowhere", first, 0x10);
	if (!lists[_i].circular) {
		damage(_i, "a head that is a node", head, head);
		return;
	}
	damage(_i, "a list cut off", head, head);
	damage(_i, "a NULL", head, 0);
}
END_TEST

/* A wrong number of buckets has other memory pass for buckets: an empty list_head is one that leads to
 * itself, and back. */
START_TEST(an_empty_list_is_no_bucket)
{
	uint64_t bucket = head_of_tcp_chain();

	image_list_init(image, bucket);
	is_said(7, "list_head", true);
}
END_TEST

/* A node of nbd_index_idr's tree that is in it twice has its devices reported once. */
START_TEST(a_tree_does_not_join_again)
{
	uint64_t idr = object_of("idr"), node = image_new(image, "xa_node");
	uint64_t below = image_get(image, idr, "idr", "idr_rt.xa_head");
	char *output;

	image_set(image, node, "xa_node", "shift", 6);
	image_set(image, node, "xa_node", "count", 2);
	image_set(image, node, "xa_node", "slots[0]", below);
	image_set(image, node, "xa_node", "slots[1]", below);
	image_set(image, idr, "idr", "idr_rt.xa_head", node + 2);
	output = run(image, "nbd -a -j");
	ck_assert_ptr_nonnull(strstr(output, "nbd_index_idr could not be read in full"));
	ck_assert_ptr_nonnull(strstr(output, "\"index\":3"));
	ck_assert_ptr_null(strstr(output, "\"index\":67"));
	free(output);
}
END_TEST

/* A count that is too large has other memory pass for connections; not for long. */
START_TEST(connections_that_are_none)
{
	struct json_object *report, *connections;
	char *output;

	image_array(image, "ptr", 8192);
	image_set(image, scene.config, "nbd_config", "num_connections", 1 << 20);
	output = run(image, "nbd -a -j");
	ck_assert_ptr_nonnull(strstr(output, "too much of nbd_config.socks leads nowhere: "
					     "connections "));
	free(output);
	report = run_report(image);
	json_pointer_get(report, "/1/connections", &connections);
	ck_assert_uint_lt(json_object_array_length(connections), 200);
	is_null(report, "/1/dead_connections");
	json_object_put(report);
	image_set(image, scene.config, "nbd_config", "num_connections", INT32_MAX);
	report = run_report(image);
	has_elements(report, "/1/connections", 0);
	json_object_put(report);
}
END_TEST

/* However many there are, Ctrl-C does not wait for them. */
START_TEST(ctrl_c_ends_a_list_of_connections)
{
	uint64_t socks = image_array(image, "ptr", CONNECTIONS);
	struct json_object *report, *connections;
	unsigned long reads = 1, cut = 0;
	size_t n;

	for (size_t i = 0; i < CONNECTIONS; i++)
		image_set_pointer(image, socks, i, scene.nbd_socks[0]);
	image_set(image, scene.config, "nbd_config", "socks", socks);
	image_set(image, scene.config, "nbd_config", "num_connections", CONNECTIONS);
	for (unsigned long at = 1; at <= reads; at++) {
		crash_interrupt(at);
		report = run_report(image);
		reads = crash_reads();
		n = 0;
		if (!json_pointer_get(report, "/1/connections", &connections))
			n = json_object_array_length(connections);
		if (n && n < CONNECTIONS) {
			is_true(report, "/0/interrupted", true);
			cut++;
		}
		json_object_put(report);
	}
	ck_assert_uint_gt(cut, 0);
}
END_TEST

/* No task at all, for the first one cannot be read. */
START_TEST(no_task_is_told)
{
	struct json_object *report;

	image_cut(image, object_of("task_struct"), image_sizeof(image, "task_struct"));
	report = run_report(image);
	is_number(report, "/0/tasks_walked", 0);
	is_number(report, "/0/tasks_unreadable", 3);
	json_object_put(report);
}
END_TEST

TCase *lists_case(void)
{
	TCase *tc = tcase_create("lists");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_damaged_list_is_told, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tc, an_empty_list_is_no_bucket);
	tcase_add_test(tc, a_tree_does_not_join_again);
	tcase_add_test(tc, connections_that_are_none);
	tcase_add_test(tc, ctrl_c_ends_a_list_of_connections);
	tcase_add_test(tc, no_task_is_told);
	return tc;
}
