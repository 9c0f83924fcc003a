// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/servers.h"

#include <string.h>

#include "judge/facts.h"
#include "judge/fold.h"

/* A thread that has the same file table as the owner, and so can serve the same fds. */
static bool shares_table(const struct task *owner, const struct task *t)
{
	return t == owner || (owner->files && t->tgid == owner->tgid && t->files == owner->files);
}

/* None of the threads that could serve the owner's fds is in a state but these. */
static bool all_in(const struct report *report, const struct task *owner, const char *states)
{
	for (size_t i = 0; i < report->tasks.n; i++) {
		const struct task *t = report->tasks.v[i];

		if (shares_table(owner, t) && !strchr(states, t->state))
			return false;
	}
	return true;
}

/* The file of the other end where somebody has it open, whether or not the connection was shut down since. */
static const struct file *open_peer(const struct sock_info *s)
{
	const struct file *file = s->peer ? s->peer->file : NULL;
	bool has_socket = s->peer_status == PEER_OPEN || s->peer_status == PEER_SHUT_DOWN;

	return has_socket && file && file->n_owners ? file : NULL;
}

static bool is_stopped(const struct report *report, const struct file *file)
{
	for (size_t i = 0; i < file->n_owners; i++) {
		if (!all_in(report, file->owners[i].task, "TtZX"))
			return false;
	}
	return true;
}

/* The waiter of the device that can serve the owner's fds, NULL when there is none. */
static const struct waiter *waits_on_device(const struct device *dev, const struct task *owner)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (shares_table(owner, dev->waiters[i].task))
			return &dev->waiters[i];
	}
	return NULL;
}

/* A server that waits for the device itself is blocked by it. One whose threads all wait in D for something else counts
 * as blocked only while a request is stuck, for a server may well wait for a disk now and then. */
static struct server server_of(const struct report *report, const struct device *dev,
			       const struct sock_info *s)
{
	const struct file *file = open_peer(s);
	bool all_in_d = fact_has_stuck_request(dev);

	if (!file)
		return (struct server){SERVER_UNKNOWN, NULL, NULL};
	if (is_stopped(report, file))
		return (struct server){SERVER_STOPPED, file->owners[0].task, NULL};
	for (size_t i = 0; i < file->n_owners; i++) {
		const struct task *owner = file->owners[i].task;
		const struct waiter *on = waits_on_device(dev, owner);

		if (on)
			return (struct server){SERVER_BLOCKED, on->task, on};
		all_in_d &= all_in(report, owner, "D");
	}
	return all_in_d ? (struct server){SERVER_BLOCKED, file->owners[0].task, NULL}
			: (struct server){SERVER_RUNS, file->owners[0].task, NULL};
}

void servers_judge(const struct report *report, struct device *dev)
{
	for (size_t i = 0, run; i < dev->n_conns; i += run) {
		struct server server = server_of(report, dev, dev->conns[i].sock);

		run = fold_run(dev->conns + i, dev->n_conns - i);
		for (size_t k = i; k < i + run; k++)
			dev->conns[k].server = server;
	}
}
