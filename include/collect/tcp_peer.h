// SPDX-License-Identifier: GPL-2.0-or-later
/* The local other end of TCP connections, looked up in the kernel's table of established sockets. */
#ifndef NBD_COLLECT_TCP_PEER_H
#define NBD_COLLECT_TCP_PEER_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Sets peer and peer_status of those of the n sockets that are TCP, with one walk over
 * tcp_hashinfo.ehash. A peer is the socket with the mirrored address pair, in the same network
 * namespace when the address is a loopback one. Without one, the status follows from the socket's own
 * TCP state. Returns NULL, or a sentence on what could not be searched (arena).
 */
const char *tcp_find_peers(struct sock_info **socks, size_t n, struct file_set *files);

#endif
