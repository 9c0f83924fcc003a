// SPDX-License-Identifier: GPL-2.0-or-later
/* What could not be read, or contradicts itself: a sentence for each, printed with every report. */
#ifndef NBD_BASE_PROBLEMS_H
#define NBD_BASE_PROBLEMS_H

#include <stddef.h>

/* Empty when zero-initialised. Memory: arena. */
struct problems {
	const char **v;
	size_t n;
};

/* Adds a sentence without its full stop. It is not copied: it must be static or live in the arena. */
void problem_add(struct problems *problems, const char *text);

/* Adds all of others, which are not copied either. */
void problems_append(struct problems *problems, const struct problems *others);

#endif
