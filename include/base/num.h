// SPDX-License-Identifier: GPL-2.0-or-later
/* A value of the kernel image, which may be unknown. */
#ifndef NBD_BASE_NUM_H
#define NBD_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

/*
 * A value is known; or it is unknown because it could not be read; or it is unknown because this kernel
 * has no such member. What is unknown is printed as unknown, never as 0. Even so its v is 0, and code may look
 * at v alone where 0 and "unknown" mean the same to it, as for a pointer that leads nowhere.
 */
typedef struct {
	uint64_t v;
	bool known;
	bool absent; /* this kernel does not have it; never together with known */
} num;

#define NUM(value)  ((num){.v = (uint64_t)(value), .known = true})
#define NUM_UNKNOWN ((num){0})
#define NUM_ABSENT  ((num){.absent = true})

/* True when the value was read and equals v; an unknown value equals nothing. */
static inline bool num_is(num n, uint64_t v)
{
	return n.known && n.v == v;
}

#endif
