// SPDX-License-Identifier: GPL-2.0-or-later
/* What could not be read or contradicts itself, a sentence each: printed beside every report. */
#ifndef NBD_BASE_PROBLEMS_H
#define NBD_BASE_PROBLEMS_H

#include <stddef.h>

/* Zero-initialised: none. Memory: arena. */
struct problems {
	const char **v;
	size_t n;
};

/* Adds a sentence, without its full stop, which must live in the arena or be static. */
void problem_add(struct problems *problems, const char *text);

#endif
