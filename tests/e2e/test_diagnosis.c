// SPDX-License-Identifier: GPL-2.0-or-later
/* The diagnosis of each scene is what its author wrote, from the play and before any report. */
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

static bool has_pid(int64_t pid)
{
	for (size_t i = 0; i < length_at(dev, "/diagnosis/pids"); i++) {
		if (int_at(dev, "/diagnosis/pids/%zu", i) == pid)
			return true;
	}
	return false;
}

/* Where NBD_SET_SOCK is refused instead of hanging (7.3), there is a young write alone. */
static const char *expected_state(void)
{
	bool refused = !strcmp(name, "set-sock-hang") &&
		       !strcmp(string_at(facts, "/attempt_set_sock"), "EBUSY");

	return refused ? "slow" : string_at(facts, "/state");
}

START_TEST(state_and_cause)
{
	scene_of_round(_i);
	ck_assert_msg(!strcmp(string_at(dev, "/diagnosis/state"), expected_state()),
		      "%s: %s, not %s", name, string_at(dev, "/diagnosis/state"), expected_state());
	ck_assert_msg(!strcmp(string_at(dev, "/diagnosis/cause_id"), string_at(facts, "/cause")),
		      "%s: %s, not %s", name, string_at(dev, "/diagnosis/cause"),
		      string_at(facts, "/cause"));
	if (!strcmp(string_at(facts, "/cause"), "none")) {
		ck_assert_uint_eq(length_at(dev, "/diagnosis/steps"), 0);
		ck_assert_uint_eq(length_at(dev, "/diagnosis/pids"), 0);
	} else {
		ck_assert_uint_gt(length_at(dev, "/diagnosis/steps"), 0);
	}
}
END_TEST

/* The kernel does not keep who was at the other end of a TCP connection that is closed: the address is named then. */
static void is_named_by_address(void)
{
	ck_assert_msg(strstr(string_at(facts, "/server_address"), ":") != NULL, "%s", name);
	ck_has(string_at(dev, "/diagnosis/cause"),
	       strchr(string_at(facts, "/server_address"), ':') + 1);
}

START_TEST(processes)
{
	size_t n;

	scene_of_round(_i);
	n = length_at(facts, "/cause_pids");
	for (size_t i = 0; i < n; i++) {
		if (length_at(dev, "/diagnosis/pids"))
			ck_assert_msg(has_pid(int_at(facts, "/cause_pids/%zu", i)), "%s: %s", name,
				      json_object_to_json_string(at(dev, "/diagnosis/pids")));
		else
			is_named_by_address();
	}
	if (n)
		ck_assert_msg(length_at(dev, "/diagnosis/pids") <= n, "%s: %s", name,
			      json_object_to_json_string(at(dev, "/diagnosis/pids")));
}
END_TEST

/* A step that detaches comes only where a detach does not hang, or behind the step that mends that. */
START_TEST(no_step_makes_it_worse)
{
	bool would_hang;

	scene_of_round(_i);
	would_hang = at(dev, "/detach_would_hang") != NULL;
	for (size_t i = 0; i < length_at(dev, "/diagnosis/steps"); i++) {
		const char *action = string_at(dev, "/diagnosis/steps/%zu/do", i);

		if (strstr(action, "kill -KILL"))
			would_hang = false;
		ck_assert_msg(!would_hang || !strstr(action, "nbd-client -d"), "%s: %s", name,
			      action);
	}
}
END_TEST

static bool hangs(const char *way)
{
	return !strcmp(string_at(dev, "/ways_out/%s/result", way), "hangs");
}

/* Those that the guest tried and that hang are in D. */
START_TEST(ways_out)
{
	scene_of_round(_i);
	if (at(facts, "/sender_tid")) {
		ck_assert(hangs("netlink_disconnect"));
		ck_assert(hangs("disconnect"));
		ck_assert(hangs("clear_sock"));
	}
	if (at(facts, "/attached_by") && !strcmp(string_at(facts, "/attached_by"), "ioctl"))
		ck_assert_msg(
			hangs("reconfigure") ||
				!strcmp(string_at(dev, "/ways_out/reconfigure/result"), "EINVAL"),
			"%s", name);
}
END_TEST

START_TEST(one_cause_of_two_devices)
{
	const char *text = output("nbd");

	ck_has(text, "2 devices, one cause: the server, pid ");
	ck_has(text, "(nbd55, nbd56)");
}
END_TEST

/* The cause, what follows, and what to do with its cost stand in the first ten lines. */
START_TEST(the_field_case_in_ten_lines)
{
	const char *text = output("nbd-d-nbd101"), *end = text;
	char *head;

	for (int i = 0; i < 10; i++)
		end = strchr(end, '\n') + 1;
	head = strndup(text, (size_t)(end - text));
	ck_has(head, "DIAGNOSIS  pinned: opener-pins\n");
	ck_has(head, "has exited, and qemu-kvm (");
	ck_has(head, "1310 connections attached since");
	ck_has(head, "NBD_SET_SOCK, NBD_DO_IT and netlink get EBUSY");
	ck_has(head, "step 2   have qemu-kvm (");
	ck_has(head, "frees the config with the last close: an attach works\n");
	free(head);
}
END_TEST

TCase *diagnosis_case(void)
{
	TCase *c = tcase_create("diagnosis");
	int n = (int)scene_count();

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, state_and_cause, 0, n);
	tcase_add_loop_test(c, processes, 0, n);
	tcase_add_loop_test(c, no_step_makes_it_worse, 0, n);
	tcase_add_loop_test(c, ways_out, 0, n);
	if (scene("two-of-one"))
		tcase_add_test(c, one_cause_of_two_devices);
	if (scene("field-case"))
		tcase_add_test(c, the_field_case_in_ten_lines);
	return c;
}
