// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/judge.h"

#include "judge/attach.h"
#include "judge/contradictions.h"
#include "judge/diagnosis.h"
#include "judge/fate.h"
#include "judge/findings.h"
#include "judge/identity.h"
#include "judge/servers.h"
#include "judge/ways_out.h"

void judge_devices(struct report *report)
{
	for (size_t i = 0; i < report->n_devices; i++) {
		struct device *dev = &report->devices[i];

		identity_judge(report, dev);
		servers_judge(report, dev);
		dev->timeout_rule = fate_timeout_rule(report, dev);
		dev->freed_when = attach_freed_when(report, dev);
		findings_judge(report, dev);
		attach_forecast(report, dev);
		ways_out_forecast(report, dev);
		diagnosis_judge(report, dev);
	}
	diagnosis_find_shared(report);
}

void judge_report(struct report *report)
{
	if (report->before_config)
		return;
	/* Contradictions are problems, and those are reasons for doubt in all that follows. */
	contradictions_find(report);
	judge_devices(report);
}
