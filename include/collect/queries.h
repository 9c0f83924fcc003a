// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has single files and sockets: what takes less than to read all that a report of the devices takes. */
#ifndef NBD_COLLECT_QUERIES_H
#define NBD_COLLECT_QUERIES_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Sets sock, file and path of a query to what is at addr. False when that is the address of neither a socket nor a struct
 * file. What is asked about is watched in files, the other end of a socket that nobody asked about in others. Memory:
 * arena.
 */
bool queries_resolve(struct query *q, uint64_t addr, struct file_set *files,
		     struct file_set *others);

/*
 * Fills the report with what the queries ask about, if all of them mean sockets, files or connections of nbd by their
 * addresses. Otherwise it returns false, and nothing has changed but the number of reads. Memory: arena.
 *
 * First the file tables of all processes are searched, as their leaders have them, and the threads of those that own
 * the files; then all threads, if the kernel counts more users (files_struct.count) of an owner's table than were seen.
 * While fewer references were found than a file has (f_count), these are looked at, in this order: who waits for the
 * socket, nbd's connections, all threads, messages and loop devices, system calls, rings, and last those system calls
 * that may hold nothing. The same where an end of a socket cannot be read, for nobody knows who has it. A user of an
 * owner's table who was not found at all is told as a problem.
 */
bool queries_collect(struct report *report, struct query *queries, size_t n);

#endif
