// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that nbd has not started, against what the block layer said of its queues. */
#include <string.h>

#include "e2e.h"

/* The guest wrote this down a few seconds before the crash; a request is made after it was asked for. */
#define SECONDS_APART 60

static const char *name;
static json *facts, *dev, *queues;

static void scene_of_round(int i)
{
	name = scene_name((size_t)i);
	facts = scene(name);
	dev = scene_device(name);
	queues = at(truth(), "/queues/%s", string_at(facts, "/device"));
}

/* The number behind a word in the lines of a file of a hardware queue ("tags", "sched_tags"), summed up over all of them;
 * -1 where there is no such file. */
static int64_t sum_of(const char *file, const char *word)
{
	int64_t sum = -1;

	json_object_object_foreach(queues, queue, value)
	{
		json *lines = strncmp(queue, "hctx", 4) ? NULL : at(value, "/%s", file);

		for (size_t i = 0; lines && i < json_object_array_length(lines); i++) {
			const char *line =
				json_object_get_string(json_object_array_get_idx(lines, i));

			if (!strncmp(line, word, strlen(word)))
				sum = (sum < 0 ? 0 : sum) + atoi(line + strlen(word));
		}
	}
	return sum;
}

/* How many requests have this place; with a driver tag alone. */
static int64_t waiting_in(const char *place, bool tagged)
{
	int64_t n = 0;

	for (size_t i = 0; i < length_at(dev, "/requests_waiting"); i++)
		n += (!place || !strcmp(string_at(dev, "/requests_waiting/%zu/where", i), place)) &&
		     (!tagged || at(dev, "/requests_waiting/%zu/tag", i));
	return n;
}

/* The flush itself is in flight with the tag of one that waits for it. */
static int64_t in_flight_with_tag(void)
{
	int64_t n = 0;

	for (size_t i = 0; i < length_at(dev, "/requests"); i++)
		n += strcmp(string_at(dev, "/requests/%zu/op", i), "FLUSH") != 0;
	return n;
}

/* Each tag in use is that of a request in flight or of one that waits. */
START_TEST(each_tag_has_a_request)
{
	int64_t sched, tags;

	scene_of_round(_i);
	if (!queues)
		return;
	sched = sum_of("sched_tags", "busy=");
	tags = sum_of("tags", "busy=");
	ck_assert_ptr_nonnull(at(dev, "/requests_waiting"));
	ck_assert_int_eq(in_flight_with_tag() + waiting_in(NULL, false), sched < 0 ? tags : sched);
	/* Without a scheduler a flush has no driver tag of its own either. */
	ck_assert_int_eq((sched < 0 ? in_flight_with_tag() : (int64_t)length_at(dev, "/requests")) +
				 waiting_in(NULL, true),
			 tags);
	ck_assert_ptr_nonnull(at(dev, "/tag_waiters"));
	if (!sum_of("tags", "ws_active=") && sum_of("sched_tags", "ws_active=") <= 0)
		ck_assert_uint_eq(length_at(dev, "/tag_waiters"), 0);
}
END_TEST

static int64_t lines_in(json *lists, const char *list)
{
	json *lines = at(lists, "/%s", list);

	return lines ? (int64_t)json_object_array_length(lines) : 0;
}

/* How many requests are on the lists of this name, in the queue and its hardware queues. */
static int64_t listed(const char *list)
{
	int64_t n = lines_in(queues, list);

	json_object_object_foreach(queues, queue, value)
	{
		if (!strncmp(queue, "hctx", 4))
			n += lines_in(value, list);
	}
	return n;
}

/* How many the scheduler has on any of its lists. */
static int64_t scheduled(void)
{
	int64_t n = 0;

	if (!at(queues, "/sched"))
		return 0;
	json_object_object_foreach(at(queues, "/sched"), list, lines)
	{
		(void)list;
		n += (int64_t)json_object_array_length(lines);
	}
	return n;
}

