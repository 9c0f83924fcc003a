// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/attach.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/attempt.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/fate.h"
#include "judge/phrases.h"
#include "judge/take_down.h"

#define FLAG_CAN_MULTI_CONN (1 << 8)

static struct attach netlink_controlled(const struct attempt *a)
{
	if (fact_has_flag(a->dev, RT_BOUND))
		return attempt_decided(
			ATTACH_EINVAL,
			"netlink controls the device: it takes no ioctl but NBD_DISCONNECT "
			"and NBD_CLEAR_SOCK");
	if (!fact_is_unconfigured(a->dev) && !a->dev->runtime_flags.known)
		return attempt_decided(ATTACH_UNKNOWN,
				       "runtime_flags could not be read: EINVAL if netlink "
				       "controls the device");
	return attempt_passed;
}

static struct attach refused_while_running(const struct attempt *a)
{
	if (a->refuses_running && fact_is_started(a->dev))
		return attempt_decided(
			ATTACH_EBUSY,
			arena_printf("%s is recorded as running it, and this kernel adds no "
				     "socket to a running device",
				     phrase_starter(a->report, a->dev)));
	return attempt_passed;
}

/* blk_mq_freeze_queue() waits for all requests in flight. */
static struct attach freeze(const struct attempt *a)
{
	const struct device *dev = a->dev;
	bool all_read = dev->requests_known;

	if (!a->freezes || fact_is_unconfigured(dev))
		return attempt_passed;
	for (size_t i = 0; i < dev->n_requests; i++) {
		const char *why = fate_never_ends(a->report, dev, &dev->requests[i]);

		if (why)
			return attempt_decided(
				ATTACH_HANGS,
				arena_printf("it freezes the queue first and waits for a "
					     "%s: %s",
					     phrase_request(&dev->requests[i]), why));
		all_read &= dev->requests[i].age_ms.known;
	}
	if (!all_read)
		return attempt_decided(
			ATTACH_UNKNOWN,
			"it freezes the queue first and hangs if a request is stuck in "
			"flight: not all could be read");
	return attempt_passed;
}

static struct attach task_setup(const struct attempt *a)
{
	const struct device *dev = a->dev;

	if (!dev->task_setup.known)
		return attempt_decided(ATTACH_UNKNOWN,
				       "task_setup could not be read: EBUSY if it is set");
	if (!dev->task_setup.v)
		return attempt_passed;
	if (dev->setup_task)
		return attempt_decided(
			ATTACH_EBUSY,
			arena_printf("task_setup belongs to %s%s", phrase_name(dev->setup_task),
				     dev->setup_doubt ? ", or to a task that has exited" : ""));
	if (dev->setup_reuser)
		return attempt_decided(
			ATTACH_EBUSY,
			arena_printf("task_setup belongs to a task that has exited; %s has "
				     "its memory",
				     phrase_name(dev->setup_reuser)));
	return attempt_decided(ATTACH_EBUSY,
			       fact_tasks_complete(a->report)
				       ? "task_setup belongs to a task that has exited"
				       : "task_setup belongs to another task");
}

static struct attach accepts_socket(const struct attempt *a)
{
	if (fact_is_started(a->dev))
		return attempt_decided(ATTACH_OK,
				       "no task is recorded in task_setup; but the device was "
				       "started, so no receiver would read from the new socket");
	return attempt_decided(ATTACH_OK, "no task is recorded in task_setup");
}

static struct attach already_started(const struct attempt *a)
{
	const struct device *dev = a->dev;

	if (fact_is_started(dev))
		return attempt_decided(
			ATTACH_EBUSY,
			fact_is_working(dev)
				? arena_printf("%s is recorded as running it, and it runs",
					       phrase_starter(a->report, a->dev))
				: arena_printf("%s is still recorded; only the last close "
					       "clears it",
					       phrase_starter(a->report, a->dev)));
	if (!fact_is_not_started(dev))
		return attempt_decided(ATTACH_UNKNOWN,
				       "whether somebody runs it could not be read: EBUSY then");
	return attempt_passed;
}

static struct attach needs_socket(const struct attempt *a)
{
	if (fact_is_unconfigured(a->dev) || num_is(a->dev->num_connections, 0))
		return attempt_decided(ATTACH_EINVAL, "no socket has been set");
	if (!a->dev->num_connections.known)
		return attempt_decided(ATTACH_UNKNOWN,
				       "num_connections could not be read: EINVAL if it is 0");
	return attempt_passed;
}

static struct attach multiple_connections(const struct attempt *a)
{
	const struct device *dev = a->dev;

	if ((int64_t)dev->num_connections.v <= 1)
		return attempt_passed;
	if (!dev->server_flags.known)
		return attempt_decided(ATTACH_UNKNOWN,
				       "the server's flags could not be read: EINVAL "
				       "without CAN_MULTI_CONN");
	if (dev->server_flags.v & FLAG_CAN_MULTI_CONN)
		return attempt_passed;
	return attempt_decided(ATTACH_EINVAL,
			       arena_printf("%s, yet the server did not announce "
					    "CAN_MULTI_CONN",
					    word_count(dev->num_connections.v, "connection")));
}

static struct attach starts(const struct attempt *a)
{
	return attempt_decided(ATTACH_OK,
			       arena_printf("%s and nothing runs",
					    word_count(a->dev->num_connections.v, "connection")));
}

static struct attach in_use(const struct attempt *a)
{
	const struct device *dev = a->dev;

