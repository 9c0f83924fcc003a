// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/read_for.h"

#include "resolve/kernel_types.h"

void read_for(struct report *report, enum read_purpose purpose)
{
	struct reads now = k_reads();

	report->reads_for[purpose].calls += now.calls - report->reads.calls;
	report->reads_for[purpose].bytes += now.bytes - report->reads.bytes;
	report->reads = now;
}
