// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/diagnosis.h"

#include <string.h>

#include "base/arena.h"
#include "judge/diagnosed.h"
#include "judge/facts.h"
#include "judge/state.h"

#define CAUSE_ROW(id, test, steps) {id, test, steps},
static const struct {
	const char *id;
	cause_fn *test;
	steps_fn *steps;
} causes[] = {CAUSES(CAUSE_ROW)};
#undef CAUSE_ROW

#define N_CAUSES (sizeof(causes) / sizeof(causes[0]))

const char *diagnosis_cause_id(size_t i)
{
	return i < N_CAUSES ? causes[i].id : NULL;
}

void diagnosis_add_pid(const struct diagnosed *d, uint32_t pid)
{
	for (size_t i = 0; i < d->diagnosis->n_pids; i++) {
		if (d->diagnosis->pids[i] == pid)
			return;
	}
	*ARENA_PUSH(d->diagnosis->pids, d->diagnosis->n_pids) = pid;
}

void diagnosis_judge(const struct report *report, struct device *dev)
{
	struct diagnosis *diagnosis;
	struct diagnosed d;
	size_t i = 0;

	dev->diagnosis = NULL;
	if (fact_is_unconfigured(dev))
		return;
	diagnosis = arena_alloc(sizeof(*diagnosis));
	d = (struct diagnosed){report, dev, diagnosis};
	diagnosis->state = state_of(report, dev);
	/* The last cause is always true. */
	while (!causes[i].test(&d))
		i++;
	diagnosis->cause_id = causes[i].id;
	diagnosis_add_consequences(&d);
	causes[i].steps(&d);
	dev->diagnosis = diagnosis;
}

bool diagnosis_is_trouble(const struct device *dev)
{
	return dev->diagnosis && strcmp(dev->diagnosis->cause_id, "none") != 0;
}

/* Of one cause, for the same processes; without a process nothing says that it is the same. */
static bool is_shared(const struct device *a, const struct device *b)
{
	const struct diagnosis *x = a->diagnosis, *y = b->diagnosis;

	return diagnosis_is_trouble(a) && diagnosis_is_trouble(b) && x->n_pids &&
	       x->n_pids == y->n_pids && !strcmp(x->cause_id, y->cause_id) &&
	       !memcmp(x->pids, y->pids, x->n_pids * sizeof(*x->pids));
}

static bool is_first_of_its_cause(const struct report *report, size_t which)
{
	for (size_t i = 0; i < which; i++) {
		if (is_shared(&report->devices[i], &report->devices[which]))
			return false;
	}
	return true;
}

void diagnosis_find_shared(struct report *report)
{
	report->shared = NULL;
	report->n_shared = 0;
	for (size_t i = 0; i < report->n_devices; i++) {
		struct shared_cause shared = {.cause = NULL};

		if (!is_first_of_its_cause(report, i))
			continue;
		for (size_t k = i; k < report->n_devices; k++) {
			if (is_shared(&report->devices[i], &report->devices[k]))
				*ARENA_PUSH(shared.devices, shared.n_devices) = &report->devices[k];
		}
		if (shared.n_devices < 2)
			continue;
		shared.cause = report->devices[i].diagnosis->cause;
		*ARENA_PUSH(report->shared, report->n_shared) = shared;
	}
}
