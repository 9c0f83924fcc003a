// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AF_UNIX sockets: names, queues, and the socket at the other end. States and what they mean mirror
 * net/unix/af_unix.c, unix_stream_connect() and unix_release_sock().
 */
#include <sys/socket.h>

#include "base/names.h"
#include "base/socket_states.h"
#include "collect/socket_family.h"
#include "resolve/kernel_types.h"

#define SUN_PATH_MAX 108

/* The name bound to the socket, NULL when it has none or when it cannot be read. */
static const char *bound_name(uint64_t sk, bool *unreadable)
{
	num addr = k_num_at(sk, KM_UNIX_ADDR);
	num len = addr.known && addr.v ? k_num_at(addr.v, KM_UNIX_ADDRESS_LEN) : NUM_UNKNOWN;
	char sun_path[SUN_PATH_MAX];

	*unreadable = !num_is(addr, 0);
	/* len counts the two bytes of sun_family too. */
	if (!len.known || len.v < 2 || len.v - 2 > sizeof(sun_path))
		return NULL;
	if (len.v > 2 && !k_read(k_at(addr.v, KM_UNIX_ADDRESS_NAME) + 2, sun_path, len.v - 2,
				 "unix_address.name"))
		return NULL;
	*unreadable = false;
	return len.v > 2 ? name_unix(sun_path, len.v - 2) : NULL;
}

static void read_listener(struct sock_info *info)
{
	num pid = k_num_at(info->sk, KM_SK_PEER_PID), first;

	if (!pid.known || !pid.v)
		return;
	/* tasks[PIDTYPE_PID] is the first list in all kernels, numbers[0] the initial namespace. */
	first = k_pointer(k_at(pid.v, KM_PID_TASKS), "pid.tasks");
	info->listener_pid = k_num_at(k_at(pid.v, KM_PID_NUMBERS), KM_UPID_NR);
	if (first.known)
		info->listener_alive = NUM(first.v != 0);
}

static void read_unix(struct sock_info *info, const struct kobj *sk, const struct kobj *common)
{
	num wmem = k_num_at(info->sk, KM_SK_WMEM_ALLOC);

	(void)sk;
	(void)common;
	info->local = bound_name(info->sk, &info->name_unreadable);
	info->peer_sk = k_num_at(info->sk, KM_UNIX_PEER);
	/* unix_outq_len(): an idle socket has 1. A socket that was not accepted yet is charged for the
	 * message that announces it. */
	if (wmem.known && wmem.v && info->socket)
		info->send_queue_bytes = NUM(wmem.v - 1);
	read_listener(info);
}

static enum peer_status status_of_peer(const struct sock_info *s, const struct sock_info *peer)
{
	if (!peer->dead.known || !peer->state.known || !num_is(peer->family, AF_UNIX))
		return PEER_UNKNOWN;
	if (!peer->socket)
		return peer->dead.v || peer->state.v == TCP_CLOSE ? PEER_CLOSED : PEER_NOT_ACCEPTED;
	if (!s->shutdown.known || !peer->shutdown.known || !num_is(peer->socket_sk, peer->sk))
		return PEER_UNKNOWN;
	return s->shutdown.v || peer->shutdown.v ? PEER_SHUT_DOWN : PEER_OPEN;
}

static void find_peer(struct sock_info *info, socket_end_reader *read_end, struct file_set *files)
{
	num peer_socket;

	if (!info->peer_sk.v) {
		info->listener_pid = info->listener_alive = NUM_UNKNOWN;
		return;
	}
	peer_socket = k_num_at(info->peer_sk.v, KM_SK_SOCKET);
	info->peer = read_end(peer_socket.v, info->peer_sk.v, files);
	info->remote = info->peer->local;
	/* sk_peer_pid is who called listen() only at the end that connected: that end has no name of its
	 * own, and its peer has the listener's. At other ends it is who connected, or who called
	 * socketpair(). */
	if (info->local || !info->remote)
		info->listener_pid = info->listener_alive = NUM_UNKNOWN;
	/* An sk_socket that could not be read must not be taken for one that is not there. */
	if (peer_socket.known)
		info->peer_status = status_of_peer(info, info->peer);
}

const struct socket_family unix_family = {
	.protocols = {{"unix_stream_proto", AF_UNIX},
		      {"unix_dgram_proto", AF_UNIX},
		      {"unix_proto", AF_UNIX}},
	.is_always_full = true,
	.read = read_unix,
	.find_peer = find_peer,
};
