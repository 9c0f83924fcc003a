// SPDX-License-Identifier: GPL-2.0-or-later
/* Who sends and who waits behind, against the stacks that the guest recorded. */
#include <string.h>

#include "e2e.h"

static const char *name;
static json *facts, *dev;

static void scene_of_round(int i)
{
	name = scene_name((size_t)i);
	facts = scene(name);
	dev = scene_device(name);
}

/* The scene's sender, and nobody else, is found: by its thread id, in whatever state. */
START_TEST(senders)
{
	size_t found = 0;

	scene_of_round(_i);
	for (size_t c = 0; c < length_at(dev, "/connections"); c++) {
		json *sender = at(dev, "/connections/%zu/sender", c);

		if (!sender)
			continue;
		found++;
		ck_assert_msg(strstr(truth_stack(int_at(sender, "/pid")), "sendmsg") != NULL,
			      "%s: %s", name, json_object_to_json_string(sender));
		if (at(facts, "/sender_tid"))
			ck_assert_int_eq(int_at(sender, "/pid"), int_at(facts, "/sender_tid"));
		ck_assert_ptr_nonnull(at(dev, "/detach_would_hang"));
		for (size_t i = 0; i < length_at(sender, "/behind"); i++) {
			const char *stack = truth_stack(int_at(sender, "/behind/%zu/pid", i));

			ck_assert_msg(strstr(stack, "nbd_") != NULL, "%s: %s", name, stack);
			ck_assert_int_eq(truth_state(int_at(sender, "/behind/%zu/pid", i)), 'D');
		}
	}
	ck_assert_msg(found || !at(facts, "/sender_tid"), "%s: its sender was not found", name);
}
END_TEST

/* What is still being sent was not sent, and no remedy would detach now. */
START_TEST(what_is_being_sent)
{
	scene_of_round(_i);
	for (size_t i = 0; i < length_at(dev, "/requests"); i++) {
		json *worker = at(dev, "/requests/%zu/worker", i);

		if (worker && strstr(truth_stack(int_at(worker, "/pid")), "sendmsg"))
			ck_assert(!json_object_get_boolean(at(dev, "/requests/%zu/sent", i)));
	}
	for (size_t i = 0; i < length_at(dev, "/findings"); i++) {
		json *remedy = at(dev, "/findings/%zu/remedy", i);

		if (remedy && at(dev, "/detach_would_hang"))
			ck_assert_msg(!strstr(json_object_get_string(remedy), "nbd-client -d") ||
					      strstr(json_object_get_string(remedy), "would hang"),
				      "%s: %s", name, json_object_get_string(remedy));
	}
}
END_TEST

/* A request that waits for a new connection has waited since it was made. */
START_TEST(reconnect_wait)
{
	double now = (double)int_at(truth(), "/clock/monotonic_ns") / 1e9, left;

	facts = scene("reconnect-wait");
	dev = scene_device("reconnect-wait");
	left = (double)int_at(facts, "/dead_conn_timeout_seconds") -
	       (now - (double)int_at(facts, "/requests/0/issued_monotonic_ns") / 1e9);
	ck_assert_double_le(json_object_get_double(at(dev, "/reconnect_left_seconds")), left + 5);
	ck_assert_double_ge(json_object_get_double(at(dev, "/reconnect_left_seconds")), left - 5);
}
END_TEST

TCase *senders_case(void)
{
	TCase *c = tcase_create("senders");
	int n = (int)scene_count();

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, senders, 0, n);
	tcase_add_loop_test(c, what_is_being_sent, 0, n);
	if (scene("reconnect-wait"))
		tcase_add_test(c, reconnect_wait);
	return c;
}
