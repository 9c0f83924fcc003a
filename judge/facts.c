// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/facts.h"

#include <string.h>

#include "base/arena.h"
#include "judge/fold.h"
#include "judge/phrases.h"

/* The block layer's timeout where none is set, and since when a request counts as stuck then. */
#define DEFAULT_TIMEOUT_SECONDS 30

bool is_unconfigured(const struct device *dev)
{
	return num_is(dev->config_known, 0);
}

bool has_flag(const struct device *dev, uint64_t flag)
{
	return dev->runtime_flags.known && dev->runtime_flags.v & flag;
}

bool lacks_flag(const struct device *dev, uint64_t flag)
{
	return dev->runtime_flags.known && !(dev->runtime_flags.v & flag);
}

/* Counters are signed in the kernel. */
static bool is_positive(num n)
{
	return n.known && (int64_t)n.v > 0;
}

bool is_working(const struct device *dev)
{
	return lacks_flag(dev, RT_DISCONNECTED) && is_positive(dev->recv_threads) &&
	       is_positive(dev->live_connections);
}

bool is_not_started(const struct device *dev)
{
	return !dev->recv_pid.v && !dev->recv_task_addr.v &&
	       (dev->recv_pid.known || dev->recv_task_addr.known);
}

bool is_started(const struct device *dev)
{
	return dev->recv_pid.v || dev->recv_task_addr.v;
}

bool is_being_set_up(const struct device *dev)
{
	return (dev->setup_task || has_flag(dev, RT_BOUND)) && is_not_started(dev) &&
	       lacks_flag(dev, RT_DISCONNECTED);
}

bool scan_complete(const struct report *report)
{
	const struct scan_stats *s = &report->scan;

	return !s->tables_unreadable && !s->tasks_unreadable && !s->interrupted;
}

bool tasks_complete(const struct report *report)
{
	return !report->tasks.unreadable && !report->tasks.interrupted;
}

static bool is_seen_using(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; i < dev->n_openers; i++) {
		if (dev->openers[i].task && dev->openers[i].task->tgid == t->tgid)
			return true;
	}
	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct file *file = dev->conns[i].sock->file;

		for (size_t k = 0; file && k < file->n_owners; k++) {
			if (file->owners[k].task->tgid == t->tgid)
				return true;
		}
	}
	return false;
}

/* Everybody who has the device or a socket of it open was found. */
static bool users_complete(const struct report *report, const struct device *dev)
{
	return scan_complete(report) && !dev->n_problems && dev->openers_expected.known &&
	       !openers_not_found(dev);
}

num uses_device(const struct report *report, const struct device *dev, const struct task *t)
{
	if (is_seen_using(dev, t))
		return NUM(1);
	return users_complete(report, dev) ? NUM(0) : NUM_UNKNOWN;
}

const struct task *task_at(const struct report *report, uint64_t addr)
{
	for (size_t i = 0; addr && i < report->tasks.n; i++) {
		if (report->tasks.v[i].addr == addr)
			return &report->tasks.v[i];
	}
	return NULL;
}

const struct waiter *waiter_of_task(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].task == t)
			return &dev->waiters[i];
	}
	return NULL;
}

const struct waiter *waiter_in(const struct device *dev, const char *what)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].blocked_in && !strcmp(dev->waiters[i].blocked_in, what))
			return &dev->waiters[i];
	}
	return NULL;
}

size_t openers_not_found(const struct device *dev)
{
	return dev->openers_expected.known && dev->openers_expected.v > dev->openers_found
		       ? dev->openers_expected.v - dev->openers_found
		       : 0;
}

/* It has passed the lock that serialises open and close, whatever this kernel calls it. */
static bool is_inside_open(const struct waiter *w)
{
	return w->blocked_in && !strcmp(w->blocked_in, "open") && w->object_what &&
	       strcmp(w->object_what, "open_mutex") && strcmp(w->object_what, "bd_mutex");
}

