// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions about a device that findings, forecast and reports all ask. Pure. What is not known
 * answers none of them with yes. */
#ifndef NBD_JUDGE_FACTS_H
#define NBD_JUDGE_FACTS_H

#include "model/model.h"

/* Bits of nbd_config.runtime_flags that every kernel numbers alike (nbd_flags.h). */
enum {
	RT_DISCONNECT_REQUESTED = 1 << 1,
	RT_DISCONNECTED = 1 << 2,
	RT_HAS_CONFIG_REF = 1 << 4,
	RT_BOUND = 1 << 5,
};

/* Nobody has given the device a config. */
bool fact_is_unconfigured(const struct device *dev);

bool fact_has_flag(const struct device *dev, uint64_t flag);
bool fact_lacks_flag(const struct device *dev, uint64_t flag);

/* It has receivers for live connections and has not been disconnected. */
bool fact_is_working(const struct device *dev);

/* NBD_SET_SOCK was called by a task that lives, NBD_DO_IT not yet; or a netlink connect is under way. */
bool fact_is_being_set_up(const struct device *dev);

/* Neither NBD_DO_IT nor a netlink connect is remembered, and that was read. */
bool fact_is_not_started(const struct device *dev);

/* Who ran NBD_DO_IT or the netlink connect is remembered. */
bool fact_is_started(const struct device *dev);

/* Whether the task's process has the device, or a socket of it, open; unknown where not all who have
 * were found. */
num fact_uses_device(const struct report *report, const struct device *dev, const struct task *t);

/* Every file table was read; every task was. */
bool fact_scan_complete(const struct report *report);
bool fact_tasks_complete(const struct report *report);

/* Of how many thread groups only the leader was looked at. */
size_t fact_leaders_only(const struct report *report);

/* The living task at an address, NULL when there is none. */
const struct task *fact_task_at(const struct report *report, uint64_t addr);

/* The waiter of the device that this task is, NULL when it is none; the first one blocked in what. */
const struct waiter *fact_waiter_of_task(const struct device *dev, const struct task *t);
const struct waiter *fact_waiter_in(const struct device *dev, const char *what);

/* A task that hangs in open() behind the lock that serialises open and close; NULL when there is none. */
const struct waiter *fact_waiter_inside_open(const struct device *dev);

/* Openers that the kernel counts and that were not found; and how many of those are tasks that still
 * hang in open(), which by 6.12 count before the partition scan and not after it. */
size_t fact_openers_not_found(const struct device *dev);
size_t fact_openers_in_open(const struct device *dev);

/* In seconds: the device's, or the block layer's where none is set; unknown where it could not be read. */
num fact_timeout_in_force(const struct device *dev);

/* In flight longer than the timeout in force; not where either is unknown. */
bool fact_is_stuck(const struct device *dev, const struct request *rq);

/* nbd never gives up a request that gets no reply. */
bool fact_never_times_out(const struct report *report, const struct device *dev);

/* The request that the task is sending, or works on otherwise: it holds its nbd_cmd.lock. NULL when there is none. */
const struct request *fact_request_of(const struct device *dev, const struct task *t);

/* How many tasks wait for a tx_lock with a request that nbd has started, whose timeout it handles; or with one that
 * it has not. Whoever has config_lock detaches and has none. */
size_t fact_behind_senders(const struct device *dev, bool started);

/* How many requests are in this place. */
size_t fact_requests_at(const struct device *dev, enum request_place place);

/* How many were found in all places, those in flight among them. */
size_t fact_requests_found(const struct device *dev);

/* How many requests wait before nbd starts them, wherever that is; unknown where not all places could be looked at. */
num fact_requests_waiting(const struct device *dev);

/* A request is stuck. */
bool fact_has_stuck_request(const struct device *dev);

/* A counter that is known and above 0; counters are signed in the kernel. */
bool fact_is_positive(num n);

#endif