	if (!dev->config_refs.known)
		return attempt_decided(ATTACH_UNKNOWN,
				       "config_refs could not be read: EBUSY unless it is 0");
	if (dev->config_refs.v)
		return attempt_decided(ATTACH_EBUSY,
				       arena_printf("config_refs is %llu: \"nbd%u already in use\"",
						    (unsigned long long)dev->config_refs.v,
						    dev->index));
	return attempt_decided(ATTACH_OK, "nobody uses the device");
}

/* In the kernel's order; each list ends with a check that always decides. */
static check_fn *const set_sock[] = {attempt_has_config,
				     attempt_open_lock,
				     attempt_partition_scan,
				     attempt_config_lock,
				     netlink_controlled,
				     refused_while_running,
				     freeze,
				     task_setup,
				     accepts_socket};
static check_fn *const do_it[] = {attempt_has_config,  attempt_open_lock,    attempt_partition_scan,
				  attempt_config_lock, netlink_controlled,   already_started,
				  needs_socket,	       multiple_connections, starts};
static check_fn *const netlink[] = {attempt_going_down, attempt_config_lock, in_use};

static const struct {
	const char *name;
	check_fn *const *checks;
} ways[ATTACH_WAYS] = {
	[ATTACH_SET_SOCK] = {"NBD_SET_SOCK", set_sock},
	[ATTACH_DO_IT] = {"NBD_DO_IT", do_it},
	[ATTACH_NETLINK] = {"netlink", netlink},
};

const char *attach_way_name(enum attach_way way)
{
	return ways[way].name;
}

/* One outcome where both ways of behaviour lead to it, else both of them. */
static struct attach either(struct attach a, struct attach b, const char *what)
{
	if (a.result == b.result)
		return a;
	return attempt_decided(ATTACH_UNKNOWN,
			       arena_printf("%s (%s) or, if this kernel's nbd %s, %s (%s)",
					    phrase_attach_result(a.result), a.why, what,
					    phrase_attach_result(b.result), b.why));
}

static struct attach forecast(struct attempt a, check_fn *const *checks)
{
	const struct traits *traits = &a.report->traits;
	struct attach without, with;

	a.freezes = traits->set_sock_freezes.v;
	a.refuses_running = traits->set_sock_refuses_running.v;
	without = attempt_make(&a, checks);
	if (!traits->set_sock_freezes.known) {
		a.freezes = true;
		without = either(without, attempt_make(&a, checks), "freezes the queue first");
		a.freezes = false;
	}
	if (traits->set_sock_refuses_running.known)
		return without;
	a.refuses_running = true;
	with = attempt_make(&a, checks);
	return either(without, with, "adds no socket to a running device");
}

void attach_forecast(const struct report *report, struct device *dev)
{
	for (int way = 0; way < ATTACH_WAYS; way++)
		dev->attach[way] =
			forecast((struct attempt){report, dev, false, false}, ways[way].checks);
	dev->attach[ATTACH_NETLINK] = attempt_by_netlink(report, dev->attach[ATTACH_NETLINK]);
}

/* Openers that the kernel counts and that were not found. One that is being closed is known by the task that closes it. */
static const char *missing_let_go(const struct device *dev, size_t missing)
{
	const struct waiter *w = fact_waiter_in(dev, "close");
	const char *gone =
		arena_printf("%s that %s not found %s gone", word_count(missing, "opener"),
			     missing == 1 ? "was" : "were", missing == 1 ? "is" : "are");

	return w ? arena_printf("%s (%s waits in close)", gone, phrase_name(w->task)) : gone;
}

const char *attach_freed_when(const struct report *report, const struct device *dev)
{
	size_t missing = fact_openers_not_found(dev) - fact_openers_in_open(dev);
	/* Nobody can detach the device without that lock. */
	const struct task *locked_by = detach_holder_in_d(report, dev->config_lock_owner);
	const struct waiter *opening = fact_waiter_inside_open(dev);
	const struct connection *sending = detach_blocked_send(dev);
	const char *instead = detach_instead(report, dev), *all = NULL;

	if (!dev->config || report->before_config)
		return NULL;
	if (sending)
		all = arena_printf("the send of %s on connection %u has ended%s",
				   phrase_name(sending->sender), sending->index,
				   instead ? arena_printf(" (%s)", instead) : "");
	if (locked_by)
		all = word_append(
			all, ", and then ",
			arena_printf("%s, in D, has let go config_lock", phrase_name(locked_by)));
	if (fact_has_flag(dev, RT_HAS_CONFIG_REF) || fact_is_working(dev))
		all = word_append(all, ", and then ",
				  arena_printf("%s has disconnected it%s", phrase_detach(dev),
					       detach_holder_in_d(report, report->genl_lock_owner)
						       ? " (once netlink answers again)"
						       : ""));
	if (opening)
		all = word_append(
			all, ", and ",
			arena_printf("%s comes out of its open", phrase_name(opening->task)));
	if (dev->n_openers)
		all = word_append(all, ", and ", take_down_clause(dev));
	if (missing)
		all = word_append(all, ", and ", missing_let_go(dev, missing));
	if (!all && num_is(dev->openers_expected, 0) && dev->config_refs.v)
		return arena_printf("no opener is left, yet %s: whoever holds %s must let go",
				    word_count(dev->config_refs.v, "reference"),
				    dev->config_refs.v == 1 ? "it" : "them");
	return all;
}
