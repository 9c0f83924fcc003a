// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "render/renderer.h"
#include "printed.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *devices[2];
static struct render_options connections = {.connections = true, .peers = true, .unfolded = true};
static unsigned pieces;
static jmp_buf left;
static bool leaves, refuses;

static void setup(void)
{
	report = sample_report();
	for (uint32_t i = 0; i < 2; i++)
		devices[i] = sample_device(report, i, 100, "/run/a.sock");
	judge_devices(report);
	pieces = 0;
	leaves = refuses = false;
}

/* What crash's command ends in when nobody reads its output any more. */
static ssize_t take(void *text, const char *bytes, size_t n)
{
	pieces++;
	if (leaves)
		longjmp(left, 1);
	if (refuses) {
		errno = ENOSPC;
		return 0;
	}
	strncat(text, bytes, n);
	return (ssize_t)n;
}

static bool print_to(char *text)
{
	bool whole;

	/* What was left by longjmp is closed by nobody. */
	static FILE *out;

	out = fopencookie(text, "w", (cookie_io_functions_t){.write = take});
	setbuf(out, NULL);
	*text = '\0';
	errno = 0;
	whole = renderer_devices(&renderer_text,
				 &(struct rendering){out, report, devices, 2, connections});
	ck_assert_int_eq(errno, whole ? 0 : ENOSPC);
	fclose(out);
	return whole;
}

static void print_part_by_part(FILE *out)
{
	struct rendering r = {out, report, devices, 2, connections};

	renderer_text.begin(&r);
	renderer_text.device(&r, devices[0]);
	renderer_text.device(&r, devices[1]);
	renderer_text.end_of_devices(&r);
}

static char *expected(void)
{
	char *text;

	PRINTED(text, print_part_by_part(out));
	return text;
}

START_TEST(each_device_is_one_piece)
{
	static char text[1 << 18];
	char *whole = expected();

	ck_assert(print_to(text));
	ck_assert_str_eq(text, whole);
	ck_assert_uint_eq(pieces, 3);
	free(whole);
}
END_TEST

START_TEST(what_a_command_left_behind_is_not_printed)
{
	static char text[1 << 18];
	char *whole = expected();

	leaves = true;
	if (!setjmp(left)) {
		print_to(text);
		ck_abort_msg("the command was not left");
	}
	leaves = false;
	print_to(text);
	ck_assert_str_eq(text, whole);
	free(whole);
}
END_TEST

/* As on a full disk: nothing more is tried then. */
START_TEST(what_cannot_be_written_is_told)
{
	static char text[1 << 18];

	refuses = true;
	ck_assert(!print_to(text));
	ck_assert_uint_eq(pieces, 1);
}
END_TEST

TCase *renderer_case(void)
{
	TCase *c = tcase_create("renderer");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, each_device_is_one_piece);
	tcase_add_test(c, what_cannot_be_written_is_told);
	tcase_add_test(c, what_a_command_left_behind_is_not_printed);
	return c;
}
