// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/fate.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/fold.h"
#include "judge/phrases.h"

static enum io_fate fate_on(const struct connection *c, const char **why)
{
	if (num_is(c->dead, 1))
		return IO_FAILS;
	switch (c->sock->peer_status) {
	case PEER_CLOSED:
	case PEER_SHUT_DOWN:
		return IO_FAILS;
	case PEER_NOT_ACCEPTED:
		*why = "the server never accepted the connection";
		return IO_HANGS;
	case PEER_REMOTE:
		return IO_ANSWERED;
	case PEER_OPEN:
		break;
	default:
		return IO_UNKNOWN;
	}
	if (c->server.state == SERVER_STOPPED)
		*why = arena_printf("the server %s %s", phrase_name(c->server.task),
				    phrase_stop(c->server.task));
	else if (c->server.state == SERVER_BLOCKED)
		*why = arena_printf("the server %s is blocked", phrase_task(c->server.task));
	else
		return IO_ANSWERED;
	return IO_HANGS;
}

enum io_fate fate_of_new_request(const struct device *dev, const char **why)
{
	const struct waiter *freezes = fact_waiter_in(dev, "freeze");
	bool seen[IO_HANGS + 1] = {false};

	*why = NULL;
	/* blk_queue_enter() waits until it is thawed. */
	if (freezes) {
		*why = arena_printf("%s freezes the queue", phrase_name(freezes->task));
		return IO_HANGS;
	}
	if (fact_is_unconfigured(dev) || num_is(dev->num_connections, 0) ||
	    num_is(dev->capacity_bytes, 0) || fact_has_flag(dev, RT_DISCONNECTED))
		return IO_FAILS;
	if (!dev->runtime_flags.known || !dev->n_conns)
		return IO_UNKNOWN;
	if (num_is(dev->recv_threads, 0) && fact_is_positive(dev->live_connections)) {
		*why = "no receiver reads replies";
		return IO_HANGS;
	}
	for (size_t i = 0, run; i < dev->n_conns; i += run) {
		run = fold_run(dev->conns + i, dev->n_conns - i);
		seen[fate_on(&dev->conns[i], why)] = true;
	}
	if (seen[IO_ANSWERED])
		return IO_ANSWERED;
	if (seen[IO_UNKNOWN])
		return IO_UNKNOWN;
	if (seen[IO_HANGS])
		return IO_HANGS;
	if (fact_is_positive(dev->dead_conn_timeout_seconds)) {
		*why = arena_printf("nbd waits up to %s for a new connection",
				    word_seconds(dev->dead_conn_timeout_seconds));
		return IO_HANGS;
	}
	return IO_FAILS;
}

/* Why no reply to a request in flight can come; NULL when one still may. */
static const char *no_reply(const struct device *dev, const struct request *rq)
{
	const struct connection *c = rq->connection.known && rq->connection.v < dev->n_conns
					     ? &dev->conns[rq->connection.v]
					     : NULL;
	const char *why = NULL;

	if (fact_has_flag(dev, RT_DISCONNECTED))
		return "the device is disconnected, and nobody reads replies";
	if (num_is(dev->recv_threads, 0))
		return "no receiver reads replies";
	if (c && num_is(c->dead, 1))
		return "its connection is dead, and no reply can come";
	switch (c ? fate_on(c, &why) : IO_ANSWERED) {
	case IO_FAILS:
		return "the other end of its connection is closed, and no reply can come";
	case IO_HANGS:
		return why;
	default:
		return fact_is_stuck(dev, rq) ? "no reply came" : NULL;
	}
}

/*
 * Timeouts wait behind a send: blk_mq_timeout_work() waits for nbd_queue_rq() to return (by 6.1), or nbd_xmit_timeout()
 * for the tx_lock of the request's connection.
 */
static bool timeouts_wait(const struct device *dev)
{
	return detach_blocked_send(dev) != NULL;
}

const char *fate_never_ends(const struct report *report, const struct device *dev,
			    const struct request *rq)
{
	const char *why = no_reply(dev, rq);
	num timeout = fact_timeout_in_force(dev);

	if (!why || fact_never_times_out(report, dev) || timeouts_wait(dev))
		return why;
	if (!timeout.known)
		return arena_printf("%s, and its timeout could not be read", why);
	return arena_printf("%s before its timeout (%s)", why, word_seconds(timeout));
}

const char *fate_timeout_rule(const struct report *report, const struct device *dev)
{
	bool single = dev->num_connections.known && (int64_t)dev->num_connections.v <= 1;
	const char *why, *seconds = word_seconds(fact_timeout_in_force(dev));

	if (report->before_config)
		return NULL;
	if (timeouts_wait(dev))
		return arena_printf("no timeout strikes while %s sleeps in a send",
				    phrase_name(detach_blocked_send(dev)->sender));
	if (!dev->n_requests && dev->n_reconnect_waiters)
		return arena_printf("requests that wait for a new connection fail when "
				    "dead_conn_timeout (%s) is over; no other timeout strikes",
				    word_seconds(dev->dead_conn_timeout_seconds));
	if (!dev->n_requests && dev->requests_known && fate_of_new_request(dev, &why) == IO_FAILS)
		return "a new request fails at once: no connection is left that could take it";
	if (!dev->timeout_seconds.known || !dev->num_connections.known)
		return NULL;
	if (fact_never_times_out(report, dev))
		return "nbd never gives up a request: one connection and no timeout";
	if (single && num_is(report->traits.keeps_retries, 0))
		return arena_printf("nbd fails a request that gets no reply for %s", seconds);
	if (single && !dev->timeout_seconds.v)
		return NULL;
	return arena_printf("nbd gives up the connection of a request that gets no reply for %s",
			    seconds);
}
