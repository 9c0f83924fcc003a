// SPDX-License-Identifier: GPL-2.0-or-later
/* The tasks in state D of the whole kernel: how many of them nbd's devices explain. Pure; memory: arena. */
#ifndef NBD_JUDGE_BALANCE_H
#define NBD_JUDGE_BALANCE_H

#include "model/model.h"

struct balance {
	size_t in_d;	   /* tasks in state D */
	size_t *of_device; /* how many of them each device explains, by index of report->devices */
	const struct task **rest; /* those that none explains */
	size_t n_rest;
	size_t unread; /* tasks whose state could not be read */
};

struct balance balance_of(const struct report *report);

/* "23 tasks in D: 22 explained by nbd devices (nbd8 1, nbd9 21), 1 not: sh (2146)". */
const char *balance_phrase(const struct report *report);

#endif
