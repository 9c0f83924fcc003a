// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's struct mutex: who holds one, and who waits for it. Mirrors kernel/locking/mutex.c. */
#ifndef NBD_COLLECT_MUTEX_H
#define NBD_COLLECT_MUTEX_H

#include <stdbool.h>

#include "base/num.h"

/* The task_struct that holds the mutex at this address, 0 when it is free. Unknown where it cannot be read, and for
 * the address 0. */
num mutex_owner(uint64_t mutex);

/* Calls visit with the task_struct of each task that waits for the mutex, the first in line first. False when not all
 * of them could be read. */
bool mutex_waiters(uint64_t mutex, void (*visit)(void *context, uint64_t task), void *context);

#endif
