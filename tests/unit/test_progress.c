// SPDX-License-Identifier: GPL-2.0-or-later
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
	tcase_add_test(c, a_short_search_is_silent);
	return c;
}