/* Who is on a list waits there. Whoever dispatches takes some out of the scheduler at once, so there may be fewer. */
START_TEST(each_list_is_told)
{
	scene_of_round(_i);
	if (!queues)
		return;
	ck_assert_int_eq(waiting_in("dispatch", false), listed("dispatch"));
	ck_assert_int_eq(waiting_in("requeue", false), listed("requeue_list"));
	ck_assert_int_ge(waiting_in("scheduler", false), scheduled());
	ck_assert_int_eq(waiting_in("scheduler", true), 0);
	if (!scheduled() && !strcmp(string_at(facts, "/state"), "idle"))
		ck_assert_int_eq(waiting_in(NULL, false), 0);
}
END_TEST

/* Part of what a task of the scene asked for, unless a file system did. */
static bool was_asked_for(json *request)
{
	int64_t first = at(request, "/sector") ? int_at(request, "/sector") : 0;
	int64_t end = first + int_at(request, "/bytes") / 512;

	for (size_t i = 0; i < length_at(facts, "/requests"); i++) {
		json *asked = at(facts, "/requests/%zu", i);
		int64_t from = at(asked, "/sector") ? int_at(asked, "/sector") : -1;

		/* A flush is made as an empty write. */
		if (from < 0 && !strcmp(string_at(request, "/where"), "behind-flush"))
			return true;
		if (from >= 0 && !strcmp(string_at(asked, "/op"), string_at(request, "/op")) &&
		    first >= from && end <= from + int_at(asked, "/bytes") / 512 && end > first)
			return true;
	}
	return false;
}

/* How long ago the scene asked for its first request when the guest wrote this down. */
static double seconds_since_asked(void)
{
	int64_t now = int_at(truth(), "/clock/monotonic_ns"), first = now;

	for (size_t i = 0; i < length_at(facts, "/requests"); i++) {
		int64_t asked = int_at(facts, "/requests/%zu/issued_monotonic_ns", i);

		first = asked < first ? asked : first;
	}
	return (double)(now - first) / 1e9;
}

START_TEST(each_request_is_someones)
{
	size_t reconnect = 0;

	scene_of_round(_i);
	for (size_t i = 0; i < length_at(dev, "/requests_waiting"); i++) {
		json *request = at(dev, "/requests_waiting/%zu", i),
		     *worker = at(request, "/worker");
		const char *where = string_at(request, "/where");
		bool inside = !strcmp(where, "reconnect") || !strcmp(where, "behind-sender");

		ck_assert_msg(was_asked_for(request), "%s: nobody asked for %s", name,
			      json_object_to_json_string(request));
		ck_assert_double_ge(json_object_get_double(at(request, "/age_seconds")), 0.001);
		ck_assert_double_le(json_object_get_double(at(request, "/age_seconds")),
				    seconds_since_asked() + SECONDS_APART);
		ck_assert_int_le(int_at(request, "/queue"), int_at(facts, "/connections") - 1);
		ck_assert_int_eq(worker != NULL, inside);
		if (worker)
			ck_has(truth_stack(int_at(worker, "/pid")), "nbd_queue_rq");
		for (size_t w = 0; w < length_at(request, "/waiters"); w++)
			ck_assert_int_eq(truth_state(int_at(request, "/waiters/%zu/pid", w)), 'D');
		reconnect += !strcmp(where, "reconnect");
	}
	ck_assert_uint_eq(length_at(dev, "/reconnect_waiters"), reconnect);
	if (!strcmp(name, "reconnect-wait"))
		ck_assert_uint_eq(reconnect, 1);
}
END_TEST

TCase *waiting_case(void)
{
	TCase *c = tcase_create("waiting");
	int n = (int)scene_count();

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, each_tag_has_a_request, 0, n);
	tcase_add_loop_test(c, each_list_is_told, 0, n);
	tcase_add_loop_test(c, each_request_is_someones, 0, n);
	return c;
}