const struct waiter *waiter_inside_open(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (is_inside_open(&dev->waiters[i]))
			return &dev->waiters[i];
	}
	return NULL;
}

size_t openers_in_open(const struct device *dev)
{
	size_t n = 0, missing = openers_not_found(dev);

	for (size_t i = 0; i < dev->n_waiters; i++)
		n += is_inside_open(&dev->waiters[i]);
	return n < missing ? n : missing;
}

/* A thread that has the same file table as the owner, and so can serve the same fds. */
static bool shares_table(const struct task *owner, const struct task *t)
{
	return t == owner || (owner->files && t->tgid == owner->tgid && t->files == owner->files);
}

/* None of the threads that could serve the owner's fds is in a state but these. */
static bool all_in(const struct report *report, const struct task *owner, const char *states)
{
	for (size_t i = 0; i < report->tasks.n; i++) {
		const struct task *t = &report->tasks.v[i];

		if (shares_table(owner, t) && !strchr(states, t->state))
			return false;
	}
	return true;
}

/* The file of the other end where it is open and has owners. */
static const struct file *open_peer(const struct sock_info *s)
{
	const struct file *file = s->peer ? s->peer->file : NULL;

	return s->peer_status == PEER_OPEN && file && file->n_owners ? file : NULL;
}

bool peer_is_stopped(const struct report *report, const struct sock_info *s)
{
	const struct file *file = open_peer(s);

	for (size_t i = 0; file && i < file->n_owners; i++) {
		if (!all_in(report, file->owners[i].task, "TtZX"))
			return false;
	}
	return file != NULL;
}

static bool has_stuck_request(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_requests; i++) {
		if (is_stuck(dev, &dev->requests[i]))
			return true;
	}
	return false;
}

const struct task *peer_blocked(const struct report *report, const struct device *dev,
				const struct sock_info *s, const struct waiter **on)
{
	const struct file *file = open_peer(s);
	bool all = has_stuck_request(dev);

	*on = NULL;
	for (size_t i = 0; file && i < file->n_owners; i++) {
		const struct task *owner = file->owners[i].task;

		for (size_t w = 0; w < dev->n_waiters; w++) {
			if (shares_table(owner, dev->waiters[w].task)) {
				*on = &dev->waiters[w];
				return dev->waiters[w].task;
			}
		}
		all &= all_in(report, owner, "D");
	}
	return file && all ? file->owners[0].task : NULL;
}

/* The block layer's own where none is set. */
static num timeout_in_force(const struct device *dev)
{
	return NUM(dev->timeout_seconds.v ? dev->timeout_seconds.v : DEFAULT_TIMEOUT_SECONDS);
}

bool is_stuck(const struct device *dev, const struct request *rq)
{
	return rq->age_ms.known && rq->age_ms.v > timeout_in_force(dev).v * 1000;
}

static enum io_fate fate_on(const struct report *report, const struct device *dev,
			    const struct connection *c, const char **why)
{
	const struct sock_info *s = c->sock;
	const struct waiter *on;
	const struct task *t;

	if (num_is(c->dead, 1))
		return IO_FAILS;
	switch (s->peer_status) {
	case PEER_CLOSED:
	case PEER_SHUT_DOWN:
		return IO_FAILS;
	case PEER_NOT_ACCEPTED:
		*why = "the server never accepted the connection";
		return IO_HANGS;
	case PEER_REMOTE:
		return IO_ANSWERED;
	case PEER_OPEN:
		if (peer_is_stopped(report, s)) {
			*why = arena_printf("the server %s does not run",
					    word_task(s->peer->file->owners[0].task));
			return IO_HANGS;
		}
		t = peer_blocked(report, dev, s, &on);
		if (t) {
			*why = arena_printf("the server %s is blocked", word_task(t));
			return IO_HANGS;
		}
		return IO_ANSWERED;
	default:
		return IO_UNKNOWN;
	}
}

