// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/balance.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/phrases.h"
#include "model/explains.h"

/* More devices or tasks than this are counted. */
#define MAX_NAMED 12

/* Index of the device that explains a task; the number of devices where none does. */
static size_t explained_by(const struct report *report, const struct task *t)
{
	size_t d = 0;

	while (d < report->n_devices && !device_explains(&report->devices[d], t))
		d++;
	return d;
}

struct balance balance_of(const struct report *report)
{
	struct balance balance = {
		.of_device = arena_alloc(report->n_devices * sizeof(*balance.of_device))};

	for (size_t i = 0; i < report->tasks.n; i++) {
		const struct task *t = report->tasks.v[i];
		size_t d;

		balance.unread += t->state == '?';
		if (t->state != 'D')
			continue;
		balance.in_d++;
		d = explained_by(report, t);
		if (d < report->n_devices)
			balance.of_device[d]++;
		else
			*ARENA_PUSH(balance.rest, balance.n_rest) = t;
	}
	return balance;
}

static const char *devices_phrase(const struct report *report, const struct balance *balance)
{
	const char *all = NULL;
	size_t named = 0, more = 0;

	for (size_t d = 0; d < report->n_devices; d++) {
		if (!balance->of_device[d])
			continue;
		if (named++ < MAX_NAMED)
			all = word_append(all, ", ",
					  arena_printf("%s %zu", report->devices[d].name,
						       balance->of_device[d]));
		else
			more++;
	}
	return more ? arena_printf("%s and %zu more", all, more) : all;
}

static const char *rest_phrase(const struct balance *balance)
{
	const char *all = NULL;

	for (size_t i = 0; i < balance->n_rest; i++) {
		if (i == MAX_NAMED)
			return arena_printf("%s and %zu more", all, balance->n_rest - i);
		all = word_append(all, ", ", phrase_name(balance->rest[i]));
	}
	return all;
}

const char *balance_phrase(const struct report *report)
{
	struct balance balance = balance_of(report);
	size_t explained = balance.in_d - balance.n_rest;
	const char *text = arena_printf("%s in D", word_count(balance.in_d, "task"));

	if (balance.in_d)
		text = arena_printf("%s: %zu explained by nbd devices", text, explained);
	if (explained)
		text = arena_printf("%s (%s)", text, devices_phrase(report, &balance));
	if (balance.n_rest)
		text = arena_printf("%s, %zu not: %s", text, balance.n_rest, rest_phrase(&balance));
	if (balance.unread)
		text = arena_printf("%s; the state of %s could not be read", text,
				    word_count(balance.unread, "task"));
	if (report->tasks.unreadable || report->tasks.interrupted)
		text = arena_printf("%s; not all tasks could be read", text);
	return text;
}
