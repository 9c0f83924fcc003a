// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/detach.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/facts.h"
#include "judge/phrases.h"
#include "model/explains.h"

/* More processes than this at the other end are counted. */
#define MAX_SERVERS 4

const struct connection *detach_blocked_send(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct task *t = dev->conns[i].sender;

		if (t && t->state != 'R')
			return &dev->conns[i];
	}
	return NULL;
}

const struct connection *detach_endless_send(const struct device *dev)
{
	const struct connection *c = detach_blocked_send(dev);
	const struct request *rq = c ? fact_request_of(dev, c->sender) : NULL;

	if (!c)
		return NULL;
	return c->server.state == SERVER_STOPPED || c->server.state == SERVER_BLOCKED || !rq ||
			       fact_is_stuck(dev, rq)
		       ? c
		       : NULL;
}

const struct task *detach_holder_in_d(const struct report *report, num owner)
{
	const struct task *t = fact_task_at(report, owner.v);

	return t && t->state == 'D' ? t : NULL;
}

/* " for nbd62"; "" where none of the devices is known to be it. */
static const char *for_device(const struct report *report, const struct task *t)
{
	for (size_t i = 0; i < report->n_devices; i++) {
		if (device_explains(&report->devices[i], t))
			return arena_printf(" for %s", report->devices[i].name);
	}
	return "";
}

const char *detach_would_hang(const struct report *report, const struct device *dev)
{
	const struct connection *c = detach_blocked_send(dev);
	const struct task *config = detach_holder_in_d(report, dev->config_lock_owner);
	const struct task *genl = detach_holder_in_d(report, report->genl_lock_owner);

	if (c)
		return arena_printf("%s sleeps with tx_lock of connection %u held",
				    phrase_name(c->sender), c->index);
	if (config)
		return arena_printf("%s holds config_lock and waits in D", phrase_name(config));
	if (genl)
		return arena_printf("%s holds genl_mutex and waits in D%s", phrase_name(genl),
				    for_device(report, genl));
	return NULL;
}

static bool is_behind(const struct device *dev, const struct task *t)
{
	for (size_t c = 0; c < dev->n_conns; c++) {
		for (size_t i = 0; i < dev->conns[c].n_behind_sender; i++) {
			if (dev->conns[c].behind_sender[i] == t)
				return true;
		}
	}
	return false;
}

/* The send that is to blame: the device's own, or that of another device which the holder of genl_mutex waits
 * for. */
static const struct connection *send_to_blame(const struct report *report, const struct device *dev)
{
	const struct connection *c = detach_blocked_send(dev);
	const struct task *genl = detach_holder_in_d(report, report->genl_lock_owner);

	for (size_t i = 0; !c && genl && i < report->n_devices; i++) {
		if (is_behind(&report->devices[i], genl))
			c = detach_blocked_send(&report->devices[i]);
	}
	return c;
}

/* "456 457", each process that has the file once; NULL when there is none. */
static const char *processes(const struct file *file, size_t *n)
{
	const char *all = NULL;

	*n = 0;
	for (size_t i = 0; i < file->n_owners; i++) {
		uint32_t pid = file->owners[i].task->tgid;

		if (i && pid == file->owners[i - 1].task->tgid)
			continue;
		if (++*n <= MAX_SERVERS)
			all = word_append(all, " ", arena_printf("%u", pid));
	}
	return all;
}

const char *detach_instead(const struct report *report, const struct device *dev)
{
	const struct connection *c =
		detach_would_hang(report, dev) ? send_to_blame(report, dev) : NULL;
	const struct file *file;
	const char *pids;
	size_t n;

	if (!c)
		return NULL;
	if (c->sock->peer_status == PEER_REMOTE)
		return "end the server on the other host";
	if (c->sock->peer_status == PEER_NOT_ACCEPTED && num_is(c->sock->listener_alive, 1))
		return arena_printf("kill -KILL %s (the listener)",
				    word_decimal(c->sock->listener_pid));
	file = c->sock->peer ? c->sock->peer->file : NULL;
	pids = file ? processes(file, &n) : NULL;
	if (!pids || n > MAX_SERVERS)
		return NULL;
	return arena_printf("kill -KILL %s (%s)", pids,
			    n == 1 ? "the server" : "all who have the other end open");
}

const char *detach_advice(const struct report *report, const struct device *dev)
{
	const char *why = detach_would_hang(report, dev), *detach = phrase_detach(dev);
	const char *instead = detach_instead(report, dev);

	if (!why)
		return detach;
	return instead ? arena_printf("%s and then %s (a detach before that would hang: %s)",
				      instead, detach, why)
		       : arena_printf("%s later (now it would hang: %s)", detach, why);
}
