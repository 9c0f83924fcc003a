// SPDX-License-Identifier: GPL-2.0-or-later
/* The tests for each cause, and the sentences. */
#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/diagnosed.h"
#include "judge/facts.h"
#include "judge/findings.h"
#include "judge/fold.h"
#include "judge/log_events.h"
#include "judge/phrases.h"
#include "judge/state.h"

/* More processes than this are not named. */
#define MAX_SERVERS_NAMED 4

typedef bool connection_is(const struct connection *c);

/* How many connections are so, and the first of them. */
struct count {
	size_t n;
	const struct connection *first;
};

static struct count count(const struct device *dev, connection_is *is)
{
	struct count found = {0};

	for (size_t i = 0, run; i < dev->n_conns; i += run) {
		run = fold_run(dev->conns + i, dev->n_conns - i);
		if (!is(&dev->conns[i]))
			continue;
		if (!found.n)
			found.first = &dev->conns[i];
		found.n += run;
	}
	return found;
}

/* "", or " of 1 of 2 connections" where others are different. */
static const char *of_some(const struct device *dev, size_t n)
{
	return n == dev->n_conns
		       ? ""
		       : arena_printf(" of %zu of %s", n, word_count(dev->n_conns, "connection"));
}

static bool told(const struct diagnosed *d, const char *sentence)
{
	d->diagnosis->cause = sentence;
	return true;
}

static void add_owners(const struct diagnosed *d, const struct connection *c)
{
	const struct file *file = c->sock->peer ? c->sock->peer->file : NULL;

	for (size_t i = 0; file && i < file->n_owners; i++)
		diagnosis_add_pid(d, file->owners[i].task->tgid);
}

static void add_listener(const struct diagnosed *d, const struct connection *c)
{
	if (c->sock->listener_pid.known)
		diagnosis_add_pid(d, (uint32_t)c->sock->listener_pid.v);
}

bool cause_unreadable(const struct diagnosed *d)
{
	const struct finding *f = findings_with_id(d->dev, "unreadable");

	if (d->diagnosis->state != STATE_UNKNOWN)
		return false;
	return told(d,
		    f ? arena_printf("not all could be read, or it contradicts itself: %s", f->text)
		      : "values of its config that decide could not be read");
}

/* "the server, pid 403, has exited"; only of AF_UNIX the kernel keeps a pid. */
static const char *server_is_gone(const struct connection *c)
{
	const struct sock_info *s = c->sock;

	if (num_is(s->listener_alive, 0) && s->listener_pid.known)
		return arena_printf("the server, pid %s, has exited",
				    word_decimal(s->listener_pid));
	return s->remote ? arena_printf("the server at %s is gone", s->remote)
			 : "the server is gone";
}

/* nbd shut the sockets down by itself. */
static const char *shut_down_here(const struct device *dev, const struct log_line *line)
{
	const struct task *client = dev->recv_task;

	return arena_printf(
		"nbd shut the sockets down %s ago, for no reason that the kernel's log names: "
		"either "
		"%s ended NBD_DO_IT or NBD_CLEAR_SOCK was called",
		word_age(line->age_ms),
		client && client->state == 'T' && !dev->recv_doubt
			? arena_printf("the signal that stopped %s", phrase_name(client))
			: "a signal");
}

/* What ended the attachment, as far as that is known. */
static const char *what_ended_it(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	struct count lost = count(dev, state_is_lost);
	enum log_event event;
	const struct log_line *first = log_event_first(d->report, dev, &event);

	if (num_is(dev->num_connections, 0))
		return "nothing is attached";
	if (first && event == LOG_DISCONNECT)
		return arena_printf("it was disconnected as asked, %s ago",
				    word_age(first->age_ms));
	if (first && event == LOG_SHUT_DOWN)
		return shut_down_here(dev, first);
	if (lost.n && num_is(lost.first->sock->listener_alive, 0))
		return server_is_gone(lost.first);
	if (fact_has_flag(dev, RT_DISCONNECTED))
		return "the device was disconnected";
	return "nbd reads from no connection any more";
}

