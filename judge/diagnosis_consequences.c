// SPDX-License-Identifier: GPL-2.0-or-later
/* What follows from the cause: for I/O, for tasks, for whoever wants to attach. */
#include "base/arena.h"
#include "base/words.h"
#include "judge/attach.h"
#include "judge/detach.h"
#include "judge/diagnosed.h"
#include "judge/facts.h"
#include "judge/fate.h"
#include "judge/phrases.h"
#include "judge/state.h"

/* More tasks than this are counted. */
#define MAX_TASKS_NAMED 4

static void add(const struct diagnosed *d, const char *sentence)
{
	if (sentence)
		*ARENA_PUSH(d->diagnosis->consequences, d->diagnosis->n_consequences) = sentence;
}

static const char *requests(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	const struct request *oldest = state_oldest_request(dev);

	if (!fact_requests_found(dev) && !dev->n_tag_waiters)
		return NULL;
	return arena_printf("requests: %s%s%s", phrase_requests(dev),
			    oldest ? arena_printf("; the oldest for %s (%s)",
						  word_age(oldest->age_ms), phrase_request(oldest))
				   : "",
			    dev->timeout_rule ? arena_printf("; %s", dev->timeout_rule) : "");
}

static const char *waiters(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	const char *names = NULL;
	num longest = NUM_UNKNOWN;

	for (size_t i = 0; i < dev->n_waiters; i++) {
		num age = dev->waiters[i].task->ran_ago_ms;

		if (i < MAX_TASKS_NAMED)
			names = word_append(names, ", ", phrase_name(dev->waiters[i].task));
		if (age.known && age.v >= longest.v)
			longest = age;
	}
	if (!names)
		return NULL;
	return arena_printf(
		"%s in D for it%s: %s%s",
		dev->n_waiters == 1 ? "1 task is" : arena_printf("%zu tasks are", dev->n_waiters),
		longest.known ? arena_printf(dev->n_waiters == 1 ? ", for at least %s"
								 : ", the first for at least %s",
					     word_age(longest))
			      : "",
		names,
		dev->n_waiters > MAX_TASKS_NAMED
			? arena_printf(" and %zu more", dev->n_waiters - MAX_TASKS_NAMED)
			: "");
}

static const char *new_requests(const struct diagnosed *d)
{
	const char *why;

	switch (fate_of_new_request(d->dev, &why)) {
	case IO_FAILS:
		return arena_printf("whatever is read or written now fails at once with EIO (\"I/O "
				    "error, dev %s\" in the log, as often as somebody tries)",
				    d->dev->name);
	case IO_HANGS:
		return arena_printf("whatever is read or written now hangs, scans by LVM or blkid, "
				    "too: %s",
				    why);
	default:
		return NULL;
	}
}

/* "NBD_SET_SOCK and NBD_DO_IT get EBUSY": the ways to attach that get this; NULL when none does. */
static const char *ways_that_get(const struct device *dev, enum attach_result result)
{
	const char *names = NULL;
	size_t n = 0, last = ATTACH_WAYS;

	for (size_t way = 0; way < ATTACH_WAYS; way++) {
		if (dev->attach[way].result == result)
			last = way;
	}
	for (size_t way = 0; way <= last && last < ATTACH_WAYS; way++) {
		if (dev->attach[way].result == result && ++n)
			names = word_append(names, way == last ? " and " : ", ",
					    attach_way_name((enum attach_way)way));
	}
	if (!n)
		return NULL;
	if (result == ATTACH_HANGS)
		return arena_printf("%s %s", names, n == 1 ? "hangs" : "hang");
	return arena_printf("%s %s %s", names, n == 1 ? "gets" : "get",
			    phrase_attach_result(result));
}

/* Nobody wants to attach a device that works. */
static const char *attach(const struct diagnosed *d)
{
	const char *all = NULL;

	for (int result = ATTACH_EBUSY; result <= ATTACH_HANGS; result++) {
		const char *ways = ways_that_get(d->dev, result);

		if (ways)
			all = word_append(all, "; ", ways);
	}
	return all ? arena_printf("an attach fails: %s", all) : NULL;
}

static const char *detach(const struct diagnosed *d)
{
	const char *why = detach_would_hang(d->report, d->dev);

	return why ? arena_printf("a detach would hang: %s", why) : NULL;
}

void diagnosis_add_consequences(const struct diagnosed *d)
{
	switch (d->diagnosis->state) {
	case STATE_PINNED:
		add(d, attach(d));
		break;
	case STATE_DEAD:
		add(d, requests(d));
		add(d, waiters(d));
		add(d, new_requests(d));
		add(d, attach(d));
		break;
	case STATE_DISCONNECTING:
	case STATE_STUCK:
	case STATE_SLOW:
		add(d, requests(d));
		add(d, waiters(d));
		add(d, new_requests(d));
		break;
	case STATE_UNKNOWN:
	case STATE_IDLE:
	case STATE_WORKING:
		add(d, new_requests(d));
		break;
	default:
		break;
	}
	if (d->diagnosis->state != STATE_PINNED)
		add(d, detach(d));
}
