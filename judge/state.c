// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/state.h"

#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/fate.h"
#include "judge/findings.h"
#include "judge/fold.h"

/* A request that is in flight for longer makes a device slow. */
#define SLOW_MS 1000

#define DEVICE_STATE_ROW(state, word) [state] = word,
static const char *const words[] = {DEVICE_STATE_TABLE(DEVICE_STATE_ROW)};
#undef DEVICE_STATE_ROW

const char *state_word(enum device_state state)
{
	return words[state];
}

bool state_is_lost(const struct connection *c)
{
	return num_is(c->dead, 1) || c->sock->peer_status == PEER_CLOSED ||
	       c->sock->peer_status == PEER_SHUT_DOWN;
}

const struct request *state_oldest_request(const struct device *dev)
{
	const struct request *oldest = NULL;

	for (size_t i = 0; i < dev->n_requests; i++) {
		const struct request *rq = &dev->requests[i];

		if (rq->age_ms.known && (!oldest || rq->age_ms.v > oldest->age_ms.v))
			oldest = rq;
	}
	return oldest;
}

static bool decisive_values_known(const struct device *dev)
{
	return dev->config_known.known && dev->runtime_flags.known && dev->num_connections.known &&
	       dev->live_connections.known && dev->recv_threads.known;
}

static bool all_lost(const struct device *dev)
{
	for (size_t i = 0, run; i < dev->n_conns; i += run) {
		run = fold_run(dev->conns + i, dev->n_conns - i);
		if (!state_is_lost(&dev->conns[i]))
			return false;
	}
	return dev->n_conns && num_is(dev->num_connections, dev->n_conns);
}

/* Whether somebody waits for I/O of the device, or for a change of it, in the kernel. */
static bool something_waits(const struct device *dev)
{
	return dev->n_requests || dev->n_waiting || dev->n_tag_waiters || dev->n_waiters ||
	       dev->n_reconnect_waiters || detach_blocked_send(dev);
}

/* Netlink holds no reference to the config, so that only openers keep it. */
static bool is_pinned(const struct device *dev)
{
	return fact_lacks_flag(dev, RT_HAS_CONFIG_REF) &&
	       (fact_has_flag(dev, RT_DISCONNECTED) || num_is(dev->recv_threads, 0)) &&
	       dev->requests_known && !something_waits(dev) &&
	       (dev->n_openers || fact_is_positive(dev->openers_expected));
}

static bool is_dead(const struct device *dev)
{
	return !dev->n_reconnect_waiters &&
	       (fact_has_flag(dev, RT_DISCONNECTED) || !fact_is_positive(dev->live_connections) ||
		num_is(dev->recv_threads, 0) || all_lost(dev));
}

static bool is_stuck(const struct report *report, const struct device *dev)
{
	if (dev->n_reconnect_waiters || detach_holder_in_d(report, dev->config_lock_owner) ||
	    detach_endless_send(dev))
		return true;
	for (size_t i = 0; i < dev->n_requests; i++) {
		if (fate_never_ends(report, dev, &dev->requests[i]))
			return true;
	}
	return false;
}

/* The disconnect has returned: whoever still disconnects holds config_lock, and would be in D. */
static bool is_disconnecting(const struct report *report, const struct device *dev)
{
	return fact_has_flag(dev, RT_DISCONNECT_REQUESTED) && !detach_blocked_send(dev) &&
	       !detach_holder_in_d(report, dev->config_lock_owner);
}

/* Nothing is wrong: what this rests on must have been read. */
static enum device_state by_requests(const struct device *dev)
{
	const struct request *oldest = state_oldest_request(dev);

	if (oldest && oldest->age_ms.v >= SLOW_MS)
		return STATE_SLOW;
	if (findings_with_id(dev, "unreadable"))
		return STATE_UNKNOWN;
	for (size_t i = 0; i < dev->n_requests; i++) {
		if (!dev->requests[i].age_ms.known)
			return STATE_UNKNOWN;
	}
	return oldest || dev->n_waiting || dev->n_tag_waiters ? STATE_WORKING : STATE_IDLE;
}

enum device_state state_of(const struct report *report, const struct device *dev)
{
	if (!decisive_values_known(dev))
		return STATE_UNKNOWN;
	if (fact_is_being_set_up(dev))
		return STATE_SET_UP;
	if (is_pinned(dev))
		return STATE_PINNED;
	if (is_dead(dev))
		return STATE_DEAD;
	if (is_disconnecting(report, dev))
		return STATE_DISCONNECTING;
	if (is_stuck(report, dev))
		return STATE_STUCK;
	return by_requests(dev);
}
