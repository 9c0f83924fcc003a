// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/per_cpu.h"

#include "resolve/kernel_types.h"

/* NR_CPUS of no distribution is higher. */
#define MAX_PROCESSORS 8192

unsigned per_cpu_processors(void)
{
	num symbol = k_crash_symbol("nr_cpu_ids");
	uint32_t n;

	if (!symbol.known || !k_read(symbol.v, &n, sizeof(n), "nr_cpu_ids"))
		return 0;
	return n <= MAX_PROCESSORS ? n : 0;
}

num per_cpu_variable(const char *name, unsigned processor)
{
	num variable = k_crash_per_cpu_symbol(name), offsets = k_crash_symbol("__per_cpu_offset");
	num offset;

	if (!variable.known || !offsets.known)
		return NUM_UNKNOWN;
	offset = k_pointer(offsets.v + processor * sizeof(uint64_t), "__per_cpu_offset");
	return offset.known ? NUM(variable.v + offset.v) : NUM_UNKNOWN;
}
