// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP sockets: addresses, queues, and the sockets of this kernel at the other ends, which are looked up in
 * its table of established sockets, tcp_hashinfo.ehash.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/socket_states.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"
#include "base/ptr_map.h"
#include "collect/socket_family.h"
#include "base/names.h"

/* alloc_large_system_hash() gives tcp_hashinfo.ehash 512 Ki buckets at most by default; thash_entries=
 * may ask for more, but not for this many. */
#define MAX_BUCKETS	 (64u << 20)
#define BUCKETS_PER_READ 16384

/* Both ends of a connection as one socket sees them; IPv4 as ::ffff:a.b.c.d, so that an AF_INET6
 * server's end of an IPv4 connection compares equal. */
struct tuple {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint64_t net;
};

struct target {
	struct sock_info *sock;
	struct tuple tuple;
	struct target *next; /* with the same ports */
};

struct search {
	struct ptr_map targets; /* by port_key() */
	socket_end_reader *read_end;
	struct file_set *files;
};

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

/* sk_protocol is a number from v5.6 on. Before, it is a bit field, and the smaller structures of connections
 * that begin or end do not have it. */
static num read_protocol(const struct sock_info *info, const struct kobj *sk)
{
	if (!socket_is_full(&tcp_family, info) || k_member_size(KM_SK_PROTOCOL) != sizeof(uint16_t))
		return NUM_ABSENT;
	return k_num(sk, KM_SK_PROTOCOL);
}

/* MPTCP has streams of these families, too: such a socket has no struct tcp_sock and is not in the table of
 * sockets, only its subflows are. Kernels that do not tell by sk_protocol are older than MPTCP. */
static bool is_tcp(const struct sock_info *s)
{
	return (num_is(s->family, AF_INET) || num_is(s->family, AF_INET6)) &&
	       num_is(s->type, SOCK_STREAM) && s->sk &&
	       (s->protocol.absent || num_is(s->protocol, IPPROTO_TCP));
}

/* How many bytes were sent and not acknowledged. Before the handshake, and after a reset, the two counters
 * need not belong together. */
static num unacknowledged_bytes(const struct sock_info *info)
{
	num next = k_num_at(info->sk, KM_TCP_WRITE_SEQ), acked = k_num_at(info->sk, KM_TCP_SND_UNA);
	uint32_t bytes = (uint32_t)(next.v - acked.v);

	if (!next.known || !acked.known || !info->state.known || num_is(info->state, TCP_SYN_SENT))
		return NUM_UNKNOWN;
	return bytes <= INT32_MAX ? NUM(bytes) : NUM_UNKNOWN;
}

/* Bytes that the other end takes beyond those that it has acknowledged: tcp_sock.snd_wnd. */
static num send_window(const struct sock_info *info)
{
	return num_is(info->state, TCP_ESTABLISHED) ? k_num_at(info->sk, KM_TCP_SND_WND)
						    : NUM_UNKNOWN;
}

static void read_inet(struct sock_info *info, const struct kobj *sk, const struct kobj *common)
{
	bool v6 = info->family.v == AF_INET6;

	info->protocol = read_protocol(info, sk);
	if (v6 && !k_has(KM_SKC_V6_DADDR))
		return;
	info->local = inet_name(common, v6, true);
	info->remote = inet_name(common, v6, false);
	if (is_tcp(info) && socket_is_full(&tcp_family, info)) {
		info->send_queue_bytes = unacknowledged_bytes(info);
		info->send_window = send_window(info);
	}
}

static bool read_address(const struct kobj *common, bool v6, enum kmember m4, enum kmember m6,
			 uint8_t address[16])
{
	if (v6)
		return k_has(m6) && k_read(k_at(common->addr, m6), address, 16, "skc_v6_addr");
	memset(address, 0, 10);
	memset(address + 10, 0xff, 2);
	return k_read(k_at(common->addr, m4), address + 12, 4, "skc_addr");
}

