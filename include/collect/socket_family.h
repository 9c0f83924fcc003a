// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A family of sockets: what socket.c cannot read without knowing which family a socket is of. Each family is a
 * file with one row; what judge and render need to know of it is in base/socket_kinds.c.
 */
#ifndef NBD_COLLECT_SOCKET_FAMILY_H
#define NBD_COLLECT_SOCKET_FAMILY_H

#include <stdbool.h>

#include "collect/file_owner.h"
#include "model/model.h"
#include "resolve/kernel_types.h"

/* A struct proto of the kernel, by its symbol, and the family (AF_*) of the sockets that have it. */
struct socket_protocol {
	const char *symbol;
	int family;
};

#define SOCKET_MAX_PROTOCOLS 4

/* Reads one end without looking for the other one; either address may be 0. Never NULL; what could not be
 * read is unknown in it. Memory: arena. */
typedef struct sock_info *socket_end_reader(uint64_t socket, uint64_t sk, struct file_set *files);

struct socket_family {
	/* A socket belongs to the row that has its family here. Unused elements at the end are empty. */
	struct socket_protocol protocols[SOCKET_MAX_PROTOCOLS];

	/* Such a socket is a whole struct sock in each of its states: see socket_is_full(). */
	bool is_always_full;

	/* Fills names and queues from the loaded struct sock and its sock_common. */
	void (*read)(struct sock_info *info, const struct kobj *sk, const struct kobj *common);

	/* Where a socket points at its other end: reads that and sets peer, remote and peer_status. NULL
	 * in families that have find_peers. */
	void (*find_peer)(struct sock_info *info, socket_end_reader *read_end,
			  struct file_set *files);

	/* Where other ends must be looked up in a table: sets the same for those of the n sockets that
	 * belong to this row, with one walk for all. Returns NULL, or a sentence on what could not be
	 * searched (arena or static). NULL in families that have find_peer. */
	const char *(*find_peers)(struct sock_info **socks, size_t n, socket_end_reader *read_end,
				  struct file_set *files);
};

/* All rows: each is a const struct socket_family of that name. */
#define SOCKET_FAMILIES(ROW)                                                                       \
	ROW(unix_family)                                                                           \
	ROW(tcp_family)

#define SOCKET_FAMILY_DECLARED(name) extern const struct socket_family name;
SOCKET_FAMILIES(SOCKET_FAMILY_DECLARED)
#undef SOCKET_FAMILY_DECLARED

/* True unless the socket is one of the smaller structures that TCP has for a connection that begins or
 * ends: those have a sock_common and little else. Mirrors sk_fullsock() of include/net/sock.h. */
bool socket_is_full(const struct socket_family *family, const struct sock_info *info);

#endif
