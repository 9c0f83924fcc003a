// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's clocks showed when its memory was captured. */
#ifndef NBD_COLLECT_CLOCKS_H
#define NBD_COLLECT_CLOCKS_H

#include <stdint.h>

#include "base/num.h"

#define CLOCK_NS_PER_SEC 1000000000ll

/* struct timespec64, and struct timespec where a long has 64 bits. */
struct clock_time {
	int64_t seconds, nanoseconds;
};

int64_t clock_nanoseconds(struct clock_time t);

/* jiffies_64; unknown when it could not be read. */
num clock_jiffies(void);

/* How many ticks it counted since the boot: it begins 5 minutes before its low 32 bits wrap (include/linux/jiffies.h). */
uint64_t clock_jiffies_since_boot(uint64_t jiffies);

/* CLOCK_MONOTONIC in nanoseconds, a tick late at most; unknown when it could not be read. */
num clock_monotonic_ns(void);

/* What has to be added to a time of the wall clock to have that of CLOCK_BOOTTIME, in nanoseconds; unknown when it
 * could not be read. */
num clock_real_to_boottime(void);

/* CLOCK_BOOTTIME in nanoseconds, a tick late at most; unknown when it could not be read. */
num clock_boottime_ns(void);

/* How long the machine has slept since the boot, which CLOCK_BOOTTIME alone counts, in nanoseconds; unknown when it could not be
 * read. */
num clock_slept_ns(void);

/* The clock that stamps the kernel's log (local_clock()) and what the scheduler notes, in nanoseconds since the boot: what the
 * processor that looked at it last saw (rq.clock). It is never set, and stands still while the machine sleeps. Unknown when it
 * could not be read. */
num clock_scheduler_ns(void);

#endif
