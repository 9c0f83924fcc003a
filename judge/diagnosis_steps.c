// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What to do, the least harmful first. A step is given only where it works now: what is known against it is asked of
 * the other judges first.
 */
#include <string.h>

#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/diagnosed.h"
#include "judge/facts.h"
#include "judge/fate.h"
#include "judge/phrases.h"
#include "judge/state.h"
#include "judge/take_down.h"
#include "judge/ways_out.h"

/* More openers or servers than this get one step together, or none. */
#define MAX_OPENER_STEPS 6

static void add(const struct diagnosed *d, const char *action, const char *costs, const char *frees)
{
	*ARENA_PUSH(d->diagnosis->steps, d->diagnosis->n_steps) =
		(struct step){false, action, costs, frees};
}

/* Only where the steps before it did not help. */
static void add_otherwise(const struct diagnosed *d, const char *action, const char *costs,
			  const char *frees)
{
	add(d, action, costs, frees);
	d->diagnosis->steps[d->diagnosis->n_steps - 1].otherwise = d->diagnosis->n_steps > 1;
}

void steps_none(const struct diagnosed *d)
{
	(void)d;
}

void steps_unreadable(const struct diagnosed *d)
{
	add(d,
	    arena_printf("see what was read: nbd -v -d %s; on a live kernel ask once more",
			 d->dev->name),
	    "nothing", "nothing by itself");
}

/* The device has something to detach: a connection that nbd keeps, or netlink's reference to the config. */
static bool can_detach(const struct device *dev)
{
	return !fact_lacks_flag(dev, RT_HAS_CONFIG_REF) || !fact_has_flag(dev, RT_DISCONNECTED);
}

/* What has I/O that fails: file systems and swap above. */
static const char *above(const struct device *dev)
{
	struct device of_kind = *dev;

	of_kind.openers = NULL;
	of_kind.n_openers = 0;
	for (size_t i = 0; i < dev->n_openers; i++) {
		if (!dev->openers[i].task)
			*ARENA_PUSH(of_kind.openers, of_kind.n_openers) = dev->openers[i];
	}
	return phrase_openers(&of_kind);
}

/* A mirror or the like goes on without this leg. */
static bool is_raid(const struct opener *o)
{
	return o->stacked && !strncmp(o->stacked->name, "md", 2);
}

static bool has_raid(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_openers; i++) {
		if (is_raid(&dev->openers[i]))
			return true;
	}
	return false;
}

/* n: how many requests there are still. */
static const char *detach_costs(const struct device *dev, size_t n)
{
	const char *fail = n ? arena_printf("%s %s with EIO", word_count(n, "request"),
					    n == 1 ? "fails" : "fail")
			     : NULL;
	const char *errors = above(dev), *why;

	if (fate_of_new_request(dev, &why) == IO_FAILS)
		return fail ? fail : "nothing: no request waits, and all I/O fails already";
	if (errors)
		fail = word_append(
			fail, ", and ",
			arena_printf("I/O errors from now on for %s%s", errors,
				     has_raid(dev) ? ", which may go on without it" : ""));
	return fail ? fail : "nothing: no request waits";
}

static const char *detach_frees(const struct device *dev)
{
	if (dev->n_waiters)
		return arena_printf("%s in D", dev->n_waiters == 1
						       ? "the task"
						       : word_count(dev->n_waiters, "task"));
	if (fact_requests_found(dev))
		return "the requests, by ending them";
	/* The connections stay, shut down, until the last close. */
	if (dev->n_openers)
		return fact_lacks_flag(dev, RT_HAS_CONFIG_REF)
			       ? "the server's end of the connections; the openers keep the config"
			       : "netlink's reference to the config; the openers keep theirs";
	return "the device";
}

/* Who holds config_lock in D does not let it go, and without it nothing is detached. genl_mutex is another device's matter. */
static void add_reboot(const struct diagnosed *d, const char *hangs)
{
	bool lasts = d->diagnosis->state == STATE_DEAD || d->diagnosis->state == STATE_STUCK;

	if (lasts && detach_holder_in_d(d->report, d->dev->config_lock_owner))
		add_otherwise(d, "reboot the host", "all that runs there",
			      arena_printf("the device: no other way is known, for %s", hangs));
}

/* What is not sent when the server of the only connection ends finds no connection. */
static bool unsent_fail(const struct device *dev)
{
	return detach_blocked_send(dev) && num_is(dev->live_connections, 1) &&
	       num_is(dev->dead_conn_timeout_seconds, 0);
}