enum io_fate io_fate(const struct report *report, const struct device *dev, const char **why)
{
	bool seen[IO_HANGS + 1] = {false};

	*why = NULL;
	if (is_unconfigured(dev) || num_is(dev->num_connections, 0) ||
	    num_is(dev->capacity_bytes, 0) || has_flag(dev, RT_DISCONNECTED))
		return IO_FAILS;
	if (!dev->runtime_flags.known || !dev->n_conns)
		return IO_UNKNOWN;
	if (num_is(dev->recv_threads, 0) && is_positive(dev->live_connections)) {
		*why = "no receiver reads replies";
		return IO_HANGS;
	}
	for (size_t i = 0, run; i < dev->n_conns; i += run) {
		run = fold_run(dev->conns + i, dev->n_conns - i);
		seen[fate_on(report, dev, &dev->conns[i], why)] = true;
	}
	if (seen[IO_ANSWERED])
		return IO_ANSWERED;
	if (seen[IO_UNKNOWN])
		return IO_UNKNOWN;
	if (seen[IO_HANGS])
		return IO_HANGS;
	if (is_positive(dev->dead_conn_timeout_seconds)) {
		*why = arena_printf("nbd waits up to %s for a new connection",
				    word_seconds(dev->dead_conn_timeout_seconds));
		return IO_HANGS;
	}
	return IO_FAILS;
}

/* What a request in flight waits for that will not come; NULL when its reply may. */
static const char *no_reply(const struct report *report, const struct device *dev,
			    const struct request *rq)
{
	const struct connection *c = rq->connection.known && rq->connection.v < dev->n_conns
					     ? &dev->conns[rq->connection.v]
					     : NULL;
	const char *why = NULL;

	if (has_flag(dev, RT_DISCONNECTED))
		return "the device is disconnected, and nobody reads replies";
	if (num_is(dev->recv_threads, 0))
		return "no receiver reads replies";
	if (c && num_is(c->dead, 1))
		return "its connection is dead, and no reply can come";
	switch (c ? fate_on(report, dev, c, &why) : IO_ANSWERED) {
	case IO_FAILS:
		return "the other end of its connection is closed, and no reply can come";
	case IO_HANGS:
		return why;
	default:
		return is_stuck(dev, rq) ? "no reply came" : NULL;
	}
}

const char *never_ends(const struct report *report, const struct device *dev,
		       const struct request *rq)
{
	const char *why = no_reply(report, dev, rq);

	if (!why)
		return NULL;
	return never_times_out(report, dev) ? why
					    : arena_printf("%s before its timeout (%s)", why,
							   word_seconds(timeout_in_force(dev)));
}

bool never_times_out(const struct report *report, const struct device *dev)
{
	return num_is(report->traits.keeps_retries, 1) && num_is(dev->timeout_seconds, 0) &&
	       dev->num_connections.known && (int64_t)dev->num_connections.v <= 1;
}

const char *timeout_rule(const struct report *report, const struct device *dev)
{
	bool single = dev->num_connections.known && (int64_t)dev->num_connections.v <= 1;
	const char *why, *seconds = word_seconds(timeout_in_force(dev));

	if (report->before_config)
		return NULL;
	if (!dev->n_requests && dev->requests_known && io_fate(report, dev, &why) == IO_FAILS)
		return "a new request fails at once: no connection is left that could take it";
	if (!dev->timeout_seconds.known || !dev->num_connections.known)
		return NULL;
	if (never_times_out(report, dev))
		return "nbd never gives up a request: one connection and no timeout";
	if (single && num_is(report->traits.keeps_retries, 0))
		return arena_printf("nbd fails a request that gets no reply for %s", seconds);
	if (single && !dev->timeout_seconds.v)
		return NULL;
	return arena_printf("nbd gives up the connection of a request that gets no reply for %s",
			    seconds);
}
