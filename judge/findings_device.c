// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings about the device: who set it up, runs it, keeps it open, and its requests. */
#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/judged.h"
#include "judge/phrases.h"

bool finding_leaked_connections(const struct judged *j)
{
	const struct device *dev = j->dev;
	int64_t live = (int64_t)dev->live_connections.v, receivers = (int64_t)dev->recv_threads.v;

	if (!dev->live_connections.known || !dev->recv_threads.known || live <= receivers ||
	    fact_is_being_set_up(dev))
		return false;
	j->finding->text = arena_printf("%s without a receiver: NBD_SET_SOCK appended %s to a "
					"device that was not started anew, %s; only the last close "
					"of the device frees %s",
					finding_count_connections((size_t)(live - receivers)),
					live - receivers == 1 ? "it" : "them",
					fact_lacks_flag(dev, RT_DISCONNECTED)
						? "a request sent there gets no reply"
						: "nobody reads from it",
					live - receivers == 1 ? "it" : "them");
	finding_add_address(j, dev->config);
	finding_add_value(j, "nbd_config.live_connections", dev->live_connections);
	finding_add_value(j, "nbd_config.recv_threads", dev->recv_threads);
	j->finding->remedy = finding_free_it(j);
	/* "nbd: disallow NBD_SET_SOCK on an active device" (in v7.3) */
	if (!num_is(j->report->traits.set_sock_refuses_running, 1))
		j->finding->kernel_commit = "04d8fb23e520";
	return true;
}

/* The first of these that is a file system which is frozen, NULL when none is. */
static const struct opener *frozen_of(const struct opener *openers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (num_is(openers[i].frozen, 1))
			return &openers[i];
	}
	return NULL;
}

static const struct opener *frozen_above(const struct device *dev)
{
	const struct opener *o = frozen_of(dev->openers, dev->n_openers);

	for (size_t i = 0; !o && i < dev->n_above; i++)
		o = frozen_of(dev->above[i].stacked->openers, dev->above[i].stacked->n_openers);
	return o;
}

bool finding_frozen_filesystem(const struct judged *j)
{
	const struct opener *o = frozen_above(j->dev);

	if (!o)
		return false;
	j->finding->text = arena_printf("%s is frozen (fsfreeze): whoever writes to it waits until "
					"it is thawed, and the device has no part in that",
					phrase_opener(o));
	finding_add_name(j, o->what);
	j->finding->remedy = o->mount && o->mount->point
				     ? arena_printf("fsfreeze --unfreeze %s", o->mount->point)
				     : "have whoever froze it thaw it (FITHAW)";
	return true;
}

static const char *stale_setup(const struct device *dev)
{
	if (dev->setup_reuser)
		return arena_printf("task_setup is a task that has exited, whose memory belongs to "
				    "%s",
				    phrase_reuser(dev, dev->setup_reuser));
	if (dev->setup_task)
		return arena_printf("task_setup is %s, or an exited task whose memory it has got "
				    "(%s)",
				    phrase_task(dev->setup_task), dev->setup_doubt);
	return arena_printf("task_setup %s is no living task", word_hex(dev->task_setup.v));
}

bool finding_stale_setup_task(const struct judged *j)
{
	const struct device *dev = j->dev;

	if (!dev->task_setup.v || (dev->setup_task && !dev->setup_doubt) ||
	    (!dev->setup_task && !dev->setup_reuser && !fact_tasks_complete(j->report)))
		return false;
	j->finding->text = arena_printf(
		"%s: NBD_SET_SOCK gets EBUSY from every %s%s", stale_setup(dev),
		dev->setup_reuser ? arena_printf("task but %s", phrase_name(dev->setup_reuser))
				  : "other one",
		fact_is_working(dev) ? ", which is no harm while the device works"
				     : " (\"Device being setup by another task\")");
	finding_add_address(j, dev->nbd_device);
	finding_add_address(j, dev->task_setup.v);
	if (fact_is_working(dev))
		return true;
	j->finding->remedy =
		!fact_is_started(dev) && num_is(j->report->traits.clear_sock_resets_setup, 1)
			? "NBD_CLEAR_SOCK forgets it; so does the last close"
			: finding_free_it(j);
	/* "nbd: fix io hung while disconnecting device" (in v5.19): NBD_CLEAR_SOCK forgets it. */
	if (num_is(j->report->traits.clear_sock_resets_setup, 0))
		j->finding->kernel_commit = "09dadb598502";
	return true;
}

/* The error is that nobody can attach: on a device that works nobody wants to. */
enum severity finding_stale_severity(const struct device *dev)
{
	return fact_is_working(dev) ? SEVERITY_INFO : SEVERITY_ERROR;
}

bool finding_setup_by_other_task(const struct judged *j)
{
	const struct device *dev = j->dev;
	const struct task *t = dev->setup_task;

	if (!t || dev->setup_doubt)
		return false;
	j->finding->text = arena_printf(
		"task_setup is %s: NBD_SET_SOCK gets EBUSY from every other task", phrase_task(t));
	finding_add_address(j, dev->nbd_device);
	finding_add_address(j, t->addr);
	return true;
}

