// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/words.h"

#include "base/arena.h"

const char *word_decimal(num n)
{
	return n.known ? arena_printf("%lld", (long long)n.v) : "?";
}

const char *word_hex(uint64_t addr)
{
	return addr ? arena_printf("%llx", (unsigned long long)addr) : "-";
}

const char *word_size(num bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	uint64_t v = bytes.v;
	size_t unit = 0;

	if (!bytes.known)
		return "?";
	while (unit + 1 < sizeof(units) / sizeof(units[0]) && v >= 1024 && !(v & 1023)) {
		v >>= 10;
		unit++;
	}
	return arena_printf("%llu %s", (unsigned long long)v, units[unit]);
}

const char *word_seconds(num seconds)
{
	if (!seconds.known)
		return "?";
	return seconds.v ? arena_printf("%llu s", (unsigned long long)seconds.v) : "none";
}

const char *word_age(num milliseconds)
{
	if (!milliseconds.known)
		return "?";
	return arena_printf("%llu.%llu s", (unsigned long long)milliseconds.v / 1000,
			    (unsigned long long)milliseconds.v % 1000 / 100);
}

const char *word_log_stamp(num nanoseconds)
{
	if (!nanoseconds.known)
		return "?";
	return arena_printf("%llu.%06llu", (unsigned long long)nanoseconds.v / 1000000000,
			    (unsigned long long)nanoseconds.v % 1000000000 / 1000);
}

const char *word_count(size_t n, const char *noun)
{
	return arena_printf("%zu %s%s", n, noun, n == 1 ? "" : "s");
}

const char *word_append(const char *all, const char *separator, const char *more)
{
	return all ? arena_printf("%s%s%s", all, separator, more) : more;
}
