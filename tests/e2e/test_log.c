// SPDX-License-Identifier: GPL-2.0-or-later
/* What the report has of the kernel's log, against crash's own `log`. */
#include <ctype.h>
#include <string.h>

#include "e2e.h"

#define MAX_SHOWN 16

/* A line of `log` that names the device: "[    8.583972] block nbd48: ...". */
struct logged {
	double seconds;
	const char *text;
	size_t len;
};

/* True when the device, or a partition of it, is the first that the text names. */
static bool names(const char *text, size_t len, const char *device)
{
	size_t name_len = strlen(device);

	for (size_t i = 0; i + 3 < len; i++) {
		bool begins = !i || (!isalnum((unsigned char)text[i - 1]) && text[i - 1] != '_');
		const char *end = text + i + name_len;

		if (!begins || strncmp(text + i, "nbd", 3) != 0 ||
		    !isdigit((unsigned char)text[i + 3]))
			continue;
		if (i + name_len > len || strncmp(text + i, device, name_len) != 0)
			return false;
		if (end < text + len && *end == 'p') {
			do
				end++;
			while (end < text + len && isdigit((unsigned char)*end));
		}
		return end == text + len || (!isalnum((unsigned char)*end) && *end != '_');
	}
	return false;
}

/* The last lines about the device, as far as all[] holds them; the result is how many there are. */
static size_t logged_of(const char *device, struct logged *all, size_t max)
{
	const char *line = output("kernel-log");
	size_t n = 0;

	while (*line) {
		size_t len = strcspn(line, "\n");
		struct logged l;
		const char *stamp_end = memchr(line, ']', len);

		if (stamp_end && sscanf(line, "[%lf]", &l.seconds) == 1) {
			l.text = stamp_end + 2;
			l.len = len - (size_t)(l.text - line);
			if (names(l.text, l.len, device))
				all[n++ % max] = l;
		}
		line += len + (line[len] == '\n');
	}
	return n;
}

START_TEST(messages)
{
	json *dev = scene_device(scene_name((size_t)_i));
	struct logged all[MAX_SHOWN];
	size_t n = logged_of(string_at(dev, "/name"), all, MAX_SHOWN);
	size_t shown = n < MAX_SHOWN ? n : MAX_SHOWN;

	ck_assert_ptr_nonnull(at(dev, "/log"));
	ck_assert_msg(length_at(dev, "/log") == shown, "%s: %zu, not %zu", string_at(dev, "/name"),
		      length_at(dev, "/log"), shown);
	for (size_t i = 0; i < shown; i++) {
		const struct logged *l = &all[(n - shown + i) % MAX_SHOWN];
		const char *text = string_at(dev, "/log/%zu/text", i);
		double seconds = json_object_get_double(at(dev, "/log/%zu/seconds", i));

		ck_assert_msg(strlen(text) == l->len && !strncmp(text, l->text, l->len),
			      "%s, not %.*s", text, (int)l->len, l->text);
		ck_assert_double_eq_tol(seconds, l->seconds, 1.5e-6);
		ck_assert_double_ge(json_object_get_double(at(dev, "/log/%zu/age_seconds", i)), 0);
	}
}
END_TEST

/* nbd tells of a request when it is 30 s old: so much older than the message is the request. */
START_TEST(ages)
{
	size_t compared = 0;

	for (size_t s = 0; s < scene_count(); s++) {
		json *dev = scene_device(scene_name(s));

		for (size_t i = 0; i < length_at(dev, "/log"); i++) {
			const char *text = string_at(dev, "/log/%zu/text", i);
			double age = json_object_get_double(at(dev, "/log/%zu/age_seconds", i));
			double request = json_object_get_double(at(dev, "/requests/0/age_seconds"));

			if (!strstr(text, "Runtime 30 seconds") || length_at(dev, "/requests") != 1)
				continue;
			compared++;
			ck_assert_msg(request > age + 29 && request < age + 33,
				      "%s: a request of %f s, a message of %f s", text, request,
				      age);
		}
	}
	/* Both plays of many scenes have one. */
	ck_assert_uint_ge(compared, scene("server-silent") || scene("stuck"));
}
END_TEST

TCase *log_case(void)
{
	TCase *tc = tcase_create("log");

	tcase_add_loop_test(tc, messages, 0, (int)scene_count());
	tcase_add_test(tc, ages);
	return tc;
}
