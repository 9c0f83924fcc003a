// SPDX-License-Identifier: GPL-2.0-or-later
/* References to struct files that are no file descriptors: SCM_RIGHTS messages in flight, files
 * below loop devices, and files registered with an io_uring. */
#ifndef NBD_COLLECT_FILE_HOLDERS_H
#define NBD_COLLECT_FILE_HOLDERS_H

#include "model/model.h"

/* One such reference. */
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
 * Appends every file that waits in the receive queue of an AF_UNIX socket of any network namespace.
 * Finds files of all kinds, which the kernel's garbage collectors (two generations of them) do not:
 * those know AF_UNIX sockets only. Mirrors unix_attach_fds() of net/unix. Memory: arena.
 */
void file_holders_in_flight(struct held_files *held);

/*
 * Appends the file below each loop device. Mirrors loop_configure() of drivers/block/loop.c.
 * Memory: arena.
 */
void file_holders_below_loops(struct held_files *held);

/*
 * Appends every file registered with an io_uring (IORING_REGISTER_FILES) whose ring is an open file of
 * some task. Reads f_op of every open file, unless no living task has made or used a ring: to be asked
 * only when references remain unexplained.
 * Mirrors io_sqe_files_register() of io_uring.
 */
void file_holders_in_rings(struct held_files *held, const struct task_list *tasks);

#endif