bool cause_opener_pins(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	const char *who = phrase_openers(dev);
	int64_t leaked = (int64_t)(dev->live_connections.v - dev->recv_threads.v);

	if (d->diagnosis->state != STATE_PINNED)
		return false;
	for (size_t i = 0; i < dev->n_openers; i++) {
		if (dev->openers[i].task)
			diagnosis_add_pid(d, dev->openers[i].task->tgid);
	}
	return told(
		d, arena_printf("%s, and %s still keep%s the device open%s", what_ended_it(d),
				who ? who
				    : arena_printf("%s that %s not found",
						   word_count(dev->openers_expected.v, "opener"),
						   dev->openers_expected.v == 1 ? "was" : "were"),
				dev->n_openers == 1 || (!who && dev->openers_expected.v == 1) ? "s"
											      : "",
				leaked > 0 ? arena_printf("; %s attached since, which nobody reads",
							  word_count((size_t)leaked, "connection"))
					   : ""));
}

bool cause_reconnect_wait(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	struct count lost = count(dev, state_is_lost);

	if (!dev->n_reconnect_waiters)
		return false;
	if (lost.n)
		add_listener(d, lost.first);
	return told(
		d,
		arena_printf("%s, and %s for a new connection, which may come within "
			     "dead_conn_timeout (%s)%s",
			     lost.n ? server_is_gone(lost.first) : "no connection is left",
			     dev->n_reconnect_waiters == 1
				     ? "1 request waits"
				     : arena_printf("%zu requests wait", dev->n_reconnect_waiters),
			     word_seconds(dev->dead_conn_timeout_seconds),
			     dev->reconnect_left_ms.known
				     ? arena_printf("; EIO in %s", word_age(dev->reconnect_left_ms))
				     : ""));
}

static bool is_stopped(const struct connection *c)
{
	return c->server.state == SERVER_STOPPED;
}

/* "gMgr (439), gMgr (440)": all who have the other ends of the stopped connections open, each once; *one becomes the only one, or NULL. */
static const char *stopped_servers(const struct diagnosed *d, const struct task **one)
{
	const struct task *seen[MAX_SERVERS_NAMED];
	const char *names = NULL;
	size_t n = 0;

	for (size_t i = 0, run; i < d->dev->n_conns; i += run) {
		const struct connection *c = &d->dev->conns[i];

		run = fold_run(c, d->dev->n_conns - i);
		for (size_t k = 0; is_stopped(c) && k < c->sock->peer->file->n_owners; k++) {
			const struct task *t = c->sock->peer->file->owners[k].task;
			size_t known = 0;

			while (known < n && seen[known]->tgid != t->tgid)
				known++;
			if (known < n || n == MAX_SERVERS_NAMED)
				continue;
			seen[n++] = t;
			diagnosis_add_pid(d, t->tgid);
			names = word_append(names, ", ", phrase_name(t));
		}
	}
	*one = n == 1 ? seen[0] : NULL;
	return names;
}

bool cause_server_stopped(const struct diagnosed *d)
{
	struct count stopped = count(d->dev, is_stopped);
	const struct task *one;
	const char *names;

	if (!stopped.n)
		return false;
	names = stopped_servers(d, &one);
	if (one)
		return told(d, arena_printf("the server %s%s %s: it reads no request and sends no "
					    "reply",
					    names, of_some(d->dev, stopped.n), phrase_stop(one)));
	return told(d, arena_printf("the servers %s%s do not run: they read no request and send no "
				    "reply",
				    names, of_some(d->dev, stopped.n)));
}

static bool is_blocked(const struct connection *c)
{
	return c->server.state == SERVER_BLOCKED;
}

bool cause_server_blocked(const struct diagnosed *d)
{
	struct count blocked = count(d->dev, is_blocked);
	const struct server *server;

	if (!blocked.n)
		return false;
	server = &blocked.first->server;
	diagnosis_add_pid(d, server->task->tgid);
	if (server->on)
		return told(d, arena_printf("the server %s%s waits in %s for %s itself: a local "
					    "loop, the reply it waits for is its own",
					    phrase_task(server->task), of_some(d->dev, blocked.n),
					    server->on->blocked_in ? server->on->blocked_in : "D",
					    d->dev->name));
	return told(d, arena_printf("the server %s%s waits in the kernel for something else, and "
				    "answers nothing until that ends",
				    phrase_task(server->task), of_some(d->dev, blocked.n)));
}

