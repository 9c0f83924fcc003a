// SPDX-License-Identifier: GPL-2.0-or-later
/* What all sockets have in common, and the order in which the rest is read. */
#include "collect/socket.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/ptr_map.h"
#include "base/socket_states.h"
#include "base/words.h"
#include "collect/socket_family.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"

#define SOCK_DEAD 0x1 /* bit 0 of sk_flags in every kernel */

#define SOCKET_FAMILY_ROW(name) &name,
static const struct socket_family *const families[] = {SOCKET_FAMILIES(SOCKET_FAMILY_ROW)};
#undef SOCKET_FAMILY_ROW

#define N_FAMILIES (sizeof(families) / sizeof(families[0]))

_Static_assert(N_FAMILIES > 0, "nbd.so knows a family of sockets");

/* The row of a family, NULL when it has none. */
static const struct socket_family *row_of(num family)
{
	for (size_t i = 0; i < N_FAMILIES; i++) {
		const struct socket_protocol *p = families[i]->protocols;

		for (size_t k = 0; k < SOCKET_MAX_PROTOCOLS && p[k].symbol; k++) {
			if (num_is(family, (uint64_t)p[k].family))
				return families[i];
		}
	}
	return NULL;
}

/* The family that a struct proto belongs to, unknown where it is none of the table. */
static num family_of_protocol(num prot)
{
	for (size_t i = 0; i < N_FAMILIES; i++) {
		const struct socket_protocol *p = families[i]->protocols;

		for (size_t k = 0; k < SOCKET_MAX_PROTOCOLS && p[k].symbol; k++) {
			if (k_is_symbol(prot, p[k].symbol))
				return NUM(p[k].family);
		}
	}
	return NUM_UNKNOWN;
}

bool socket_is_full(const struct socket_family *family, const struct sock_info *info)
{
	return (family && family->is_always_full) || !info->state.known ||
	       (info->state.v != TCP_TIME_WAIT && info->state.v != TCP_NEW_SYN_RECV);
}

/* sk_shutdown is a byte from v4.9 on. Before, it is the two lowest bits of a word of bit fields, and crash
 * takes the whole word for the member. */
static num read_shutdown(const struct kobj *sk)
{
	num shutdown = k_num(sk, KM_SK_SHUTDOWN);

	if (k_member_size(KM_SK_SHUTDOWN) > 1)
		shutdown.v &= SHUTDOWN_MASK;
	return shutdown;
}

/* Only damaged memory holds more than these limits: the value becomes unknown, and impossible says so. */
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

static void read_socket(struct sock_info *info, struct file_set *files)
{
	struct kobj socket;

	if (!info->socket || !k_load(&socket, K_SOCKET, info->socket))
		return;
	info->type = k_num(&socket, KM_SOCKET_TYPE);
	info->inode = k_num_at(k_at(info->socket, KM_SOCKET_VFS_INODE), KM_INODE_INO);
	info->file = file_watch(files, k_num(&socket, KM_SOCKET_FILE).v);
	info->socket_sk = k_num(&socket, KM_SOCKET_SK);
	if (info->file)
		info->file_socket = k_num_at(info->file->addr, KM_FILE_PRIVATE_DATA);
}

static void read_sk(struct sock_info *info)
{
	const struct socket_family *family;
	struct kobj sk, common;
	num flags;

	if (!info->sk)
		return;
	k_load(&sk, K_SOCK, info->sk);
	k_load(&common, K_SOCK_COMMON, k_at(info->sk, KM_SK_COMMON));
	flags = k_has(KM_SKC_FLAGS) ? k_num(&common, KM_SKC_FLAGS) : k_num(&sk, KM_SK_FLAGS);
	info->family = k_num(&common, KM_SKC_FAMILY);
	info->state = k_num(&common, KM_SKC_STATE);
	info->prot_family = family_of_protocol(k_num(&common, KM_SKC_PROT));
	if (flags.known)
		info->dead = NUM(flags.v & SOCK_DEAD);
	family = row_of(info->family);
	if (socket_is_full(family, info)) {
		info->shutdown = read_shutdown(&sk);
		info->sk_socket = k_num(&sk, KM_SK_SOCKET);
		info->receive_queue = k_num_at(k_at(info->sk, KM_SK_RECEIVE_QUEUE), KM_SKB_QLEN);
	}
	if (family)
		family->read(info, &sk, &common);
}