static const char *kill_costs(const struct device *dev)
{
	return unsent_fail(dev) ? "that process and all else that it serves; what is not sent yet "
				  "fails with EIO"
				: "that process and all else that it serves";
}

/* With another connection what was being sent is sent there. */
static const char *kill_frees(const struct device *dev)
{
	return fact_is_positive(dev->live_connections) && !num_is(dev->live_connections, 1)
		       ? "the send that blocks, and whoever waits behind it: it is sent again on "
			 "another connection"
		       : "the send that blocks, and whoever waits behind it";
}

void steps_detach(const struct diagnosed *d)
{
	const struct device *dev = d->dev;
	const char *hangs = detach_would_hang(d->report, dev);
	const char *instead = detach_instead(d->report, dev);
	bool ends = instead && unsent_fail(dev);

	if (hangs && instead)
		add_otherwise(d, instead, kill_costs(dev), kill_frees(dev));
	else if (hangs)
		add_reboot(d, hangs);
	if (!can_detach(dev) || (!ways_out_works(dev, OUT_NETLINK_DISCONNECT) && !instead))
		return;
	/* Behind the end of the only connection's server it is the next step, else one more way. */
	if (ends)
		add(d, phrase_detach(dev), detach_costs(dev, dev->n_requests), detach_frees(dev));
	else
		add_otherwise(d, phrase_detach(dev), detach_costs(dev, fact_requests_found(dev)),
			      detach_frees(dev));
}

static const char *opener_action(const struct opener *o)
{
	const char *command = take_down_command(o);

	/* What is stopped closes nothing, and no signal but SIGKILL ends it. */
	if (o->task && o->task->state == 'T')
		return arena_printf("kill -KILL %u (%s, which is stopped and has fd %u)",
				    o->task->tgid, phrase_name(o->task), o->fd);
	if (o->task)
		return arena_printf("have %s close fd %u, or kill %u", phrase_name(o->task), o->fd,
				    o->task->tgid);
	return command ? command
		       : arena_printf("see to it that %s is %s", phrase_opener(o),
				      phrase_opener_let_go(o->kind));
}

static const char *opener_costs(const struct opener *o)
{
	if (take_down_is_root(o))
		return "all that runs on the host, whose root file system it is";
	if (o->task && o->task->state == 'T')
		return "that process";
	if (o->kind == OPENER_SWAP)
		return "the processes whose memory lies there";
	return o->task ? "its use of the device, which gives only errors"
		       : "what was not written to the device yet is lost";
}

/* Those of one process end together; what waits in D ends by itself when its requests do. What is stacked on the device
 * has steps of its own. */
static bool needs_a_step(const struct device *dev, size_t which)
{
	const struct task *t = dev->openers[which].task;

	if (dev->openers[which].stacked || (t && t->state == 'D'))
		return false;
	for (size_t i = 0; t && i < which; i++) {
		if (dev->openers[i].task && dev->openers[i].task->tgid == t->tgid)
			return false;
	}
	return true;
}

static void add_stack(const struct diagnosed *d)
{
	size_t n;
	const struct take_down_step *steps = take_down_steps(d->dev, &n);

	for (size_t i = 0; i < n; i++) {
		if (steps[i].stacked)
			add(d,
			    steps[i].command ? steps[i].command
					     : arena_printf("see to it that %s", steps[i].what),
			    steps[i].removes ? "nothing more"
					     : "what was not written to it yet is lost",
			    steps[i].removes ? "what it stands on" : steps[i].stacked->name);
	}
}

void steps_opener_pins(const struct diagnosed *d)
{
	const char *last = "the config with the last close: an attach works";
	const struct device *dev = d->dev;
	size_t n = 0, steps = 0;

	add_stack(d);
	for (size_t i = 0; i < dev->n_openers; i++)
		n += needs_a_step(dev, i);
	for (size_t i = 0; i < dev->n_openers && steps < MAX_OPENER_STEPS; i++) {
		if (needs_a_step(dev, i))
			add(d, opener_action(&dev->openers[i]), opener_costs(&dev->openers[i]),
			    ++steps == n ? last : "its reference");
	}
	if (n > MAX_OPENER_STEPS)
		add(d, arena_printf("the same with the others: nbd -o -d %s", dev->name),
		    "the same", last);
	else if (!n && dev->n_above)
		d->diagnosis->steps[d->diagnosis->n_steps - 1].frees = last;
	if (!dev->n_openers && fact_is_positive(dev->openers_expected))
		add(d,
		    arena_printf("find who has it open: fuser -v /dev/%s, grep %s /proc/*/maps",
				 dev->name, dev->name),
		    "nothing", arena_printf("nothing by itself; who is found closes it: %s", last));
}