bool cause_window_full(const struct diagnosed *d)
{
	const struct connection *c = detach_endless_send(d->dev);

	if (!c || c->server.state != SERVER_RUNS)
		return false;
	add_owners(d, c);
	return told(d, arena_printf("the server %s lives and does not read: %s sleeps in the send "
				    "on connection %u, with tx_lock held",
				    phrase_owners(c->sock->peer->file), phrase_name(c->sender),
				    c->index));
}

static bool is_not_accepted(const struct connection *c)
{
	return c->sock->peer_status == PEER_NOT_ACCEPTED;
}

bool cause_not_accepted(const struct diagnosed *d)
{
	struct count waiting = count(d->dev, is_not_accepted);
	const char *listener;

	if (!waiting.n)
		return false;
	add_listener(d, waiting.first);
	listener = phrase_listener(waiting.first->sock);
	return told(d,
		    arena_printf("%s in the queue of the %s, which has not accepted %s: nobody "
				 "reads what nbd sends",
				 waiting.n == 1 ? "1 connection is"
						: arena_printf("%zu connections are", waiting.n),
				 listener ? listener : "listener", waiting.n == 1 ? "it" : "them"));
}

bool cause_disconnect_ignored(const struct diagnosed *d)
{
	const struct device *dev = d->dev;

	if (d->diagnosis->state != STATE_DISCONNECTING)
		return false;
	for (size_t i = 0; i < dev->n_conns; i++)
		add_owners(d, &dev->conns[i]);
	return told(d, arena_printf(
			       "the server%s was told that the client goes, and has not "
			       "closed the connection%s",
			       dev->n_conns && dev->conns[0].server.task
				       ? arena_printf(" %s", phrase_task(dev->conns[0].server.task))
				       : "",
			       dev->n_conns == 1 ? "" : "s"));
}

/* What became of the request on its way, as far as the queues of both ends tell. */
static const char *where_it_is(const struct sock_info *s)
{
	if (s->send_queue_bytes.v)
		return "part of what was sent is still in the send queue";
	if (s->peer && s->peer->receive_queue.v)
		return "it has not read all that was sent";
	if (num_is(s->send_queue_bytes, 0) && s->peer && num_is(s->peer->receive_queue, 0))
		return "it has read all that was sent";
	return "whether it has read the request is not known";
}

bool cause_server_silent(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	const struct request *rq = state_oldest_request(dev);
	const struct connection *c;
	const char *who;

	if (!rq || (d->diagnosis->state != STATE_SLOW && d->diagnosis->state != STATE_STUCK) ||
	    !rq->connection.known || rq->connection.v >= dev->n_conns)
		return false;
	c = &dev->conns[rq->connection.v];
	if (state_is_lost(c))
		return false;
	if (c->server.state == SERVER_RUNS) {
		add_owners(d, c);
		who = arena_printf("the server %s lives and", phrase_owners(c->sock->peer->file));
	} else if (c->sock->peer_status == PEER_REMOTE) {
		who = arena_printf("the server at %s",
				   c->sock->remote ? c->sock->remote : "another host");
	} else {
		return false;
	}
	return told(d, arena_printf("%s has not answered a %s for %s; %s", who, phrase_request(rq),
				    word_age(rq->age_ms), where_it_is(c->sock)));
}

/* While some connections live, those that are lost do not make the others slow. */
static bool may_be_loss(const struct diagnosed *d)
{
	return d->diagnosis->state == STATE_DEAD || d->diagnosis->state == STATE_IDLE ||
	       d->diagnosis->state == STATE_WORKING;
}

/* A connection was given up for what the kernel's log tells, NULL when it tells no such thing, or that one was closed since. */
static const char *log_told_loss(const struct diagnosed *d, enum log_event event)
{
	struct count lost = count(d->dev, state_is_lost);
	const struct log_line *line = log_event_last(d->report, d->dev, event);
	const struct log_line *closed = log_event_last(d->report, d->dev, LOG_RECEIVE_FAILED);

	if (!line || (closed && closed > line) || !lost.n || !may_be_loss(d))
		return NULL;
	add_listener(d, lost.first);
	add_owners(d, lost.first);
	return arena_printf("the kernel's log says %s", log_event_phrase(d->dev, line));
}

