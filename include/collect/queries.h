// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has single files and sockets: what takes less than to read all that a report of the devices takes. */
#ifndef NBD_COLLECT_QUERIES_H
#define NBD_COLLECT_QUERIES_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Sets sock, file and path of a query by address, without looking for an nbd device or connection there. False when the
 * address is that of neither a socket nor a struct file. What is asked about is watched in files, the other end of a
 * socket that nobody asked about in others. Memory: arena.
 */
bool queries_resolve(struct query *q, struct file_set *files, struct file_set *others);

/*
 * Fills the report with what the queries ask about, if all of them mean sockets or files by their addresses. Otherwise
 * it returns false, and nothing has changed but the number of reads. Memory: arena.
 *
 * First the file tables of all processes are searched, as their leaders have them, and the threads of those that own
 * the files. That is all there is when it explains each reference (f_count), and when as many tasks as the kernel counts
 * (files_struct.count) were seen to use each owner's table. While it is not, nbd's connections, all other threads, messages,
 * system calls and rings are looked at, in this order.
 */
bool queries_collect(struct report *report, struct query *queries, size_t n);

#endif
