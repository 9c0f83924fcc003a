// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/unix_peer.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/socket_states.h"
#include "resolve/kernel_types.h"
#include "base/names.h"
#include "base/words.h"

#define SUN_PATH_MAX 108
#define SOCK_DEAD    0x1 /* bit 0 of sk_flags in every kernel */

/* The family of a struct sock by its protocol, unknown where that is none of these. */
static num family_of(num prot)
{
	static const struct {
		const char *symbol;
		int family;
	} protocols[] = {
		{"unix_stream_proto", AF_UNIX}, {"unix_dgram_proto", AF_UNIX},
		{"unix_proto", AF_UNIX},	{"tcp_prot", AF_INET},
		{"tcpv6_prot", AF_INET6},
	};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (k_is_symbol(prot, protocols[i].symbol))
			return NUM(protocols[i].family);
	}
	return NUM_UNKNOWN;
}

/* The name bound to an AF_UNIX socket, NULL when it has none or when it cannot be read. */
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

static void read_unix(struct sock_info *info)
{
	num pid = k_num_at(info->sk, KM_SK_PEER_PID);
	num wmem = k_num_at(info->sk, KM_SK_WMEM_ALLOC);

	info->local = bound_name(info->sk, &info->name_unreadable);
	info->peer_sk = k_num_at(info->sk, KM_UNIX_PEER);
	/* unix_outq_len(): an idle socket has 1. One that was not accepted yet is charged for the
	 * message that announces it. */
	if (wmem.known && wmem.v && info->socket)
		info->send_queue_bytes = NUM(wmem.v - 1);
	if (pid.known && pid.v) {
		num first = k_pointer(k_at(pid.v, KM_PID_TASKS), "pid.tasks");

		/* tasks[PIDTYPE_PID] is the first list in all kernels, numbers[0] the initial
		 * namespace. */
		info->listener_pid = k_num_at(k_at(pid.v, KM_PID_NUMBERS), KM_UPID_NR);
		if (first.known)
			info->listener_alive = NUM(first.v != 0);
	}
}

/* A byte by 4.9; two bits in 4.4 and before, the lowest of a word of bit fields that crash gives as the
 * member. */
static num read_shutdown(const struct kobj *sk)
{
	num shutdown = k_num(sk, KM_SK_SHUTDOWN);

	if (k_member_size(KM_SK_SHUTDOWN) > 1)
		shutdown.v &= SHUTDOWN_MASK;
	return shutdown;
}

static const char *inet_name(const struct kobj *common, bool v6, bool local)
{
	num port = k_num(common, local ? KM_SKC_NUM : KM_SKC_DPORT);
	enum kmember m = v6 ? (local ? KM_SKC_V6_RCV_SADDR : KM_SKC_V6_DADDR)
			    : (local ? KM_SKC_RCV_SADDR : KM_SKC_DADDR);
	uint8_t address[16];

	if (!port.known || !k_read(k_at(common->addr, m), address, v6 ? 16 : 4, "sock_common"))
		return NULL;
	return name_inet(address, v6 ? 16 : 4, local ? (uint16_t)port.v : ntohs((uint16_t)port.v));
}

/* A TCP connection that ends or begins has a smaller structure, with a sock_common and little else; as
 * sk_fullsock(), include/net/sock.h. */
static bool is_full_sock(const struct sock_info *info)
{
	return num_is(info->family, AF_UNIX) || !info->state.known ||
	       (info->state.v != TCP_TIME_WAIT && info->state.v != TCP_NEW_SYN_RECV);
}

/* MPTCP has streams, too, and no struct tcp_sock. Kernels before it (v5.6) have sk_protocol as a bit field. */
static bool is_tcp(const struct sock_info *info, const struct kobj *sk)
{
	return num_is(info->type, SOCK_STREAM) && is_full_sock(info) &&
	       (k_member_size(KM_SK_PROTOCOL) != sizeof(uint16_t) ||
		num_is(k_num(sk, KM_SK_PROTOCOL), IPPROTO_TCP));
}

/* Before the handshake, and where the connection was reset since, the two need not belong together. */
static num tcp_unacknowledged(const struct sock_info *info)
{
	num next = k_num_at(info->sk, KM_TCP_WRITE_SEQ), acked = k_num_at(info->sk, KM_TCP_SND_UNA);
	uint32_t bytes = (uint32_t)(next.v - acked.v);

	if (!next.known || !acked.known || !info->state.known || num_is(info->state, TCP_SYN_SENT))
		return NUM_UNKNOWN;
	return bytes <= INT32_MAX ? NUM(bytes) : NUM_UNKNOWN;
}

static void read_inet(struct sock_info *info, const struct kobj *sk, const struct kobj *common)
{
	bool v6 = info->family.v == AF_INET6;

	if (v6 && !k_has(KM_SKC_V6_DADDR))
		return;
	info->local = inet_name(common, v6, true);
	info->remote = inet_name(common, v6, false);
	if (is_tcp(info, sk))
		info->send_queue_bytes = tcp_unacknowledged(info);
}

/* What is beyond these only damage makes: it is told, and unknown from then on. */
static void limit_values(struct sock_info *info)
{
	const struct {
		const char *what;
		num *value;
		uint64_t max;
	} limits[] = {
		{"sk_shutdown", &info->shutdown, SHUTDOWN_MASK},
		/* sock_alloc() takes it from get_next_ino(). */
		{"i_ino", &info->inode, UINT32_MAX},
		{"the number of bytes in its send queue", &info->send_queue_bytes, INT32_MAX},
		{"sk_receive_queue.qlen", &info->receive_queue, INT32_MAX},
		{"the pid in sk_peer_pid", &info->listener_pid, MAX_PID},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		num *value = limits[i].value;

		if (!value->known || value->v <= limits[i].max)
			continue;
		info->impossible = word_append(
			info->impossible, "; ",
			arena_printf("%s %s is impossible", limits[i].what, word_decimal(*value)));
		*value = NUM_UNKNOWN;
	}
}

