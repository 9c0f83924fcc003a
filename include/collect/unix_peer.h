// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets and what is at their other end: AF_UNIX here, TCP with the help of tcp_peer.h. */
#ifndef NBD_COLLECT_UNIX_PEER_H
#define NBD_COLLECT_UNIX_PEER_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Reads the socket whose struct socket is at addr, and for AF_UNIX its peer. The files of both ends
 * are watched in files. Never NULL; what could not be read is unknown in it. Memory: arena.
 * States and their meaning mirror net/unix/af_unix.c, unix_stream_connect() and
 * unix_release_sock().
 */
struct sock_info *sock_read(uint64_t socket, struct file_set *files);

/* The same for a struct sock, which may have lost its struct socket. */
struct sock_info *sock_read_sk(uint64_t sk, struct file_set *files);

/*
 * The socket that the address of a struct socket, sock or file of a socket means, told by the
 * pointers that lead from one to the other and back. NULL when it is none of them.
 */
struct sock_info *sock_from_any(uint64_t addr, struct file_set *files);

#endif
