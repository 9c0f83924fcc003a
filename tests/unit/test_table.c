// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/arena.h"
#include "printed.h"
#include "render/text_table.h"
#include "unit.h"

START_TEST(columns_fit_their_content)
{
	static const char *const headers[] = {"NAME", "N", "WHAT"};
	struct text_table table = text_table(3, headers, "lrl");
	char *text;

	text_table_add(&table, "nbd101");
	text_table_add(&table, "1311");
	text_table_add(&table, "x");
	text_table_note(&table, "a note");
	text_table_add(&table, "gr\xc3\xbcn");
	text_table_add(&table, "1");
	text_table_add(&table, NULL);
	PRINTED(text, text_table_print(&table, out, 2));
	ck_assert_str_eq(text, "  NAME       N  WHAT\n"
			       "  nbd101  1311  x\n"
			       "      a note\n"
			       "  gr\xc3\xbcn       1  ?\n");
	free(text);
}
END_TEST

START_TEST(long_text_folds_at_spaces)
{
	char *text, *line;

	PRINTED(text, text_wrapped(out, 2, "label ",
				   "one two three four five six seven eight nine ten eleven twelve "
				   "thirteen fourteen fifteen sixteen seventeen"));
	ck_assert_ptr_nonnull(strchr(text, '\n'));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		ck_assert_uint_le(strlen(line), 118);
		ck_assert_int_eq(strncmp(line, line == text ? "  label one" : "        ", 8), 0);
	}
	free(text);
}
END_TEST

START_TEST(last_cell_folds_below_itself)
{
	static const char *const headers[] = {"NAME", "WHAT"};
	struct text_table table = text_table(2, headers, "ll");
	char words[241] = "", *text, *second;

	for (int i = 0; i < 60; i++)
		strcat(words, "abc ");
	words[239] = '\0';
	text_table_add(&table, "nbd1");
	text_table_add(&table, words);
	PRINTED(text, text_table_print(&table, out, 2));
	second = strchr(strchr(text, '\n') + 1, '\n') + 1;
	ck_assert_int_eq(strncmp(second, "        abc abc", 15), 0);
	free(text);
}
END_TEST

START_TEST(text_without_spaces_is_not_cut)
{
	char word[300] = {0}, *text;

	memset(word, 'x', sizeof(word) - 1);
	PRINTED(text, text_wrapped(out, 0, "", word));
	ck_assert_uint_eq(strlen(text), sizeof(word));
	free(text);
}
END_TEST

TCase *table_case(void)
{
	TCase *c = tcase_create("table");

	tcase_add_checked_fixture(c, NULL, arena_free_all);
	tcase_add_test(c, columns_fit_their_content);
	tcase_add_test(c, long_text_folds_at_spaces);
	tcase_add_test(c, last_cell_folds_below_itself);
	tcase_add_test(c, text_without_spaces_is_not_cut);
	return c;
}
