// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/identity.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/facts.h"

#define NS_PER_MS 1000000
/* A directory's time is that of the last tick, and there are 100 in a second at least: twice that. */
#define TICKS_NS (20 * NS_PER_MS)

num identity_too_young_ms(const struct device *dev, const struct task *t)
{
	num start = dev->started_boottime;

	if (!start.known || !t->start_boottime.known || t->start_boottime.v <= start.v + TICKS_NS)
		return NUM_UNKNOWN;
	return NUM((t->start_boottime.v - start.v) / NS_PER_MS);
}

static bool has_socket(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct file *file = dev->conns[i].sock->file;

		for (size_t k = 0; file && k < file->n_owners; k++) {
			if (file->owners[k].task->tgid == t->tgid)
				return true;
		}
	}
	return false;
}

/*
 * task_setup is set before the device is started and stays, unless NBD_CLEAR_SOCK forgets it, which disconnects the
 * device; the next NBD_SET_SOCK appends a connection then.
 */
static bool may_be_set_up_again(const struct report *report, const struct device *dev)
{
	return !num_is(report->traits.clear_sock_resets_setup, 0) &&
	       !fact_lacks_flag(dev, RT_DISCONNECTED) && !num_is(dev->num_connections, 1);
}

static bool times_are_known(const struct device *dev, const struct task *t)
{
	return dev->started_boottime.known && t->start_boottime.known;
}

/* Of a task that is not known to be too young. */
static const char *doubt(const struct report *report, const struct device *dev,
			 const struct task *t)
{
	if (num_is(fact_uses_device(report, dev, t), 0))
		return "it has neither the device nor a socket of it open";
	if (!fact_is_started(dev) || times_are_known(dev, t))
		return NULL;
	return dev->started_boottime.known ? "since when it lives is not known"
					   : "when the device was started is not known";
}

static void judge_setup(const struct report *report, struct device *dev)
{
	const struct task *t = dev->setup_task;
	num late = identity_too_young_ms(dev, t);

	dev->setup_reuser = NULL;
	dev->setup_doubt = NULL;
	if (!late.known) {
		dev->setup_doubt = doubt(report, dev, t);
	} else if (!may_be_set_up_again(report, dev)) {
		dev->setup_reuser = t;
		dev->setup_task = NULL;
	} else if (!has_socket(dev, t)) {
		dev->setup_doubt =
			arena_printf("it began %s after the device was started, and has no "
				     "socket of it open",
				     word_age(late));
	}
}

/* Who started the device lived at that time: a task that did, and that has its address or its pid, can be no other. */
static void judge_recv(const struct report *report, struct device *dev)
{
	const struct task *t = dev->recv_task;

	dev->recv_reuser = NULL;
	dev->recv_doubt = NULL;
	if (identity_too_young_ms(dev, t).known) {
		dev->recv_reuser = t;
		dev->recv_task = NULL;
	} else {
		dev->recv_doubt = times_are_known(dev, t) ? NULL : doubt(report, dev, t);
	}
}

void identity_judge(const struct report *report, struct device *dev)
{
	if (dev->setup_task)
		judge_setup(report, dev);
	if (dev->recv_task)
		judge_recv(report, dev);
}
