// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks that wait for a lock which another task holds. */
#ifndef NBD_COLLECT_BLOCKED_BEHIND_H
#define NBD_COLLECT_BLOCKED_BEHIND_H

#include "collect/block_devices.h"
#include "model/model.h"
#include "resolve/kernel_stack.h"

struct blocked_list {
	struct blocked *v;
	size_t n;
};

/*
 * Adds the task where its stack says that it waits for a mutex or a rwsem whose owner is known, or for the end of a
 * journal's transaction. The waiter that the kernel has put on the task's own stack tells: it names the task and is in the
 * lock's list. Of a rwsem that readers hold the kernel keeps only the last of them, which may have let go: that one
 * counts as long as its own stack leads to the lock. False when the task waits for a lock that could not be read.
 * Memory: arena. Mirrors kernel/locking/mutex.c and rwsem.c, fs/jbd2.
 */
bool blocked_behind_read(struct blocked_list *blocked, const struct task *task,
			 const struct kernel_stack *stack, const struct task_list *tasks,
			 const struct block_devices *block_devices);

/* Fills behind and n_behind of the devices: those whose lock is held, directly or over others that wait, by a task
 * that a device explains. The others are left out. */
void blocked_behind_devices(struct report *report, const struct blocked_list *blocked,
			    struct stack_reader *stacks);

#endif
