// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings about connections and their other ends. */
#include <string.h>

#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/judged.h"
#include "judge/phrases.h"

/* The other way out, where there is something to detach; or that there is none. */
static const char *or_detach(const struct report *report, const struct device *dev)
{
	if (!fact_lacks_flag(dev, RT_DISCONNECTED))
		return "";
	return arena_printf(", or detach: %s", detach_advice(report, dev));
}

static bool is_dead(const struct judged *j, const struct connection *c)
{
	(void)j;
	return num_is(c->dead, 1);
}

bool finding_dead_connection(const struct judged *j)
{
	const struct device *dev = j->dev;
	struct some dead = finding_connections(j, is_dead);

	if (!dead.n)
		return false;
	finding_cite(j, &dead);
	j->finding->text = arena_printf("%zu of %s marked dead (%s): nbd has given %s up", dead.n,
					finding_count_connections(dev->n_conns), dead.indices,
					dead.n == 1 ? "it" : "them");
	if (fact_has_flag(dev, RT_BOUND) && fact_lacks_flag(dev, RT_DISCONNECTED))
		j->finding->remedy = arena_printf("send a new socket (NBD_CMD_RECONFIGURE)%s",
						  or_detach(j->report, dev));
	return true;
}

static bool is_closed(const struct judged *j, const struct connection *c)
{
	(void)j;
	return c->sock->peer_status == PEER_CLOSED;
}

/* ", listener gMgr (439)" where the image knows. */
static const char *listener(const struct sock_info *s)
{
	const char *text = phrase_listener(s);

	return text ? arena_printf(", %s", text) : "";
}

bool finding_peer_closed(const struct judged *j)
{
	struct some closed = finding_connections(j, is_closed);

	if (!closed.n)
		return false;
	finding_cite(j, &closed);
	j->finding->text = arena_printf("the other end of %s is closed (%s%s): no reply can come, "
					"whether or not nbd noticed",
					finding_count_connections(closed.n), closed.indices,
					listener(closed.first->sock));
	if (fact_lacks_flag(j->dev, RT_DISCONNECTED))
		j->finding->remedy = detach_would_hang(j->report, j->dev)
					     ? detach_advice(j->report, j->dev)
					     : finding_free_it(j);
	return true;
}

static bool is_not_accepted(const struct judged *j, const struct connection *c)
{
	(void)j;
	return c->sock->peer_status == PEER_NOT_ACCEPTED;
}

bool finding_peer_not_accepted(const struct judged *j)
{
	struct some waiting = finding_connections(j, is_not_accepted);
	const struct sock_info *s;

	if (!waiting.n)
		return false;
	finding_cite(j, &waiting);
	s = waiting.first->sock;
	j->finding->text =
		arena_printf("%s not accepted (%s%s): still in the listener's queue, "
			     "nobody reads what nbd sends",
			     finding_count_connections(waiting.n), waiting.indices, listener(s));
	if (num_is(s->listener_alive, 1))
		j->finding->remedy = arena_printf("have pid %llu accept%s",
						  (unsigned long long)s->listener_pid.v,
						  or_detach(j->report, j->dev));
	return true;
}

static bool is_stopped(const struct judged *j, const struct connection *c)
{
	(void)j;
	return c->server.state == SERVER_STOPPED;
}

bool finding_peer_stopped(const struct judged *j)
{
	struct some stopped = finding_connections(j, is_stopped);
	const struct file *file;
	const struct task *t;

	if (!stopped.n)
		return false;
	finding_cite(j, &stopped);
	file = stopped.first->sock->peer->file;
	t = file->owners[0].task;
	j->finding->text =
		arena_printf("the server %s of %s (%s) %s: it reads no request and sends no reply",
			     phrase_name(t), finding_count_connections(stopped.n), stopped.indices,
			     phrase_stop(t));
	finding_add_address(j, t->addr);
	if (t->state == 'T' || t->state == 't')
		j->finding->remedy = arena_printf(
			"%s%s",
			t->state == 'T' ? arena_printf("kill -CONT %u", t->tgid)
					: arena_printf("let go whoever traces %u", t->tgid),
			or_detach(j->report, j->dev));
	return true;
}

static bool is_blocked(const struct judged *j, const struct connection *c)
{
	(void)j;
	return c->server.state == SERVER_BLOCKED;
}

bool finding_peer_blocked(const struct judged *j)
{
	struct some blocked = finding_connections(j, is_blocked);
	const struct waiter *on;
	const struct task *t;

	if (!blocked.n)
		return false;
	finding_cite(j, &blocked);
	t = blocked.first->server.task;
	on = blocked.first->server.on;
	finding_add_address(j, t->addr);
	if (on)
		j->finding->text = arena_printf(
			"the server %s of %s (%s) waits in %s on %s itself: a local loop, the "
			"reply it waits for is its own",
			phrase_task(t), finding_count_connections(blocked.n), blocked.indices,
			on->blocked_in ? on->blocked_in : "D", j->dev->name);
	else
		j->finding->text = arena_printf(
			"the server %s of %s (%s) waits in the kernel: it "
			"answers nothing until that ends",
			phrase_task(t), finding_count_connections(blocked.n), blocked.indices);
	j->finding->remedy = arena_printf(
		on ? "%s: its requests end in errors and let the server go"
		   : "bt the task; if it cannot be helped, %s ends the requests in errors",
		detach_advice(j->report, j->dev));
	return true;
}

static size_t nbd_references(const struct file *file)
{
	size_t n = 0;

	for (size_t i = 0; i < file->n_holders; i++)
		n += file->holders[i].kind == HOLDER_NBD;
	return n;
}

static const struct holder *first_call(const struct file *file)
{
	for (size_t i = 0; i < file->n_holders; i++) {
		if (file->holders[i].kind == HOLDER_SYSTEM_CALL)
			return &file->holders[i];
	}
	return NULL;
}