static struct sock_info *read_end(uint64_t socket, uint64_t sk, struct file_set *files)
{
	struct sock_info *info = arena_alloc(sizeof(*info));

	info->socket = socket;
	info->sk = sk;
	read_socket(info, files);
	read_sk(info);
	limit_values(info);
	return info;
}

static struct sock_info *read_with_peer(uint64_t socket, uint64_t sk, struct file_set *files)
{
	struct sock_info *info = read_end(socket, sk, files);
	const struct socket_family *family = row_of(info->family);

	if (family && family->find_peer)
		family->find_peer(info, read_end, files);
	return info;
}

struct sock_info *socket_read(uint64_t addr, struct file_set *files)
{
	return read_with_peer(addr, k_num_at(addr, KM_SOCKET_SK).v, files);
}

/* The struct socket of a struct sock, 0 where it has none; those in TIME_WAIT end before that member. */
static num socket_of_sk(uint64_t sk)
{
	uint64_t common = k_at(sk, KM_SK_COMMON);
	struct sock_info info = {.family = k_num_at(common, KM_SKC_FAMILY),
				 .state = k_num_at(common, KM_SKC_STATE)};

	return socket_is_full(row_of(info.family), &info) ? k_num_at(sk, KM_SK_SOCKET) : NUM(0);
}

/* socket_read() by the struct sock, which may have lost its struct socket. */
static struct sock_info *read_by_sk(uint64_t sk, struct file_set *files)
{
	return read_with_peer(socket_of_sk(sk).v, sk, files);
}

/* A struct sock whose struct socket is not there, or cannot be read, can be told by its protocol only. */
static bool is_sk_alone(uint64_t sk)
{
	num socket = socket_of_sk(sk);

	return socket.known && (!socket.v || !k_num_at(socket.v, KM_SOCKET_SK).known) &&
	       family_of_protocol(k_num_at(k_at(sk, KM_SK_COMMON), KM_SKC_PROT)).known;
}

/* The socket of a socket's file, which tells so by itself where its struct socket cannot be read. */
static struct sock_info *read_by_file(uint64_t addr, uint64_t socket, struct file_set *files)
{
	num back = k_num_at(socket, KM_SOCKET_FILE);
	struct sock_info *info;

	if (back.known && back.v != addr)
		return NULL;
	info = socket_read(socket, files);
	if (!back.known)
		info->file = file_watch(files, addr);
	return info;
}

struct sock_info *socket_from_any(uint64_t addr, struct file_set *files)
{
	num sk = k_num_at(addr, KM_SOCKET_SK);
	num socket = k_num_at(addr, KM_FILE_PRIVATE_DATA);

	if (sk.known && sk.v && num_is(k_num_at(sk.v, KM_SK_SOCKET), addr))
		return socket_read(addr, files);
	if (socket.v && k_is_symbol(k_num_at(addr, KM_FILE_OP), "socket_file_ops"))
		return read_by_file(addr, socket.v, files);
	socket = socket_of_sk(addr);
	if (socket.known && socket.v && num_is(k_num_at(socket.v, KM_SOCKET_SK), addr))
		return read_by_sk(addr, files);
	return is_sk_alone(addr) ? read_by_sk(addr, files) : NULL;
}

void socket_find_peers(struct sock_info **socks, size_t n, struct file_set *files,
		       struct problems *problems)
{
	for (size_t i = 0; i < N_FAMILIES; i++) {
		const char *problem = families[i]->find_peers
					      ? families[i]->find_peers(socks, n, read_end, files)
					      : NULL;

		if (problem)
			problem_add(problems, problem);
	}
}

/* Who listens: the sockets have the pid only. Those are few, of however many tasks. */
void socket_find_listeners(struct sock_info **socks, size_t n, const struct task_list *tasks)
{
	struct ptr_map wanted = {0}, by_pid = {0};

	for (size_t i = 0; i < n; i++) {
		/* 0 is the idle task of each processor. */
		if (num_is(socks[i]->listener_alive, 1) && socks[i]->listener_pid.v)
			*ptr_map_at(&wanted, socks[i]->listener_pid.v) = socks[i];
	}
	for (size_t i = 0; i < tasks->n; i++) {
		if (ptr_map_get(&wanted, tasks->v[i]->pid))
			*ptr_map_at(&by_pid, tasks->v[i]->pid) = tasks->v[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (num_is(socks[i]->listener_alive, 1))
			socks[i]->listener = ptr_map_get(&by_pid, socks[i]->listener_pid.v);
	}
}
