// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/mutex.h"

#include "resolve/kernel_types.h"
#include "resolve/klist.h"

/* The low bits of mutex.owner are flags. */
#define MUTEX_FLAGS 7ull

num mutex_owner(uint64_t mutex)
{
	num owner = mutex ? k_num_at(mutex, KM_MUTEX_OWNER) : NUM_UNKNOWN;

	owner.v &= ~MUTEX_FLAGS;
	return owner;
}

/* Shows the task of a mutex_waiter to visit. False when it cannot be read. */
static bool visit_waiter(uint64_t waiter, void (*visit)(void *, uint64_t), void *context)
{
	num task = k_num_at(waiter, KM_MUTEX_WAITER_TASK);

	if (task.known)
		visit(context, task.v);
	return task.known;
}

bool mutex_waiters(uint64_t mutex, void (*visit)(void *context, uint64_t task), void *context)
{
	/* In a kernel whose mutex has no list head the waiters are a ring, and the mutex points to the first. */
	bool ring = !k_has(KM_MUTEX_WAIT_LIST), complete = true;
	num head = ring ? k_num_at(mutex, KM_MUTEX_FIRST_WAITER)
			: NUM(k_at(mutex, KM_MUTEX_WAIT_LIST));
	struct klist waiters;

	if (!k_has(KM_MUTEX_WAITER_LIST) || !head.known)
		return false;
	if (ring && !head.v)
		return true;
	if (ring) {
		complete = visit_waiter(head.v, visit, context);
		head.v = k_at(head.v, KM_MUTEX_WAITER_LIST);
	}
	waiters = klist_of(head, "mutex.wait_list");
	while (klist_next(&waiters))
		complete &= visit_waiter(k_container(waiters.node, KM_MUTEX_WAITER_LIST), visit,
					 context);
	return complete && waiters.complete;
}
