// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/text_table.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

#define GAP	    2
#define LINE_WIDTH  118
#define NOTE_INDENT 4

/* Columns on the screen: the bytes that do not continue a UTF-8 sequence. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((uint8_t)*s >> 6) != 0x2;
	return n;
}

struct text_table text_table(size_t n_columns, const char *const headers[], const char *align)
{
	return (struct text_table){.n_columns = n_columns, .headers = headers, .align = align};
}

void text_table_add(struct text_table *table, const char *cell)
{
	*ARENA_PUSH(table->cells, table->n_cells) = cell ? cell : "?";
}

void text_table_note(struct text_table *table, const char *text)
{
	*ARENA_PUSH(table->notes, table->n_notes) =
		(struct text_note){table->n_cells / table->n_columns, text};
}

/* Prints text from column start on, folded at spaces. */
static void print_folded(FILE *out, int start, const char *text)
{
	size_t room = LINE_WIDTH > start + 20 ? (size_t)(LINE_WIDTH - start) : 20;

	while (width(text) > room) {
		const char *end = text + room;

		while (end > text && *end != ' ')
			end--;
		if (end == text)
			end = strchr(text, ' ');
		if (!end)
			break;
		fprintf(out, "%.*s\n%*s", (int)(end - text), text, start, "");
		text = end + 1;
	}
	fprintf(out, "%s\n", text);
}

/* The last cell of a row may be long: it folds. */
static void print_row(const struct text_table *table, FILE *out, int indent,
		      const char *const *cells, const size_t *widths)
{
	size_t last = table->n_columns - 1;
	int start = indent;

	fprintf(out, "%*s", indent, "");
	for (size_t c = 0; c < last; c++) {
		int pad = (int)(widths[c] - width(cells[c]));

		fprintf(out, "%*s%s%*s", table->align[c] == 'r' ? pad : 0, "", cells[c],
			GAP + (table->align[c] == 'r' ? 0 : pad), "");
		start += (int)widths[c] + GAP;
	}
	if (table->align[last] == 'r')
		fprintf(out, "%*s%s\n", (int)(widths[last] - width(cells[last])), "", cells[last]);
	else
		print_folded(out, start, cells[last]);
}

void text_table_print(const struct text_table *table, FILE *out, int indent)
{
	size_t widths[TABLE_MAX_COLUMNS], note = 0;

	for (size_t c = 0; c < table->n_columns; c++) {
		widths[c] = width(table->headers[c]);
		for (size_t i = c; i < table->n_cells; i += table->n_columns)
			widths[c] = width(table->cells[i]) > widths[c] ? width(table->cells[i])
								       : widths[c];
	}
	print_row(table, out, indent, table->headers, widths);
	for (size_t row = 0; row < table->n_cells / table->n_columns; row++) {
		print_row(table, out, indent, table->cells + row * table->n_columns, widths);
		for (; note < table->n_notes && table->notes[note].row == row + 1; note++)
			text_wrapped(out, indent + NOTE_INDENT, "", table->notes[note].text);
	}
}

void text_wrapped(FILE *out, int indent, const char *label, const char *text)
{
	fprintf(out, "%*s%s", indent, "", label);
	print_folded(out, indent + (int)width(label), text);
}
