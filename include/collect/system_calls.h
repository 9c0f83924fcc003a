// SPDX-License-Identifier: GPL-2.0-or-later
/* References to struct files of threads that are inside a system call on them. */
#ifndef NBD_COLLECT_SYSTEM_CALLS_H
#define NBD_COLLECT_SYSTEM_CALLS_H

#include "collect/file_owner.h"

/*
 * Adds a holder to each file of the set that has more references than are known, for each of these that is proven to be
 * a system call's. To be called after file_scan(); where all references are known nothing is read. It forgets what an
 * earlier call has found: more tasks may be known. Memory: arena.
 *
 * poll(), select() and their like hold one for each wait queue in which they wait, so that the file's own wait queue tells.
 *
 * Other calls hold one to what they are made on, if the file table was shared when they began: see fdget() of fs/file.c.
 * So several tasks must have the table. NBD_SET_SOCK holds one to the socket that it is given, from the beginning of
 * nbd_add_socket() on, shared or not. Either is proven when the thread's registers name the call and the fd, its table
 * has the file there, its stack is inside the call or that function, and the file, its socket or its struct sock is on the
 * stack, which the call needs for its end. Who waits in the socket's queue by an entry on his own stack needs no more proof
 * than his registers and the table.
 */
void system_calls_collect(struct file_set *files, const struct task_list *tasks);

/* The same by the wait queues alone, which takes little. */
void system_calls_in_queues(struct file_set *files, const struct task_list *tasks);

/*
 * Adds those in such calls whose process once had other threads and has none now: whether these were there when the call
 * began is not known. All that is certain is to be looked for first.
 */
void system_calls_once_shared(struct file_set *files, const struct task_list *tasks);

#endif