bool finding_pinned_by_openers(const struct judged *j)
{
	const struct device *dev = j->dev;
	const char *state, *who = phrase_openers(dev);
	bool idle = num_is(dev->num_connections, 0);

	if (!fact_has_flag(dev, RT_DISCONNECTED) && !num_is(dev->recv_threads, 0))
		return false;
	/* While netlink holds a reference, the config would stay without any opener. */
	if (!fact_lacks_flag(dev, RT_HAS_CONFIG_REF) || fact_is_being_set_up(dev) ||
	    (!who && !(dev->openers_expected.known && dev->openers_expected.v)))
		return false;
	if (!who)
		who = arena_printf("%s (the kernel's count; not found)",
				   word_count(dev->openers_expected.v, "opener"));
	state = idle				      ? "not attached"
		: fact_has_flag(dev, RT_DISCONNECTED) ? "disconnected"
						      : "without receivers";
	j->finding->text = arena_printf(
		"%s, but kept open by %s: its config%s stay%s until the last one closes it", state,
		who, idle ? "" : arena_printf(" and %s", finding_count_connections(dev->n_conns)),
		idle ? "s" : "");
	finding_add_address(j, dev->config);
	finding_add_value(j, "nbd_device.config_refs", dev->config_refs);
	for (size_t i = 0; i < dev->n_openers && i < MAX_EVIDENCE; i++)
		finding_add_address(j, dev->openers[i].file);
	j->finding->remedy = finding_free_it(j);
	return true;
}

bool finding_recv_task_gone(const struct judged *j)
{
	const struct device *dev = j->dev;

	if (!fact_is_started(dev) || !num_is(dev->recv_threads, 0))
		return false;
	j->finding->text = arena_printf(
		"%s started the device and no receiver is left: %s, only the last close forgets "
		"who started it",
		phrase_starter(j->report, dev),
		fact_has_flag(dev, RT_BOUND) ? "it cannot be started anew"
					     : "NBD_DO_IT gets EBUSY");
	finding_add_address(j, dev->nbd_device);
	if (dev->recv_pid.known)
		finding_add_value(j, "nbd_device.pid", dev->recv_pid);
	else
		finding_add_address(j, dev->recv_task_addr.v);
	finding_add_value(j, "nbd_config.recv_threads", dev->recv_threads);
	j->finding->remedy = finding_free_it(j);
	return true;
}

bool finding_stuck_requests(const struct judged *j)
{
	const struct device *dev = j->dev;
	const struct request *oldest = NULL;
	size_t n = 0;

	for (size_t i = 0; i < dev->n_requests; i++) {
		const struct request *rq = &dev->requests[i];

		if (!fact_is_stuck(dev, rq))
			continue;
		if (n++ < MAX_EVIDENCE)
			finding_add_address(j, rq->addr);
		if (!oldest || rq->age_ms.v > oldest->age_ms.v)
			oldest = rq;
	}
	if (!oldest)
		return false;
	j->finding->text =
		arena_printf("%zu of %s in flight %s stuck, the oldest since %s (%s): "
			     "%s",
			     n, word_count(dev->n_requests, "request"), n == 1 ? "is" : "are",
			     word_age(oldest->age_ms), phrase_request(oldest),
			     dev->timeout_rule ? dev->timeout_rule : "no reply came");
	j->finding->remedy =
		arena_printf("nbd -r -d %s lists them and who waits; they end with the server's "
			     "reply, or in errors with %s",
			     dev->name, detach_advice(j->report, dev));
	return true;
}

bool finding_no_timeout(const struct judged *j)
{
	const struct device *dev = j->dev;

	if (!fact_never_times_out(j->report, dev) || !num_is(dev->num_connections, 1) ||
	    fact_has_flag(dev, RT_DISCONNECTED))
		return false;
	j->finding->text = "one connection and no timeout: nbd never gives up a request whose "
			   "reply is lost";
	finding_add_value(j, "nbd_device.tag_set.timeout", dev->timeout_seconds);
	j->finding->remedy = "attach with a timeout (nbd-client -timeout SECONDS)";
	return true;
}

bool finding_unaccounted_opener(const struct judged *j)
{
	const struct device *dev = j->dev;
	const struct waiter *w = fact_waiter_in(dev, "close");

	if (fact_openers_not_found(dev) <= fact_openers_in_open(dev))
		return false;
	j->finding->text = arena_printf(
		"the kernel counts %s, %zu found: %s",
		word_count(dev->openers_expected.v, "opener"), dev->openers_found,
		w ? arena_printf("one is being closed by %s", phrase_task(w->task))
		: !fact_scan_complete(j->report)
			? "some file tables could not be read"
			: "a mapping whose fd is closed, a task that is exiting, or other "
			  "kernel code keeps the device open");
	finding_add_address(j, dev->gendisk);
	finding_add_value(j, "block_device.bd_openers", dev->openers_expected);
	j->finding->remedy =
		arena_printf("nbd -o -d %s lists who was found, and who waits", dev->name);
	return true;
}

bool finding_size_zero(const struct judged *j)
{
	if (!num_is(j->dev->capacity_bytes, 0) || !fact_is_working(j->dev))
		return false;
	j->finding->text = "attached, and of size 0: every read and write is beyond its end";
	finding_add_address(j, j->dev->gendisk);
	return true;
}

bool finding_detached_mount(const struct judged *j)
{
	const char *names = NULL;

	for (size_t i = 0; i < j->dev->n_openers; i++) {
		const struct opener *o = &j->dev->openers[i];

		if (o->kind == OPENER_DETACHED && o->mount && num_is(o->mount->detached, 1)) {
			names = word_append(names, "; ", phrase_opener(o));
			finding_add_address(j, o->mount->vfsmount);
		}
	}
	if (!names)
		return false;
	j->finding->text = arena_printf(
		"%s: it has no mount point any more and goes when nobody uses it", names);
	return true;
}