/* A new socket is taken for a dead connection only, and is of use while the device is not disconnected. */
static bool can_reconfigure(const struct device *dev)
{
	return ways_out_works(dev, OUT_RECONFIGURE) && fact_is_positive(dev->n_dead) &&
	       fact_lacks_flag(dev, RT_DISCONNECTED);
}

static void add_reconfigure(const struct diagnosed *d, const char *frees)
{
	if (can_reconfigure(d->dev))
		add(d,
		    "start the server again and hand nbd a new socket of it (NBD_CMD_RECONFIGURE), "
		    "if the client can",
		    "nothing", frees);
}

void steps_reconnect_wait(const struct diagnosed *d)
{
	add_reconfigure(d, "the requests that wait: they are sent again, and answered");
	steps_detach(d);
}

void steps_server_gone(const struct diagnosed *d)
{
	bool all_dead = d->diagnosis->state == STATE_DEAD;

	add_reconfigure(d, !all_dead ? "the connection"
			   : d->dev->n_requests
				   ? "the device for new requests; those in flight stay"
				   : "the device: new requests are answered");
	if (!all_dead)
		return;
	steps_detach(d);
	/* After a reboot there is nothing to close. */
	if (!detach_would_hang(d->report, d->dev))
		steps_opener_pins(d);
}

/* Without that, a new connection ends as the last one did. */
static void after(const struct diagnosed *d, const char *action)
{
	add(d, action, "nothing", "the next connection from ending like this one");
	steps_server_gone(d);
}

void steps_server_garbage(const struct diagnosed *d)
{
	after(d, "see what answers there: a server of another protocol, two that read from one "
		 "socket, or one that answers what had timed out");
}

void steps_send_refused(const struct diagnosed *d)
{
	after(d, "see what is denied (ausearch -m avc -ts recent), and allow it by policy");
}

void steps_send_timed_out(const struct diagnosed *d)
{
	after(d, "have the server read, or attach with a longer timeout");
}

/* What continues the server of a connection, where something does. */
static void add_continue(const struct diagnosed *d, const struct task *t)
{
	const char *frees = d->diagnosis->state == STATE_DEAD
				    ? "the server; this device is given up already"
				    : "the server, which answers what waits";

	if (t->state == 'T')
		add(d, arena_printf("kill -CONT %u", t->tgid), "nothing", frees);
	else if (t->state == 't')
		add(d, arena_printf("have the debugger let go %s", phrase_name(t)), "nothing",
		    frees);
}

/* One for each process; of more than a few the others are alike. */
static void add_continues(const struct diagnosed *d)
{
	uint32_t seen[MAX_OPENER_STEPS];
	size_t n = 0;

	for (size_t i = 0; i < d->dev->n_conns && n < MAX_OPENER_STEPS; i++) {
		const struct server *server = &d->dev->conns[i].server;
		size_t known = 0;

		if (server->state != SERVER_STOPPED)
			continue;
		while (known < n && seen[known] != server->task->tgid)
			known++;
		if (known < n)
			continue;
		seen[n++] = server->task->tgid;
		add_continue(d, server->task);
	}
}

void steps_server_stopped(const struct diagnosed *d)
{
	add_continues(d);
	if (d->diagnosis->state != STATE_IDLE)
		steps_detach(d);
	if (d->diagnosis->state == STATE_DEAD && !detach_would_hang(d->report, d->dev))
		steps_opener_pins(d);
}

void steps_unexplained(const struct diagnosed *d)
{
	steps_detach(d);
	if (d->diagnosis->state == STATE_DEAD && !detach_would_hang(d->report, d->dev))
		steps_opener_pins(d);
}

void steps_not_accepted(const struct diagnosed *d)
{
	add(d, "have the listener accept the connection: it may be out of fds, or busy", "nothing",
	    "the connection: what waits is answered");
	steps_detach(d);
}

void steps_server_silent(const struct diagnosed *d)
{
	const struct diagnosis *diagnosis = d->diagnosis;

	if (diagnosis->n_pids)
		add(d,
		    arena_printf("look at what the server does (in crash: bt %u), and have it "
				 "answer",
				 diagnosis->pids[0]),
		    "nothing", "all that waits");
	if (diagnosis->state != STATE_SLOW)
		steps_detach(d);
}

void steps_size_zero(const struct diagnosed *d)
{
	steps_detach(d);
	add(d,
	    d->diagnosis->n_steps
		    ? "attach it with a size: the server's export may be empty"
		    : "see why the server's export is empty: the size is set at attach",
	    "nothing", "the device, once it is attached with a size");
}
