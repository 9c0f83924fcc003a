// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/mutex.h"

#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/rbtree.h"

/* The low bits of mutex.owner are flags, and so is the lowest of rt_mutex_base.owner. */
#define MUTEX_FLAGS    7ull
#define RT_MUTEX_FLAGS 1ull

struct visitor {
	void (*visit)(void *context, uint64_t task);
	void *context;
};

num mutex_owner(uint64_t mutex)
{
	bool rt = k_has(KM_MUTEX_RTMUTEX);
	num owner = NUM_UNKNOWN;

	if (mutex)
		owner = rt ? k_num_at(k_at(mutex, KM_MUTEX_RTMUTEX), KM_RT_MUTEX_OWNER)
			   : k_num_at(mutex, KM_MUTEX_OWNER);
	owner.v &= rt ? ~RT_MUTEX_FLAGS : ~MUTEX_FLAGS;
	return owner;
}

/* Shows the task of a waiter to the visitor. False when it cannot be read. */
static bool visit_task(const struct visitor *visitor, num task)
{
	if (task.known)
		visitor->visit(visitor->context, task.v);
	return task.known;
}

static bool visit_rt_waiter(void *context, uint64_t node)
{
	return visit_task(context,
			  k_num_at(k_container(node, KM_RT_WAITER_TREE), KM_RT_WAITER_TASK));
}

static bool rt_mutex_waiters(uint64_t rtmutex, struct visitor *visitor)
{
	uint64_t waiters = k_at(rtmutex, KM_RT_MUTEX_WAITERS);

	return k_has(KM_RT_WAITER_TREE) &&
	       rbtree_walk(k_at(waiters, KM_RB_CACHED_ROOT), visit_rt_waiter, visitor);
}

bool mutex_waiters(uint64_t mutex, void (*visit)(void *context, uint64_t task), void *context)
{
	/* In a kernel whose mutex has no list head the waiters are a ring, and the mutex points to the first. */
	bool ring = !k_has(KM_MUTEX_WAIT_LIST), complete = true;
	num head = ring ? k_num_at(mutex, KM_MUTEX_FIRST_WAITER)
			: NUM(k_at(mutex, KM_MUTEX_WAIT_LIST));
	struct visitor visitor = {visit, context};
	struct klist waiters;

	if (k_has(KM_MUTEX_RTMUTEX))
		return rt_mutex_waiters(k_at(mutex, KM_MUTEX_RTMUTEX), &visitor);
	if (!k_has(KM_MUTEX_WAITER_LIST) || !head.known)
		return false;
	if (ring && !head.v)
		return true;
	if (ring) {
		complete = visit_task(&visitor, k_num_at(head.v, KM_MUTEX_WAITER_TASK));
		head.v = k_at(head.v, KM_MUTEX_WAITER_LIST);
	}
	waiters = klist_of(head, "mutex.wait_list");
	while (klist_next(&waiters))
		complete &= visit_task(&visitor,
				       k_num_at(k_container(waiters.node, KM_MUTEX_WAITER_LIST),
						KM_MUTEX_WAITER_TASK));
	return complete && waiters.complete;
}
