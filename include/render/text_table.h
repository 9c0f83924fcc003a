// SPDX-License-Identifier: GPL-2.0-or-later
/* A table whose columns are as wide as what is in them. Memory: arena. */
#ifndef NBD_RENDER_TEXT_TABLE_H
#define NBD_RENDER_TEXT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_MAX_COLUMNS 12

struct text_table {
	size_t n_columns;
	const char *const *headers;
	const char *align; /* a letter for each column: 'l' or 'r' */
	const char **cells;
	size_t n_cells;
	struct text_note {
		size_t row;
		const char *text;
	} * notes;
	size_t n_notes;
};

/* A table with n_columns headers; align as in the struct. No string is copied: each must stay valid until the table is
 * printed. */
struct text_table text_table(size_t n_columns, const char *const headers[], const char *align);

/* Appends a cell; rows fill from left to right. NULL prints as "?". */
void text_table_add(struct text_table *table, const char *cell);

/* A remark that is printed on lines of its own below the last row added so far. */
void text_table_note(struct text_table *table, const char *text);

/* Prints headers and rows, indented. A row ends with its last cell, without trailing spaces; where that cell is long
 * and aligned to the left it folds at spaces. */
void text_table_print(const struct text_table *table, FILE *out, int indent);

/* Prints text after a label, both indented, folded at spaces so that lines end by column 118 and go on
 * under the text's start. */
void text_wrapped(FILE *out, int indent, const char *label, const char *text);

#endif
