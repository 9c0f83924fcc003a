// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a system call would get, as the kernel decides it: checks in the kernel's own order. Only judge/attach.c and what
 * forecasts other calls include this. Pure; memory: arena.
 */
#ifndef NBD_JUDGE_ATTEMPT_H
#define NBD_JUDGE_ATTEMPT_H

#include "model/model.h"

/* What a check looks at. Where it is not known whether this kernel's nbd freezes or refuses, the checks are made both
 * ways, see forecast(). */
struct attempt {
	const struct report *report;
	const struct device *dev;
	bool freezes, refuses_running;
};

/* A check either decides what the attach gets, and says why; or it returns passed, which is ATTACH_OK without a why, and
 * the next check decides. */
typedef struct attach check_fn(const struct attempt *a);

extern const struct attach attempt_passed;

/* The outcome of a check that decides. */
struct attach attempt_decided(enum attach_result result, const char *why);

/* Makes the checks up to the first that decides; the last one always does. */
struct attach attempt_make(const struct attempt *a, check_fn *const *checks);

/* What a generic netlink request gets that would get later once it comes to the device: it hangs where a task in D holds
 * genl_mutex. */
struct attach attempt_by_netlink(const struct report *report, struct attach later);

/* blkdev_open(): the lock that serialises open and close, and the partition table that the first open reads. */
check_fn attempt_open_lock, attempt_partition_scan;

/* nbd_device.config and config_lock. */
check_fn attempt_has_config, attempt_config_lock;

/* Netlink finds a device that goes away no more. */
check_fn attempt_going_down;

#endif
