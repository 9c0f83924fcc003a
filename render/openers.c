// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a device open, and below each device that is stacked on it, who has that one open. */
#include "render/openers.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/phrases.h"
#include "render/text_table.h"

struct rows {
	struct text_table table;
	size_t n, max;
	const struct stacked **shown; /* each once, however many ways lead there */
	size_t n_shown;
};

static bool is_shown(const struct rows *rows, const struct stacked *s)
{
	for (size_t i = 0; i < rows->n_shown; i++) {
		if (rows->shown[i] == s)
			return true;
	}
	return false;
}

static void add_row(struct rows *rows, const char *kind, const struct opener *o, unsigned depth,
		    const char *what)
{
	const struct task *t = o ? o->task : NULL;

	if (rows->n++ >= rows->max)
		return;
	text_table_add(&rows->table, kind);
	text_table_add(&rows->table, t ? phrase_task(t) : "-");
	text_table_add(&rows->table, t ? arena_printf("%u", o->fd) : "-");
	text_table_add(&rows->table, word_hex(o ? o->file : 0));
	text_table_add(&rows->table, arena_printf("%*s%s", 2 * (int)depth, "", what));
}

static void add_openers(struct rows *rows, const struct opener *openers, size_t n, unsigned depth);

/* What has the stacked device open, and how much of it was not found. */
static void add_above(struct rows *rows, const struct stacked *s, unsigned depth)
{
	*ARENA_PUSH(rows->shown, rows->n_shown) = s;
	add_openers(rows, s->openers, s->n_openers, depth);
	if (!s->openers_expected.known)
		add_row(rows, "?", NULL, depth,
			arena_printf("%s: the kernel's count of openers could not be read",
				     s->name));
	else if (s->openers_expected.v > s->openers_found)
		add_row(rows, "?", NULL, depth,
			arena_printf("%s: %s by the kernel's count, %zu found", s->name,
				     word_count(s->openers_expected.v, "opener"),
				     s->openers_found));
}

static void add_openers(struct rows *rows, const struct opener *openers, size_t n, unsigned depth)
{
	for (size_t i = 0; i < n; i++) {
		const struct opener *o = &openers[i];
		bool again = o->stacked && is_shown(rows, o->stacked);

		add_row(rows, phrase_opener_kind(o->kind), o, depth,
			again ? arena_printf("%s: above", phrase_opener(o)) : phrase_opener(o));
		if (o->stacked && !again)
			add_above(rows, o->stacked, depth + 1);
	}
}

void openers_print(FILE *out, const struct device *dev, size_t max)
{
	static const char *const headers[] = {"KIND", "TASK", "FD", "FILE", "WHAT"};
	struct rows rows = {.table = text_table(5, headers, "llrll"), .max = max};

	add_openers(&rows, dev->openers, dev->n_openers, 0);
	/* Loop devices on files of a file system have nothing open of the device itself. */
	for (size_t i = 0; i < dev->n_above; i++) {
		const struct level *level = &dev->above[i];

		if (is_shown(&rows, level->stacked))
			continue;
		add_row(&rows, "file", NULL, level->depth - 1,
			arena_printf("%s (on %s)", phrase_stacked(level->stacked), level->on));
		add_above(&rows, level->stacked, level->depth);
	}
	if (rows.n)
		text_table_print(&rows.table, out, 2);
	if (rows.n > max)
		fprintf(out, "  %zu more: nbd -o -d %s lists all\n", rows.n - max, dev->name);
}
