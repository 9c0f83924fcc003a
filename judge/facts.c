// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/facts.h"

#include <string.h>

/* The block layer's timeout where none is set, and since when a request counts as stuck then. */
#define DEFAULT_TIMEOUT_SECONDS 30

bool fact_is_unconfigured(const struct device *dev)
{
	return num_is(dev->config_known, 0);
}

bool fact_has_flag(const struct device *dev, uint64_t flag)
{
	return dev->runtime_flags.known && dev->runtime_flags.v & flag;
}

bool fact_lacks_flag(const struct device *dev, uint64_t flag)
{
	return dev->runtime_flags.known && !(dev->runtime_flags.v & flag);
}

/* Counters are signed in the kernel. */
bool fact_is_positive(num n)
{
	return n.known && (int64_t)n.v > 0;
}

bool fact_is_working(const struct device *dev)
{
	return fact_lacks_flag(dev, RT_DISCONNECTED) && fact_is_positive(dev->recv_threads) &&
	       fact_is_positive(dev->live_connections);
}

bool fact_is_not_started(const struct device *dev)
{
	return !dev->recv_pid.v && !dev->recv_task_addr.v &&
	       (dev->recv_pid.known || dev->recv_task_addr.known);
}

bool fact_is_started(const struct device *dev)
{
	return dev->recv_pid.v || dev->recv_task_addr.v;
}

bool fact_is_being_set_up(const struct device *dev)
{
	return ((dev->setup_task && !dev->setup_doubt) || fact_has_flag(dev, RT_BOUND)) &&
	       fact_is_not_started(dev) && fact_lacks_flag(dev, RT_DISCONNECTED);
}

bool fact_scan_complete(const struct report *report)
{
	const struct scan_stats *s = &report->scan;

	return !s->tables_unreadable && !report->tasks.unreadable && !s->interrupted;
}

bool fact_tasks_complete(const struct report *report)
{
	return !report->tasks.unreadable && !report->tasks.interrupted;
}

size_t fact_leaders_only(const struct report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->tasks.n; i++)
		n += report->tasks.v[i]->threads != 0;
	return n;
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
	return fact_scan_complete(report) && !dev->problems.n && dev->openers_expected.known &&
	       !fact_openers_not_found(dev);
}

num fact_uses_device(const struct report *report, const struct device *dev, const struct task *t)
{
	if (is_seen_using(dev, t))
		return NUM(1);
	return users_complete(report, dev) ? NUM(0) : NUM_UNKNOWN;
}

const struct task *fact_task_at(const struct report *report, uint64_t addr)
{
	for (size_t i = 0; addr && i < report->tasks.n; i++) {
		if (report->tasks.v[i]->addr == addr)
			return report->tasks.v[i];
	}
	return NULL;
}

const struct waiter *fact_waiter_of_task(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].task == t)
			return &dev->waiters[i];
	}
	return NULL;
}

const struct waiter *fact_waiter_in(const struct device *dev, const char *what)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].blocked_in && !strcmp(dev->waiters[i].blocked_in, what))
			return &dev->waiters[i];
	}
	return NULL;
}

size_t fact_openers_not_found(const struct device *dev)
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

const struct waiter *fact_waiter_inside_open(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (is_inside_open(&dev->waiters[i]))
			return &dev->waiters[i];
	}
	return NULL;
}

size_t fact_openers_in_open(const struct device *dev)
{
	size_t n = 0, missing = fact_openers_not_found(dev);

	for (size_t i = 0; i < dev->n_waiters; i++)
		n += is_inside_open(&dev->waiters[i]);
	return n < missing ? n : missing;
}

const struct request *fact_request_of(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; t && i < dev->n_requests; i++) {
		if (dev->requests[i].worker == t)
			return &dev->requests[i];
	}
	return NULL;
}

size_t fact_behind_senders(const struct device *dev, bool started)
{
	size_t n = 0;

	for (size_t c = 0; c < dev->n_conns; c++) {
		for (size_t i = 0; i < dev->conns[c].n_behind_sender; i++) {
			const struct task *t = dev->conns[c].behind_sender[i];

			n += !num_is(dev->config_lock_owner, t->addr) &&
			     (fact_request_of(dev, t) != NULL) == started;
		}
	}
	return n;
}

size_t fact_requests_at(const struct device *dev, enum request_place place)
{
	size_t n = 0;

	/* These are known without the list of those that wait. */
	if (place == REQUEST_IN_FLIGHT)
		return dev->n_requests;
	if (place == REQUEST_RECONNECT)
		return dev->n_reconnect_waiters;
	if (place == REQUEST_BEHIND_SENDER)
		return fact_behind_senders(dev, false);
	for (size_t i = 0; i < dev->n_waiting; i++)
		n += dev->waiting[i].place == place;
	return n;
}

size_t fact_requests_found(const struct device *dev)
{
	size_t n = dev->n_requests;

	for (enum request_place place = REQUEST_IN_FLIGHT + 1; place < REQUEST_PLACES; place++)
		n += fact_requests_at(dev, place);
	return n;
}

num fact_requests_waiting(const struct device *dev)
{
	return dev->waiting_known ? NUM(fact_requests_found(dev) - dev->n_requests) : NUM_UNKNOWN;
}

bool fact_has_stuck_request(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_requests; i++) {
		if (fact_is_stuck(dev, &dev->requests[i]))
			return true;
	}
	return false;
}

num fact_timeout_in_force(const struct device *dev)
{
	if (!dev->timeout_seconds.known)
		return NUM_UNKNOWN;
	return NUM(dev->timeout_seconds.v ? dev->timeout_seconds.v : DEFAULT_TIMEOUT_SECONDS);
}

bool fact_is_stuck(const struct device *dev, const struct request *rq)
{
	num timeout = fact_timeout_in_force(dev);

	return rq->age_ms.known && timeout.known && rq->age_ms.v > timeout.v * 1000;
}

bool fact_never_times_out(const struct report *report, const struct device *dev)
{
	return num_is(report->traits.keeps_retries, 1) && num_is(dev->timeout_seconds, 0) &&
	       dev->num_connections.known && (int64_t)dev->num_connections.v <= 1;
}
