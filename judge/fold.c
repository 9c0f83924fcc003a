// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/fold.h"

#include <string.h>

#include "base/arena.h"
#include "base/socket_kinds.h"

static bool same_num(num a, num b)
{
	return a.known == b.known && a.v == b.v;
}

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_file(const struct file *a, const struct file *b)
{
	if (!a || !b)
		return a == b;
	if (!same_num(a->refs, b->refs) || a->n_owners != b->n_owners ||
	    a->n_table_refs != b->n_table_refs || a->n_holders != b->n_holders)
		return false;
	for (size_t i = 0; i < a->n_owners; i++) {
		if (a->owners[i].task != b->owners[i].task)
			return false;
	}
	for (size_t i = 0; i < a->n_holders; i++) {
		if (a->holders[i].kind != b->holders[i].kind ||
		    holder_owner(&a->holders[i], 0).task != holder_owner(&b->holders[i], 0).task)
			return false;
	}
	return true;
}

static bool same_end(const struct sock_info *a, const struct sock_info *b)
{
	if (!a || !b)
		return a == b;
	return same_num(a->family, b->family) && same_num(a->type, b->type) &&
	       same_num(a->state, b->state) && same_num(a->shutdown, b->shutdown) &&
	       same_num(a->dead, b->dead) && !a->socket == !b->socket &&
	       same_num(a->listener_pid, b->listener_pid) &&
	       same_num(a->listener_alive, b->listener_alive) && same_file(a->file, b->file);
}

static bool alike(const struct connection *a, const struct connection *b)
{
	const struct sock_info *s = a->sock, *t = b->sock;
	const struct socket_kind *kind = socket_kind_of(s->family);

	return same_num(a->dead, b->dead) && same_end(s, t) && same_end(s->peer, t->peer) &&
	       s->peer_status == t->peer_status && same_string(s->remote, t->remote) &&
	       ((kind && kind->local_is_ephemeral) || same_string(s->local, t->local));
}

size_t fold_run(const struct connection *conns, size_t n)
{
	size_t run = 1;

	while (run < n && alike(&conns[0], &conns[run]))
		run++;
	return run;
}

const char *fold_fds(const struct connection *conns, size_t n, size_t which, bool peer)
{
	uint32_t lowest = UINT32_MAX, highest = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sock_info *end = peer ? conns[i].sock->peer : conns[i].sock;
		uint32_t fd = end->file->owners[which].fd;

		lowest = fd < lowest ? fd : lowest;
		highest = fd > highest ? fd : highest;
	}
	if (lowest == highest)
		return arena_printf("fd %u", lowest);
	if (highest - lowest + 1 == n)
		return arena_printf("fd %u-%u", lowest, highest);
	return arena_printf("%zu fds from %u to %u", n, lowest, highest);
}
