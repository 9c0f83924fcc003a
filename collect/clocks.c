// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/clocks.h"

#include "resolve/kernel_types.h"
#include "resolve/per_cpu.h"
#include "resolve/symbols.h"

/* In its variable the timekeeper comes after a seqcount, which the debugging of locks makes longer. */
#define MAX_SEQCOUNT 128

num clock_jiffies(void)
{
	num symbol = k_symbol("jiffies_64");

	return symbol.known ? k_pointer(symbol.v, "jiffies_64") : NUM_UNKNOWN;
}

uint64_t clock_jiffies_since_boot(uint64_t jiffies)
{
	return jiffies - (uint32_t)(-300 * (int)k_hz());
}

/*
 * The image's monotonic clock. last_jiffies_update (kernel/time/tick-sched.c) is what it was at the last
 * change of jiffies. That stays 0 in kernels with neither NO_HZ nor high resolution timers. jiffies
 * themselves lag by the ticks that were lost early in the boot, and are of use only where HZ is known.
 */
num clock_monotonic_ns(void)
{
	num jiffies = clock_jiffies();
	num update = k_symbol("last_jiffies_update");
	num last = update.known ? k_pointer(update.v, "last_jiffies_update") : NUM_UNKNOWN;

	if (last.v)
		return last;
	if (!jiffies.known || !k_hz())
		return NUM_UNKNOWN;
	return NUM(clock_jiffies_since_boot(jiffies.v) * (CLOCK_NS_PER_SEC / k_hz()));
}

int64_t clock_nanoseconds(struct clock_time t)
{
	return (int64_t)((uint64_t)t.seconds * CLOCK_NS_PER_SEC + (uint64_t)t.nanoseconds);
}

/* Loads the timekeeper at addr. False when there is none: its offs_real would be wall_to_monotonic negated. */
static bool load_timekeeper(struct kobj *o, uint64_t addr)
{
	struct clock_time to_monotonic;

	return k_load(o, K_TIMEKEEPER, addr) &&
	       k_member_size(KM_TK_WALL_TO_MONOTONIC) == sizeof(to_monotonic) &&
	       k_bytes(o, KM_TK_WALL_TO_MONOTONIC, &to_monotonic, sizeof(to_monotonic)) &&
	       to_monotonic.seconds &&
	       num_is(k_num(o, KM_TK_OFFS_REAL), -(uint64_t)clock_nanoseconds(to_monotonic));
}

/* Loads the timekeeper. Its variable's type has no name before v6.13; since v6.17 it is an array, and its first element is
 * for the clocks of all. */
static bool load_main_timekeeper(struct kobj *o)
{
	num variable = k_symbol("tk_core");

	if (!variable.known)
		variable = k_symbol("timekeeper_data");
	for (uint64_t at = 0; variable.known && at < MAX_SEQCOUNT; at += sizeof(uint64_t)) {
		if (load_timekeeper(o, variable.v + at))
			return true;
	}
	return false;
}

num clock_real_to_boottime(void)
{
	struct kobj o;
	num real, boot;

	if (!load_main_timekeeper(&o))
		return NUM_UNKNOWN;
	real = k_num(&o, KM_TK_OFFS_REAL);
	boot = k_num(&o, KM_TK_OFFS_BOOT);
	return real.known && boot.known ? NUM(boot.v - real.v) : NUM_UNKNOWN;
}

num clock_slept_ns(void)
{
	struct kobj o;

	return load_main_timekeeper(&o) ? k_num(&o, KM_TK_OFFS_BOOT) : NUM_UNKNOWN;
}

num clock_boottime_ns(void)
{
	num monotonic = clock_monotonic_ns(), slept = clock_slept_ns();

	return monotonic.known && slept.known ? NUM(monotonic.v + slept.v) : NUM_UNKNOWN;
}

num clock_scheduler_ns(void)
{
	num newest = NUM_UNKNOWN;

	for (unsigned i = 0; i < per_cpu_processors(); i++) {
		num clock = k_num_at(per_cpu_variable("runqueues", i).v, KM_RUN_QUEUE_CLOCK);

		if (!clock.known)
			return NUM_UNKNOWN;
		if (clock.v > newest.v)
			newest = clock;
	}
	return newest;
}
