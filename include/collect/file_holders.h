// SPDX-License-Identifier: GPL-2.0-or-later
/* What holds a struct file without a file descriptor: SCM_RIGHTS messages in flight, loop devices above the
 * file, and io_urings that it is registered with. */
#ifndef NBD_COLLECT_FILE_HOLDERS_H
#define NBD_COLLECT_FILE_HOLDERS_H

#include "collect/file_owner.h"
#include "model/model.h"

/* A struct file's address, and what holds a reference to it. */
struct held_file {
	uint64_t file;
	struct holder by;
};

struct held_files {
	struct held_file *v;
	size_t n;
	struct problems problems; /* what could not be searched */
};

/*
 * Appends every file that waits in a message in the receive queue of an AF_UNIX socket, in all network
 * namespaces. The queues themselves are searched, not the lists of the kernel's garbage collector, which
 * know only files that are AF_UNIX sockets. The files of those sockets are watched: their owners can receive the
 * message. A ring (io_uring) of kernels before 6.8 has such a socket, too, and keeps registered files in messages to
 * itself: there the ring holds the file. What could not be read becomes a problem. Memory: arena.
 * Mirrors unix_attach_fds() of net/unix and __io_sqe_files_scm() of io_uring.
 */
void file_holders_in_flight(struct held_files *held, struct file_set *files);

/*
 * Appends the file below each loop device; what could not be read becomes a problem. Memory: arena.
 * Mirrors loop_configure() of drivers/block/loop.c.
 */
void file_holders_below_loops(struct held_files *held);

/* Adds the holders of watched files from held->v[first] on; those before that have been added. */
void file_holders_add(const struct file_set *files, const struct held_files *held, size_t first);

/* Asked whenever such files were appended: true when no more need be found. */
typedef bool file_holders_suffice(void *context);

/*
 * Appends the files that are registered (IORING_REGISTER_FILES) with an io_uring that a task has open, until what was found
 * suffices; what could not be read becomes a problem. The tasks that have made or used a ring come first, then those to
 * whom one was passed on; in each, small file tables. This reads f_op of every file that these tasks have open: call it
 * only when references remain unexplained, and after file_holders_in_flight(). No file is appended twice for one ring.
 * Memory: arena.
 * Mirrors io_sqe_files_register() of io_uring.
 */
void file_holders_in_rings(struct held_files *held, const struct task_list *tasks,
			   file_holders_suffice *suffice, void *context);

#endif
