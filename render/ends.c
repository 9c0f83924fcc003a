// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/ends.h"

#include "base/arena.h"
#include "base/socket_kinds.h"
#include "base/socket_states.h"
#include "judge/fold.h"
#include "base/names.h"
#include "base/words.h"
#include "judge/facts.h"
#include "judge/phrases.h"

/* More owners of one file than this are counted, not listed. */
#define MAX_OWNERS_SHOWN 4

const char *end_owners(const struct report *report, const struct connection *conns, size_t n,
		       bool peer)
{
	const struct sock_info *end = peer ? conns->sock->peer : conns->sock;
	const struct file *file = end->file;
	const char *text = NULL;

	if (!file)
		return "unknown";
	if (!file->n_owners)
		return fact_scan_complete(report) ? "none" : "none found";
	for (size_t i = 0; i < file->n_owners && i < MAX_OWNERS_SHOWN; i++)
		text = word_append(text, ", ",
				   arena_printf("%s %s", phrase_task(file->owners[i].task),
						fold_fds(conns, n, i, peer)));
	if (file->n_owners > MAX_OWNERS_SHOWN)
		text = word_append(text, ", ",
				   arena_printf("%zu more", file->n_owners - MAX_OWNERS_SHOWN));
	return text;
}

/* "1 nbd", "2 system_call"; where it is one, it is told whose it is. */
static const char *holders_of_kind(const struct file *file, enum holder_kind kind)
{
	const struct holder *one = NULL;
	size_t n = 0;

	for (size_t h = 0; h < file->n_holders; h++) {
		if (file->holders[h].kind != kind)
			continue;
		one = &file->holders[h];
		n++;
	}
	if (n == 1 && kind == HOLDER_SYSTEM_CALL)
		return arena_printf("1 in %s", phrase_holder(one));
	if (n == 1 && phrase_holder_owners(one))
		return arena_printf("1 %s %s %s", phrase_holder_kind(kind),
				    kind == HOLDER_SCM_RIGHTS ? "to" : "of",
				    phrase_holder_owners(one));
	return n ? arena_printf("%zu %s", n, phrase_holder_kind(kind)) : NULL;
}

const char *end_references(const struct file *file)
{
	size_t explained;
	const char *sum = NULL;

	if (!file)
		return "?";
	explained = file_refs_explained(file);
	for (enum holder_kind kind = 0; kind < HOLDER_KINDS; kind++) {
		const char *some = holders_of_kind(file, kind);

		if (some)
			sum = word_append(sum, " + ", some);
	}
	if (file->n_table_refs)
		sum = word_append(sum, " + ", arena_printf("%zu fd", file->n_table_refs));
	if (!file->refs.known)
		return word_append("?, found", " ", sum ? sum : "none");
	if (file->refs.v > explained)
		sum = word_append(sum, " + ",
				  arena_printf("%llu unexplained",
					       (unsigned long long)(file->refs.v - explained)));
	if (!file->refs.v && !sum)
		return "0: this file was closed";
	return arena_printf("%llu%s%s", (unsigned long long)file->refs.v, sum ? " = " : "",
			    sum ? sum : "");
}

const char *end_peer(const struct report *report, const struct connection *conns, size_t n)
{
	const struct sock_info *s = conns->sock;
	const char *owners = s->peer && s->peer->file ? end_owners(report, conns, n, true) : NULL;
	const char *text;

	switch (s->peer_status) {
	case PEER_OPEN:
		return owners ? arena_printf("open: %s", owners) : "open";
	case PEER_SHUT_DOWN:
		return owners ? arena_printf("shut down: %s", owners) : "shut down";
	case PEER_NOT_ACCEPTED:
		text = "NOT ACCEPTED";
		break;
	case PEER_CLOSED:
		text = "CLOSED by the other end";
		break;
	case PEER_REMOTE:
		return "remote, not in this kernel";
	default:
		return num_is(s->peer_sk, 0) ? "none" : "unknown";
	}
	return phrase_listener(s) ? word_append(text, "; ", phrase_listener(s)) : text;
}

const char *end_unreadable(const struct sock_info *s)
{
	if (!sock_is_unreadable(s))
		return NULL;
	return arena_printf("its struct %s could not be read%s",
			    s->socket && !s->type.known ? "socket" : "sock",
			    s->file ? "" : ": who has it is unknown");
}

const char *end_state(const struct sock_info *s)
{
	const char *state = name_sock_state(s->state);

	return state ? state : "?";
}

const char *end_queue(num queue)
{
	return queue.known ? word_count((size_t)queue.v, "skb") : "? skbs";
}

const char *end_connection_state(const struct connection *c)
{
	const struct socket_kind *kind = socket_kind_of(c->sock->family);
	const char *state = end_state(c->sock);

	if (!c->dead.known)
		return "?";
	/* Where the state does not follow the connection, it says nothing more. */
	if (c->dead.v && (!kind || kind->state_follows_connection))
		return arena_printf("DEAD %s", state);
	return c->dead.v ? "DEAD" : state;
}

const char *end_shutdown(num shutdown)
{
	static const char *const names[] = {"none", "RCV", "SEND", "BOTH"};

	return shutdown.known ? names[shutdown.v & SHUTDOWN_MASK] : "?";
}

const char *end_index(const struct connection *conns, size_t n)
{
	return n == 1 ? arena_printf("%u", conns->index)
		      : arena_printf("%u-%u", conns->index, conns[n - 1].index);
}