/* Everything about one end; info->socket and info->sk are set. */
static void read_end(struct sock_info *info, struct file_set *files)
{
	struct kobj socket, sk, common;
	num flags;

	if (info->socket && k_load(&socket, K_SOCKET, info->socket)) {
		info->type = k_num(&socket, KM_SOCKET_TYPE);
		info->inode = k_num_at(k_at(info->socket, KM_SOCKET_VFS_INODE), KM_INODE_INO);
		info->file = file_watch(files, k_num(&socket, KM_SOCKET_FILE).v);
		info->socket_sk = k_num(&socket, KM_SOCKET_SK);
		if (info->file)
			info->file_socket = k_num_at(info->file->addr, KM_FILE_PRIVATE_DATA);
	}
	if (!info->sk)
		return;
	k_load(&sk, K_SOCK, info->sk);
	k_load(&common, K_SOCK_COMMON, k_at(info->sk, KM_SK_COMMON));
	flags = k_has(KM_SKC_FLAGS) ? k_num(&common, KM_SKC_FLAGS) : k_num(&sk, KM_SK_FLAGS);
	info->family = k_num(&common, KM_SKC_FAMILY);
	info->state = k_num(&common, KM_SKC_STATE);
	info->prot_family = family_of(k_num(&common, KM_SKC_PROT));
	if (flags.known)
		info->dead = NUM(flags.v & SOCK_DEAD);
	if (is_full_sock(info)) {
		info->shutdown = read_shutdown(&sk);
		info->sk_socket = k_num(&sk, KM_SK_SOCKET);
		info->receive_queue = k_num_at(k_at(info->sk, KM_SK_RECEIVE_QUEUE), KM_SKB_QLEN);
	}
	if (num_is(info->family, AF_UNIX))
		read_unix(info);
	else if (num_is(info->family, AF_INET) || num_is(info->family, AF_INET6))
		read_inet(info, &sk, &common);
}

static enum peer_status unix_peer_status(const struct sock_info *s, const struct sock_info *peer)
{
	if (!peer->dead.known || !peer->state.known || !num_is(peer->family, AF_UNIX))
		return PEER_UNKNOWN;
	if (!peer->socket)
		return peer->dead.v || peer->state.v == TCP_CLOSE ? PEER_CLOSED : PEER_NOT_ACCEPTED;
	if (!s->shutdown.known || !peer->shutdown.known || !num_is(peer->socket_sk, peer->sk))
		return PEER_UNKNOWN;
	return s->shutdown.v || peer->shutdown.v ? PEER_SHUT_DOWN : PEER_OPEN;
}

static struct sock_info *read_one(uint64_t socket, uint64_t sk, struct file_set *files)
{
	struct sock_info *info = arena_alloc(sizeof(*info));

	info->socket = socket;
	info->sk = sk;
	read_end(info, files);
	limit_values(info);
	return info;
}

static struct sock_info *read_with_peer(uint64_t socket, uint64_t sk, struct file_set *files)
{
	struct sock_info *info = read_one(socket, sk, files);

	if (!num_is(info->family, AF_UNIX))
		return info;
	if (!info->peer_sk.v)
		info->listener_pid = info->listener_alive = NUM_UNKNOWN;
	if (info->peer_sk.v) {
		num peer_socket = k_num_at(info->peer_sk.v, KM_SK_SOCKET);

		info->peer = read_one(peer_socket.v, info->peer_sk.v, files);
		info->remote = info->peer->local;
		/* sk_peer_pid is who called listen() for the connecting end only: that end has no
		 * name of its own and its peer has the listener's. Elsewhere it is who connected, or
		 * who called socketpair(). */
		if (info->local || !info->remote)
			info->listener_pid = info->listener_alive = NUM_UNKNOWN;
		/* An unreadable sk_socket must not pass for a missing one. */
		if (peer_socket.known)
			info->peer_status = unix_peer_status(info, info->peer);
	}
	return info;
}

struct sock_info *sock_read(uint64_t socket, struct file_set *files)
{
	return read_with_peer(socket, k_num_at(socket, KM_SOCKET_SK).v, files);
}

struct sock_info *sock_read_sk(uint64_t sk, struct file_set *files)
{
	return read_with_peer(k_num_at(sk, KM_SK_SOCKET).v, sk, files);
}

/* A struct sock without a struct socket has only its protocol to be known by. */
static bool is_orphaned_sk(uint64_t sk)
{
	return num_is(k_num_at(sk, KM_SK_SOCKET), 0) &&
	       family_of(k_num_at(k_at(sk, KM_SK_COMMON), KM_SKC_PROT)).known;
}

struct sock_info *sock_from_any(uint64_t addr, struct file_set *files)
{
	num sk = k_num_at(addr, KM_SOCKET_SK);
	num socket = k_num_at(addr, KM_FILE_PRIVATE_DATA);

	if (sk.known && sk.v && num_is(k_num_at(sk.v, KM_SK_SOCKET), addr))
		return sock_read(addr, files);
	if (k_is_symbol(k_num_at(addr, KM_FILE_OP), "socket_file_ops") && socket.known &&
	    num_is(k_num_at(socket.v, KM_SOCKET_FILE), addr))
		return sock_read(socket.v, files);
	socket = k_num_at(addr, KM_SK_SOCKET);
	if (socket.known && socket.v && num_is(k_num_at(socket.v, KM_SOCKET_SK), addr))
		return sock_read_sk(addr, files);
	return is_orphaned_sk(addr) ? sock_read_sk(addr, files) : NULL;
}