static bool is_ownerless(const struct judged *j, const struct connection *c)
{
	const struct file *file = c->sock->file;

	(void)j;
	return file && file->refs.known && file->refs.v && !file->n_table_refs &&
	       file->refs.v == nbd_references(file);
}

bool finding_no_owner(const struct judged *j)
{
	struct some alone;

	if (!fact_scan_complete(j->report))
		return false;
	alone = finding_connections(j, is_ownerless);
	if (!alone.n)
		return false;
	finding_cite(j, &alone);
	j->finding->text = arena_printf(
		"nbd alone holds the socket of %s (%s): no process has %s open%s",
		finding_count_connections(alone.n), alone.indices, alone.n == 1 ? "it" : "them",
		finding_ownerless_severity(j->dev) == SEVERITY_INFO
			? ", as usual after a netlink client"
			: "");
	return true;
}

enum severity finding_ownerless_severity(const struct device *dev)
{
	return fact_has_flag(dev, RT_BOUND) && fact_lacks_flag(dev, RT_DISCONNECTED) &&
			       dev->live_connections.known && (int64_t)dev->live_connections.v > 0
		       ? SEVERITY_INFO
		       : SEVERITY_WARNING;
}

static bool has_hidden_holder(const struct judged *j, const struct connection *c)
{
	const struct file *file = c->sock->file;

	(void)j;
	return file && file->refs.known && file->refs.v > file_refs_explained(file);
}

/* A thread inside recv() has a reference of its own to the peer's file. So a peer counts as hidden only when nobody at
 * all was found that has it. */
static bool has_hidden_peer(const struct judged *j, const struct connection *c)
{
	const struct sock_info *s = c->sock;
	const struct file *file = s->peer ? s->peer->file : NULL;

	(void)j;
	return s->peer_status == PEER_OPEN && file && file->refs.v && !file_refs_explained(file);
}

/* No fd of it is left, and a thread inside a system call keeps it. */
static bool is_kept_by_call(const struct judged *j, const struct connection *c)
{
	const struct file *file = c->sock->file;

	(void)j;
	return file && !file->n_table_refs && first_call(file);
}

/* All references are known, and some are in no table. */
static bool kept_by_calls(const struct judged *j)
{
	struct some kept;

	if (!fact_scan_complete(j->report))
		return false;
	kept = finding_connections(j, is_kept_by_call);
	if (!kept.n)
		return false;
	finding_cite(j, &kept);
	j->finding->text = arena_printf("no process has the socket of %s open any more (%s), yet a "
					"system call keeps it: %s",
					finding_count_connections(kept.n), kept.indices,
					phrase_holder(first_call(kept.first->sock->file)));
	finding_add_address(j, kept.first->sock->file->addr);
	return true;
}

/* The other end is open, yet nobody was found who has it. */
static bool hidden_peer(const struct judged *j)
{
	struct some hidden;

	if (!fact_scan_complete(j->report))
		return false;
	hidden = finding_connections(j, has_hidden_peer);
	if (!hidden.n)
		return false;
	finding_cite(j, &hidden);
	j->finding->text = arena_printf(
		"the other end of %s is open (%s), yet nobody was found who has it: a system call, "
		"an io_uring request or other kernel code keeps it",
		finding_count_connections(hidden.n), hidden.indices);
	finding_add_address(j, hidden.first->sock->peer->file->addr);
	return true;
}

bool finding_hidden_holder(const struct judged *j)
{
	struct some hidden = finding_connections(j, has_hidden_holder);
	const struct file *file;

	if (!hidden.n)
		return kept_by_calls(j) || hidden_peer(j);
	finding_cite(j, &hidden);
	file = hidden.first->sock->file;
	j->finding->text = arena_printf(
		"the socket of %s is held by more than was found (%s; %s, %zu found): %s",
		finding_count_connections(hidden.n), hidden.indices,
		word_count((size_t)file->refs.v, "reference"), file_refs_explained(file),
		fact_scan_complete(j->report)
			? "a system call, an io_uring request or other kernel code keeps it"
			: "some file tables could not be read");
	finding_add_address(j, file->addr);
	return true;
}

bool finding_live_count_mismatch(const struct judged *j)
{
	const struct device *dev = j->dev;
	size_t live = 0;

	if (!dev->live_connections.known || !num_is(dev->num_connections, dev->n_conns))
		return false;
	for (size_t i = 0; i < dev->n_conns; i++) {
		if (!dev->conns[i].dead.known)
			return false;
		live += !dev->conns[i].dead.v;
	}
	if (dev->live_connections.v == live)
		return false;
	j->finding->text =
		arena_printf("live_connections is %s, yet %s not marked dead: the image "
			     "caught a change half done, or memory is damaged",
			     word_decimal(dev->live_connections), finding_count_connections(live));
	finding_add_address(j, dev->config);
	finding_add_value(j, "nbd_config.live_connections", dev->live_connections);
	return true;
}

/* Whoever serves has got the connection from a listener that is gone. */
static bool has_no_listener(const struct judged *j, const struct connection *c)
{
	(void)j;
	return c->sock->peer_status == PEER_OPEN && num_is(c->sock->listener_alive, 0);
}

bool finding_listener_exited(const struct judged *j)
{
	struct some orphans = finding_connections(j, has_no_listener);

	if (!orphans.n)
		return false;
	finding_cite(j, &orphans);
	j->finding->text = arena_printf(
		"who listened for %s (%s, pid %s) has exited: the connection is served, and a new "
		"one is not to be had there",
		finding_count_connections(orphans.n), orphans.indices,
		word_decimal(orphans.first->sock->listener_pid));
	return true;
}
