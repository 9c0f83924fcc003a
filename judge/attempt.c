// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/attempt.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/fate.h"
#include "judge/phrases.h"

/* Bits of nbd_device.flags. */
#define FLAG_DESTROY_ON_DISCONNECT (1 << 0)
#define FLAG_DISCONNECT_REQUESTED  (1 << 1)

const struct attach attempt_passed = {ATTACH_OK, NULL, NULL};

struct attach attempt_decided(enum attach_result result, const char *why)
{
	return (struct attach){result, why, NULL};
}

/*
 * Taking a mutex hangs when its owner is in D, for then it is not released; an owner that runs releases it soon. Where
 * the owner could not be read, a waiter that is known to hold the mutex while it waits tells the same.
 */
static struct attach lock(const struct attempt *a, num owner, const char *name,
			  const struct waiter *known_by)
{
	const struct task *t = fact_task_at(a->report, owner.v);
	const struct waiter *w = t ? fact_waiter_of_task(a->dev, t) : NULL;

	if (!owner.known && known_by)
		return attempt_decided(ATTACH_HANGS, arena_printf("%s waits in %s and holds %s",
								  phrase_name(known_by->task),
								  known_by->blocked_in, name));
	if (!owner.known)
		return attempt_decided(
			ATTACH_UNKNOWN,
			arena_printf("who holds %s could not be read: it hangs where that "
				     "is a task in D",
				     name));
	if (!owner.v)
		return attempt_passed;
	if (!t)
		return attempt_decided(
			ATTACH_UNKNOWN,
			arena_printf("%s belongs to task_struct %s, which is not among the "
				     "living tasks",
				     name, word_hex(owner.v)));
	if (w || t->state == 'D')
		return attempt_decided(
			ATTACH_HANGS,
			arena_printf("%s holds %s and waits in D%s", phrase_name(t), name,
				     w && w->blocked_in ? arena_printf(" (%s)", w->blocked_in)
							: ""));
	if (t->state == '?')
		return attempt_decided(ATTACH_UNKNOWN,
				       arena_printf("%s holds %s and its state could not be read",
						    phrase_name(t), name));
	return attempt_passed;
}

struct attach attempt_open_lock(const struct attempt *a)
{
	const struct waiter *w = fact_waiter_in(a->dev, "open");

	return lock(a, a->dev->open_lock_owner, "the device's open lock",
		    w ? w : fact_waiter_in(a->dev, "close"));
}

struct attach attempt_config_lock(const struct attempt *a)
{
	return lock(a, a->dev->config_lock_owner, "config_lock", fact_waiter_in(a->dev, "freeze"));
}

/* Every open reads the partition table while GD_NEED_PART_SCAN is set (blkdev_get_whole()). */
struct attach attempt_partition_scan(const struct attempt *a)
{
	const struct device *dev = a->dev;
	const char *why;

	if (num_is(dev->partition_scan_due, 0) || fate_of_new_request(dev, &why) != IO_HANGS)
		return attempt_passed;
	if (!dev->partition_scan_due.known)
		return attempt_decided(
			ATTACH_UNKNOWN,
			arena_printf("whether opening reads the partition table could not "
				     "be read; it hangs then: %s",
				     why));
	return attempt_decided(
		ATTACH_HANGS,
		arena_printf(
			"opening reads the partition table first, and %s%s", why,
			dev->timeout_seconds.v
				? arena_printf(" (timeout %s)", word_seconds(dev->timeout_seconds))
				: ""));
}

struct attach attempt_has_config(const struct attempt *a)
{
	if (!a->dev->config_known.known)
		return attempt_decided(ATTACH_UNKNOWN, "nbd_device.config could not be read");
	return attempt_passed;
}

/* What this kernel does not have says nothing; what could not be read may say anything. */
static bool is_unread(num n)
{
	return !n.known && !n.absent;
}

struct attach attempt_going_down(const struct attempt *a)
{
	uint64_t destroyed = FLAG_DESTROY_ON_DISCONNECT | FLAG_DISCONNECT_REQUESTED;

	if (num_is(a->dev->refs, 0) || (a->dev->device_flags.v & destroyed) == destroyed)
		return attempt_decided(ATTACH_EINVAL, "the device is going down");
	if (is_unread(a->dev->refs) || is_unread(a->dev->device_flags))
		return attempt_decided(ATTACH_UNKNOWN,
				       "nbd_device.refs or flags could not be read: EINVAL if the "
				       "device is going down");
	return attempt_passed;
}

struct attach attempt_make(const struct attempt *a, check_fn *const *checks)
{
	struct attach outcome;

	do {
		outcome = (*checks++)(a);
	} while (outcome.result == ATTACH_OK && !outcome.why);
	return outcome;
}

struct attach attempt_by_netlink(const struct report *report, struct attach later)
{
	/* genl_rcv() of net/netlink/genetlink.c calls nbd with genl_mutex held. */
	const struct task *stops = detach_holder_in_d(report, report->genl_lock_owner);
	struct attach *copy = arena_alloc(sizeof(*copy));
	struct attach outcome;

	if (!stops)
		return later;
	outcome = attempt_decided(
		ATTACH_HANGS,
		arena_printf("%s holds genl_mutex and waits in D: no generic netlink request of "
			     "this host is answered",
			     phrase_name(stops)));
	*copy = later;
	outcome.later = copy;
	return outcome;
}
