// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/ways_out.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/attempt.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/phrases.h"

static struct attach is_bound(const struct attempt *a)
{
	if (!a->dev->runtime_flags.known)
		return attempt_decided(ATTACH_UNKNOWN,
				       "runtime_flags could not be read: EINVAL unless netlink "
				       "attached the device");
	if (!fact_has_flag(a->dev, RT_BOUND))
		return attempt_decided(ATTACH_EINVAL, "netlink has not attached the device");
	if (fact_is_not_started(a->dev))
		return attempt_decided(ATTACH_EINVAL, "the device is not started");
	return attempt_passed;
}

/* nbd_reconnect_socket() takes tx_lock of each dead connection until it has found one that is still dead. */
static struct attach takes_socket(const struct attempt *a)
{
	const struct device *dev = a->dev;

	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct connection *c = &dev->conns[i];

		if (!c->dead.known)
			return attempt_decided(
				ATTACH_UNKNOWN,
				arena_printf("whether connection %u is dead could not be read: a "
					     "new socket takes the place of the first dead one",
					     c->index));
		if (c->dead.v)
			return attempt_decided(
				ATTACH_OK,
				arena_printf("the new socket takes the place of connection %u%s",
					     c->index,
					     fact_has_flag(dev, RT_DISCONNECTED)
						     ? ", but the device is disconnected: requests "
						       "fail as before"
						     : ""));
	}
	return attempt_decided(ATTACH_OK, "no connection is dead: the new socket is not taken, "
					  "though no error says so");
}

/* send_disconnects() and sock_shutdown() take tx_lock of each connection. */
static struct attach tx_locks(const struct attempt *a)
{
	const struct connection *c = detach_blocked_send(a->dev);

	if (!c)
		return attempt_passed;
	return attempt_decided(
		ATTACH_HANGS,
		arena_printf("%s sleeps with tx_lock of connection %u held; it waits for that with "
			     "config_lock held",
			     phrase_name(c->sender), c->index));
}

/* "2 requests fail with EIO", or that none does. */
static const char *requests_fail(const struct device *dev)
{
	size_t n = fact_requests_found(dev);

	if (!dev->requests_known)
		return "whatever is in flight fails with EIO";
	if (!n)
		return "no request is in flight";
	return arena_printf("%s %s with EIO", word_count(n, "request"), n == 1 ? "fails" : "fail");
}

/* What is lost when all sockets are shut down: nbd_disconnect_and_put() and nbd_clear_sock_ioctl() give netlink's reference back. */
static const char *shut_down(const struct device *dev)
{
	const char *lost = requests_fail(dev);

	if (!fact_has_flag(dev, RT_DISCONNECTED))
		lost = arena_printf("%s, all later I/O fails", lost);
	if (fact_has_flag(dev, RT_HAS_CONFIG_REF))
		lost = arena_printf("%s, and netlink's reference to the config goes", lost);
	return lost;
}

static struct attach disconnects(const struct attempt *a)
{
	return attempt_decided(ATTACH_OK, shut_down(a->dev));
}

/* The server is told, and that is all: nbd goes on when the server closes the connection. */
static struct attach asks(const struct attempt *a)
{
	if (fact_has_flag(a->dev, RT_DISCONNECTED))
		return attempt_decided(ATTACH_OK, "the device is disconnected already");
	return attempt_decided(ATTACH_OK, "the server is asked to close the connections, and "
					  "requests wait until it does");
}

/* On kernels that keep task_setup it only shuts the sockets down. */
static struct attach clears(const struct attempt *a)
{
	num clears = a->report->traits.clear_sock_resets_setup;

	if (!clears.known)
		return attempt_decided(ATTACH_OK,
				       "the sockets are shut down; whether requests end with that "
				       "is not known of this kernel");
	return attempt_decided(ATTACH_OK, clears.v ? shut_down(a->dev)
						   : "the sockets are shut down, and requests in "
						     "flight stay: nobody ends them here");
}

/* In the kernel's order; each list ends with a check that always decides. */
static check_fn *const reconfigure[] = {attempt_going_down, attempt_config_lock, is_bound,
					takes_socket};
static check_fn *const netlink_disconnect[] = {attempt_going_down, attempt_config_lock, tx_locks,
					       disconnects};
static check_fn *const disconnect[] = {attempt_open_lock, attempt_partition_scan,
				       attempt_config_lock, tx_locks, asks};
static check_fn *const clear_sock[] = {attempt_open_lock, attempt_partition_scan,
				       attempt_config_lock, tx_locks, clears};

static const struct {
	const char *name;
	check_fn *const *checks;
	bool by_netlink;
} ways[] = {
	[OUT_RECONFIGURE] = {"NBD_CMD_RECONFIGURE", reconfigure, true},
	[OUT_NETLINK_DISCONNECT] = {"NBD_CMD_DISCONNECT", netlink_disconnect, true},
	[OUT_DISCONNECT] = {"NBD_DISCONNECT", disconnect, false},
	[OUT_CLEAR_SOCK] = {"NBD_CLEAR_SOCK", clear_sock, false},
};

_Static_assert(sizeof(ways) / sizeof(ways[0]) == WAYS_OUT, "a row for each way");

const char *ways_out_name(enum way_out way)
{
	return ways[way].name;
}

void ways_out_forecast(const struct report *report, struct device *dev)
{
	const struct attempt attempt = {report, dev, false, false};

	for (int way = 0; way < WAYS_OUT && dev->config; way++) {
		dev->ways_out[way] = attempt_make(&attempt, ways[way].checks);
		if (ways[way].by_netlink)
			dev->ways_out[way] = attempt_by_netlink(report, dev->ways_out[way]);
	}
}

bool ways_out_works(const struct device *dev, enum way_out way)
{
	return dev->ways_out[way].result == ATTACH_OK;
}