static bool read_tuple(const struct kobj *common, struct tuple *t)
{
	num family = k_num(common, KM_SKC_FAMILY);
	num local = k_num(common, KM_SKC_NUM), remote = k_num(common, KM_SKC_DPORT);
	num net = k_num(common, KM_SKC_NET);
	bool v6 = num_is(family, AF_INET6);

	if ((!v6 && !num_is(family, AF_INET)) || !local.known || !remote.known || !net.known)
		return false;
	t->local_port = (uint16_t)local.v;
	t->remote_port = ntohs((uint16_t)remote.v);
	t->net = net.v;
	return read_address(common, v6, KM_SKC_RCV_SADDR, KM_SKC_V6_RCV_SADDR, t->local) &&
	       read_address(common, v6, KM_SKC_DADDR, KM_SKC_V6_DADDR, t->remote);
}

static bool is_loopback(const uint8_t address[16])
{
	static const uint8_t v6[16] = {[15] = 1},
			     mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

	return !memcmp(address, v6, sizeof(v6)) || !memcmp(address, mapped, sizeof(mapped));
}

/* Every network namespace has a 127.0.0.1 of its own; other addresses are the same host's wherever
 * the mirrored pair, ephemeral port included, is seen. */
static bool is_mirrored(const struct tuple *a, const struct tuple *b)
{
	return a->local_port == b->remote_port && a->remote_port == b->local_port &&
	       !memcmp(a->local, b->remote, 16) && !memcmp(a->remote, b->local, 16) &&
	       (a->net == b->net || !is_loopback(a->remote));
}

static uint64_t port_key(uint16_t local_port, uint16_t remote_port)
{
	return 1ull << 32 | (uint32_t)local_port << 16 | remote_port;
}

/* Makes the socket whose skc_nulls_node is at node the peer of those targets whose other end it is. False when
 * it could not be read: the table has nothing but TCP sockets, so it may be one. */
static bool match(const struct search *search, uint64_t node)
{
	uint64_t sk = k_container(k_container(node, KM_SKC_NODE), KM_SK_COMMON);
	struct kobj common;
	struct tuple t;
	num state, socket;

	k_load(&common, K_SOCK_COMMON, k_at(sk, KM_SK_COMMON));
	state = k_num(&common, KM_SKC_STATE);
	/* In these states it is a smaller structure: see socket_is_full(). */
	if (num_is(state, TCP_TIME_WAIT) || num_is(state, TCP_NEW_SYN_RECV))
		return true;
	if (!state.known || !read_tuple(&common, &t))
		return false;
	for (struct target *target =
		     ptr_map_get(&search->targets, port_key(t.remote_port, t.local_port));
	     target; target = target->next) {
		if (target->sock->peer || sk == target->sock->sk ||
		    !is_mirrored(&target->tuple, &t))
			continue;
		socket = k_num_at(sk, KM_SK_SOCKET);
		/* An sk_socket that could not be read must not be taken for one that is not there. */
		if (!socket.known)
			return false;
		target->sock->peer = search->read_end(socket.v, sk, search->files);
	}
	return true;
}

/* Matches all sockets of one table. False when a part of it could not be read. */
static bool walk_ehash(const struct search *search, uint64_t hashinfo)
{
	num ehash = k_num_at(hashinfo, KM_EHASH), mask = k_num_at(hashinfo, KM_EHASH_MASK);
	size_t bucket_size = k_sizeof(K_EHASH_BUCKET);
	size_t chain_offset = (size_t)k_offset(KM_EHASH_CHAIN); /* a required member */
	uint8_t *buckets = arena_alloc(BUCKETS_PER_READ * bucket_size);
	bool known = ehash.known && mask.known && mask.v < MAX_BUCKETS, complete = known;

	for (uint64_t first = 0; known && first <= mask.v; first += BUCKETS_PER_READ) {
		uint64_t left = mask.v + 1 - first;
		size_t n = left < BUCKETS_PER_READ ? left : BUCKETS_PER_READ;

		if (k_interrupted() || !k_read(ehash.v + first * bucket_size, buckets,
					       n * bucket_size, "inet_hashinfo.ehash"))
			return false;
		for (size_t i = 0; i < n; i++) {
			size_t at = i * bucket_size + chain_offset;
			struct klist chain;
			uint64_t node;

			memcpy(&node, buckets + at, sizeof(node));
			chain = klist_of_bucket(ehash.v + first * bucket_size + at, node,
						klist_nulls(first + i), "inet_ehash_bucket.chain");
			while (klist_next(&chain))
				complete &= match(search, chain.node);
			complete &= chain.complete;
		}
	}
	return complete;
}

