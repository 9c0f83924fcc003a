// SPDX-License-Identifier: GPL-2.0-or-later
/* References to struct files of threads that are inside a system call on them. */
#ifndef NBD_COLLECT_SYSTEM_CALLS_H
#define NBD_COLLECT_SYSTEM_CALLS_H

#include "collect/file_owner.h"

/*
 * Adds a holder to each file of the set that has more references than are known, for each of these that is proven to be
 * a system call's. To be called after file_scan(); where all references are known nothing is read. Memory: arena.
 *
 * poll(), select() and their like hold one for each wait queue in which they wait, so that the file's own wait queue tells.
 * All other calls hold one only where the file table was shared when they began: see fdget() of fs/file.c. Of these a thread counts
 * when its registers name the call and the fd, its table has the file there, and it waits in the socket's queue by an entry on its own
 * stack; or its stack is inside that call, and the file, its socket or its struct sock is on the stack: the call needs
 * it for its end.
 */
void system_calls_collect(struct file_set *files, const struct task_list *tasks);

/*
 * The same by the wait queues alone, and without threads whose table may not have been shared: what is found is certain, so
 * that other references need not be looked for first. Both forget what an earlier call has found: more tasks may be known.
 */
void system_calls_in_queues(struct file_set *files, const struct task_list *tasks);

#endif
