// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/problems.h"

#include "base/arena.h"

void problem_add(struct problems *problems, const char *text)
{
	*ARENA_PUSH(problems->v, problems->n) = text;
}

void problems_append(struct problems *problems, const struct problems *others)
{
	for (size_t i = 0; i < others->n; i++)
		problem_add(problems, others->v[i]);
}