/* The table that all namespaces share, and those that namespaces have of their own: by
 * net.ipv4.tcp_child_ehash_entries, since v6.1. */
static bool walk_tables(const struct search *search)
{
	num shared = k_symbol("tcp_hashinfo");
	bool complete = shared.known && walk_ehash(search, shared.v);
	struct klist namespaces;

	if (!k_has(KM_EHASH_PERNET))
		return complete;
	namespaces = klist_of(k_symbol("net_namespace_list"), "net_namespace_list");
	while (klist_next(&namespaces)) {
		uint64_t net = k_container(namespaces.node, KM_NET_LIST);
		num own = k_num_at(k_at(k_at(net, KM_NET_IPV4), KM_NETNS_DEATH_ROW),
				   KM_DEATH_ROW_HASHINFO);

		complete &= own.known;
		if (own.known && own.v != shared.v)
			complete &= walk_ehash(search, own.v);
	}
	return complete && namespaces.complete;
}

static enum peer_status local_status(const struct sock_info *s)
{
	const struct sock_info *peer = s->peer;

	if (!peer->dead.known || !s->shutdown.known || !peer->shutdown.known)
		return PEER_UNKNOWN;
	if (!peer->socket)
		return peer->dead.v ? PEER_CLOSED : PEER_NOT_ACCEPTED;
	if (!num_is(peer->socket_sk, peer->sk))
		return PEER_UNKNOWN;
	return s->shutdown.v || peer->shutdown.v ? PEER_SHUT_DOWN : PEER_OPEN;
}

/* What the socket's own state says of an end that is not in this kernel's table. */
static enum peer_status remote_status(const struct sock_info *s)
{
	if (!s->state.known)
		return PEER_UNKNOWN;
	if (s->state.v == TCP_ESTABLISHED)
		return PEER_REMOTE;
	if (s->state.v == TCP_SYN_SENT || s->state.v == TCP_SYN_RECV)
		return PEER_UNKNOWN;
	return s->state.v == TCP_FIN_WAIT1 || s->state.v == TCP_FIN_WAIT2 ? PEER_SHUT_DOWN
									  : PEER_CLOSED;
}

/* A peer is the socket with the mirrored pair of addresses, in the same network namespace when the address
 * is a loopback one. Without one, the status follows from the socket's own TCP state. */
static const char *find_peers(struct sock_info **socks, size_t n, socket_end_reader *read_end,
			      struct file_set *files)
{
	struct search search = {.read_end = read_end, .files = files};
	bool complete = true;

	for (size_t i = 0; i < n; i++) {
		struct target *target;
		struct kobj common;
		void **slot;

		if (!is_tcp(socks[i]))
			continue;
		target = arena_alloc(sizeof(*target));
		k_load(&common, K_SOCK_COMMON, k_at(socks[i]->sk, KM_SK_COMMON));
		if (!read_tuple(&common, &target->tuple)) {
			complete = false;
			continue;
		}
		/* A listener, or a socket that was never connected, has no other end. */
		if (!target->tuple.remote_port) {
			socks[i]->peer_sk = NUM(0);
			socks[i]->remote = NULL;
			continue;
		}
		target->sock = socks[i];
		slot = ptr_map_at(&search.targets,
				  port_key(target->tuple.local_port, target->tuple.remote_port));
		target->next = *slot;
		*slot = target;
	}
	if (search.targets.n && !walk_tables(&search))
		complete = false;
	for (size_t i = 0; i < n; i++) {
		if (!is_tcp(socks[i]) || num_is(socks[i]->peer_sk, 0))
			continue;
		socks[i]->peer_status =
			socks[i]->peer ? local_status(socks[i]) : remote_status(socks[i]);
		if (socks[i]->peer_status == PEER_REMOTE && !complete)
			socks[i]->peer_status = PEER_UNKNOWN;
	}
	return complete ? NULL
			: "the table of TCP sockets could not be read in full: the local ends of "
			  "TCP connections may be missing";
}

const struct socket_family tcp_family = {
	.protocols = {{"tcp_prot", AF_INET}, {"tcpv6_prot", AF_INET6}},
	.read = read_inet,
	.find_peers = find_peers,
};
