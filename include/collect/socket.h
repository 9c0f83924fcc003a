// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets and what is at their other end. What differs between families is in socket_family.h. */
#ifndef NBD_COLLECT_SOCKET_H
#define NBD_COLLECT_SOCKET_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Reads the socket whose struct socket is at addr, and its other end where the socket points at it. The
 * files of both ends are watched in files. Never NULL; what could not be read is unknown in it. Memory:
 * arena.
 */
struct sock_info *socket_read(uint64_t addr, struct file_set *files);

/*
 * The socket that is meant by the address of a struct socket, of a struct sock or of a socket's struct file,
 * recognised by the pointers that lead from one to the other and back. NULL when it is none of them. Files are
 * watched and memory is taken as by socket_read().
 */
struct sock_info *socket_from_any(uint64_t addr, struct file_set *files);

/*
 * Sets peer and peer_status of those of the n sockets whose other ends must be looked up in a table of the
 * kernel, with one walk over each table. Appends a sentence to problems where a table could not be searched
 * in full.
 */
void socket_find_peers(struct sock_info **socks, size_t n, struct file_set *files,
		       struct problems *problems);

/* Sets listener of those of the n sockets that have the pid of who listens: of a living process. */
void socket_find_listeners(struct sock_info **socks, size_t n, const struct task_list *tasks);

#endif
