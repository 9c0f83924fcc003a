// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions about a device that findings, forecast and reports all ask. Pure. What is not known
 * answers none of them with yes. */
#ifndef NBD_JUDGE_FACTS_H
#define NBD_JUDGE_FACTS_H

#include "model/model.h"

/* Bits of nbd_config.runtime_flags that every kernel numbers alike (nbd_flags.h). */
enum { RT_DISCONNECTED = 1 << 2, RT_HAS_CONFIG_REF = 1 << 4, RT_BOUND = 1 << 5 };

/* Nobody has given the device a config. */
bool is_unconfigured(const struct device *dev);

bool has_flag(const struct device *dev, uint64_t flag);
bool lacks_flag(const struct device *dev, uint64_t flag);

/* It has receivers for live connections and has not been disconnected. */
bool is_working(const struct device *dev);

/* NBD_SET_SOCK was called by a task that lives, NBD_DO_IT not yet; or a netlink connect is under way. */
bool is_being_set_up(const struct device *dev);

/* Neither NBD_DO_IT nor a netlink connect is remembered, and that was read. */
bool is_not_started(const struct device *dev);

/* Who ran NBD_DO_IT or the netlink connect is remembered. */
bool is_started(const struct device *dev);

/* Whether the task's process has the device, or a socket of it, open; unknown where not all who have
 * were found. */
num uses_device(const struct report *report, const struct device *dev, const struct task *t);

/* Every file table was read; every task was. */
bool scan_complete(const struct report *report);
bool tasks_complete(const struct report *report);

/* The living task at an address, NULL when there is none. */
const struct task *task_at(const struct report *report, uint64_t addr);

/* The waiter of the device that this task is, NULL when it is none; the first one blocked in what. */
const struct waiter *waiter_of_task(const struct device *dev, const struct task *t);
const struct waiter *waiter_in(const struct device *dev, const char *what);

/* A task that hangs in open() behind the lock that serialises open and close; NULL when there is none. */
const struct waiter *waiter_inside_open(const struct device *dev);

/* Openers that the kernel counts and that were not found; and how many of those are tasks that still
 * hang in open(), which by 6.12 count before the partition scan and not after it. */
size_t openers_not_found(const struct device *dev);
size_t openers_in_open(const struct device *dev);

/* The other end is open and every owner of it is stopped or exiting. */
bool peer_is_stopped(const struct report *report, const struct sock_info *s);

/*
 * An owner of the other end that waits in D on this very device (*on says how), or, where a request is
 * stuck, one whose threads all wait in D for something else: a server may well read a disk. NULL when
 * there is none.
 */
const struct task *peer_blocked(const struct report *report, const struct device *dev,
				const struct sock_info *s, const struct waiter **on);

/* In flight longer than the timeout, or than 30 s without one. */
bool is_stuck(const struct device *dev, const struct request *rq);

/* What a request gets that is sent now. */
enum io_fate {
	IO_UNKNOWN,
	IO_ANSWERED,
	IO_FAILS, /* at once */
	IO_HANGS,
};

/* *why: a reason in a few words. */
enum io_fate io_fate(const struct report *report, const struct device *dev, const char **why);

/* Why the reply to a request in flight does not come, with the timeout where one ends it; NULL when
 * nothing is known against its coming. */
const char *never_ends(const struct report *report, const struct device *dev,
		       const struct request *rq);

/* Whether and when nbd gives up a request that gets no reply: a sentence. NULL when unknown. */
const char *timeout_rule(const struct report *report, const struct device *dev);

/* nbd never gives such a request up. */
bool never_times_out(const struct report *report, const struct device *dev);

#endif