/* "the server gMgr (439)" while it has the connection open; else where it is, or was. */
static const char *server_of_lost(const struct diagnosed *d)
{
	const struct sock_info *s = count(d->dev, state_is_lost).first->sock;
	const char *owners = s->peer && s->peer->file ? phrase_owners(s->peer->file) : NULL;
	const char *listener = phrase_listener(s);

	if (owners)
		return arena_printf("the server %s", owners);
	if (!s->remote)
		return "the server";
	return arena_printf("the server at %s%s", s->remote,
			    listener ? arena_printf(" (%s)", listener) : "");
}

bool cause_server_garbage(const struct diagnosed *d)
{
	const char *log = log_told_loss(d, LOG_BAD_REPLY);

	return log && told(d, arena_printf("%s answered with what is no reply, and nbd gave the "
					   "connection up: %s",
					   server_of_lost(d), log));
}

bool cause_send_refused(const struct diagnosed *d)
{
	const char *log = log_told_loss(d, LOG_SEND_REFUSED);

	return log && told(d, arena_printf("the task that sends may not use the socket (EACCES, as "
					   "a security module refuses it): %s",
					   log));
}

bool cause_send_timed_out(const struct diagnosed *d)
{
	const char *log = log_told_loss(d, LOG_SEND_TIMED_OUT);

	return log &&
	       told(d, arena_printf("%s did not take what was sent within the timeout (%s), "
				    "and nbd gave the connection up: %s",
				    server_of_lost(d), word_seconds(d->dev->timeout_seconds), log));
}

/* The connection was closed, though whoever listened lives: it, or a child of it that served. */
static bool is_closed_by_the_living(const struct connection *c)
{
	return state_is_lost(c) && num_is(c->sock->listener_alive, 1);
}

bool cause_server_closed(const struct diagnosed *d)
{
	struct count closed = count(d->dev, is_closed_by_the_living);

	if (!closed.n || !may_be_loss(d))
		return false;
	add_listener(d, closed.first);
	return told(
		d, arena_printf("%s %s, though the %s lives: a child of it that served has exited, "
				"or it closed the connection",
				closed.n == 1 ? "1 connection is"
					      : arena_printf("%zu connections are", closed.n),
				closed.first->sock->peer_status == PEER_CLOSED
					? "closed at the other end"
					: "given up",
				phrase_listener(closed.first->sock)));
}

bool cause_server_exited(const struct diagnosed *d)
{
	struct count lost = count(d->dev, state_is_lost);

	if (!lost.n || !may_be_loss(d))
		return false;
	add_listener(d, lost.first);
	return told(
		d, arena_printf("%s: no reply comes any more over %s", server_is_gone(lost.first),
				lost.n == d->dev->n_conns
					? "any connection"
					: arena_printf("%zu of %s", lost.n,
						       word_count(d->dev->n_conns, "connection"))));
}

bool cause_size_zero(const struct diagnosed *d)
{
	return num_is(d->dev->capacity_bytes, 0) && fact_is_working(d->dev) &&
	       told(d, "it is attached and of size 0: every read and write is beyond its end");
}

bool cause_unexplained(const struct diagnosed *d)
{
	static const char *const sentences[DEVICE_STATES] = {
		[STATE_DEAD] = "no connection is left that nbd reads; why is not known",
		[STATE_STUCK] = "requests wait; why is not known",
		[STATE_SLOW] = "requests wait; why is not known",
	};
	const char *sentence = sentences[d->diagnosis->state];

	return sentence && told(d, sentence);
}

/* What being well rests on. */
bool cause_none(const struct diagnosed *d)
{
	const struct device *dev = d->dev;

	if (d->diagnosis->state == STATE_SET_UP)
		return told(d, arena_printf("%s sets it up, and has not started it",
					    dev->setup_task ? phrase_task(dev->setup_task)
							    : "a netlink connect"));
	return told(d, arena_printf("%s live and read; requests: %s",
				    dev->n_conns == 1
					    ? "1 connection is"
					    : arena_printf("%zu connections are", dev->n_conns),
				    phrase_requests(dev)));
}
