// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <unistd.h>

#include "printed.h"
#include "base/progress.h"
#include "unit.h"

static void search(FILE *terminal, unsigned after_ms)
{
	progress_begin(terminal, after_ms);
	progress("searching", 1, 20);
	progress("searching", 2, 20);
	progress_end();
	progress_end();
}

/* One line, not one for each step, and it is blanked out again once. */
START_TEST(one_line_that_goes_away)
{
	char *text;

	PRINTED(text, search(out, 0));
	ck_assert_str_eq(text, "\rsearching: 1 of 20\r                  \r");
	free(text);
}
END_TEST

static void long_then_short(FILE *terminal)
{
	progress_begin(terminal, 0);
	progress("searching", 1, 20);
	usleep(250000);
	progress("by", 1, 2);
	progress_end();
}

/* What is left of a longer line is blanked out. */
START_TEST(a_shorter_line_covers_a_longer_one)
{
	char *text;

	PRINTED(text, long_then_short(out));
	ck_assert_str_eq(text, "\rsearching: 1 of 20\rby: 1 of 2        \r                  \r");
	free(text);
}
END_TEST

static const struct {
	size_t done, total;
	int64_t took_ms;
	const char *line;
} lines[] = {
	{250, 1000, 1000, "searching: 250 of 1000, about 3 s left"},
	{999, 1000, 5000, "searching: 999 of 1000, about 1 s left"},
	{1, 1000, 1000, "searching: 1 of 1000, about 17 min left"},
	/* Too early to say. */
	{250, 1000, 100, "searching: 250 of 1000"},
	{0, 1000, 1000, "searching: 0 of 1000"},
	/* More than was expected. */
	{1001, 1000, 1000, "searching: 1001"},
	{7, 0, 1000, "searching: 7"},
};

START_TEST(what_is_left_is_estimated)
{
	char line[80];

	ck_assert_int_eq(progress_words(line, sizeof(line), "searching", lines[_i].done,
					lines[_i].total, lines[_i].took_ms),
			 (int)strlen(lines[_i].line));
	ck_assert_str_eq(line, lines[_i].line);
}
END_TEST

static void two_steps(FILE *terminal)
{
	progress_begin(terminal, 0);
	progress("first", 1, 2);
	usleep(250000);
	progress("first", 1, 2);
	usleep(250000);
	progress("second", 1, 2);
	progress_end();
}

/* The time that an earlier step took tells nothing of the next one. */
START_TEST(each_step_has_an_estimate_of_its_own)
{
	char *text;

	PRINTED(text, two_steps(out));
	ck_assert(strstr(text, "first: 1 of 2, about 1 s left"));
	ck_assert(strstr(text, "\rsecond: 1 of 2 "));
	ck_assert(!strstr(text, "second: 1 of 2,"));
	free(text);
}
END_TEST

static void again(FILE *terminal)
{
	progress_begin(terminal, 0);
	progress("searching", 2, 2);
	usleep(250000);
	progress("searching", 1, 2);
	progress_end();
}

START_TEST(so_has_the_same_search_when_it_begins_again)
{
	char *text;

	PRINTED(text, again(out));
	ck_assert(!strstr(text, "left"));
	free(text);
}
END_TEST

START_TEST(a_short_search_is_silent)
{
	char *text;

	PRINTED(text, search(out, 60000));
	ck_assert_str_eq(text, "");
	free(text);
	search(NULL, 0);
}
END_TEST

TCase *progress_case(void)
{
	TCase *c = tcase_create("progress");

	tcase_add_test(c, one_line_that_goes_away);
	tcase_add_test(c, a_shorter_line_covers_a_longer_one);
	tcase_add_loop_test(c, what_is_left_is_estimated, 0, sizeof(lines) / sizeof(*lines));
	tcase_add_test(c, each_step_has_an_estimate_of_its_own);
	tcase_add_test(c, so_has_the_same_search_when_it_begins_again);
	tcase_add_test(c, a_short_search_is_silent);
	return c;
}
