// SPDX-License-Identifier: GPL-2.0-or-later
/* The diagnosis of a device, and causes of several. */
#include "render/report.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/diagnosis.h"
#include "judge/state.h"
#include "render/text_table.h"

void report_diagnosis(FILE *out, const struct device *dev)
{
	const struct diagnosis *d = dev->diagnosis;

	fprintf(out, "DIAGNOSIS  %s%s%s\n", state_word(d->state),
		diagnosis_is_trouble(dev) ? ": " : "",
		diagnosis_is_trouble(dev) ? d->cause_id : "");
	text_wrapped(out, 2, "cause    ", d->cause);
	for (size_t i = 0; i < d->n_consequences; i++)
		text_wrapped(out, 2, "so       ", d->consequences[i]);
	for (size_t i = 0; i < d->n_steps; i++) {
		text_wrapped(
			out, 2,
			arena_printf("%s %-4zu", d->steps[i].otherwise ? "else" : "step", i + 1),
			d->steps[i].action);
		text_wrapped(
			out, 2, "         ",
			arena_printf("costs %s; frees %s", d->steps[i].costs, d->steps[i].frees));
	}
}

void report_shared_causes(FILE *out, const struct report *report)
{
	if (report->n_shared)
		fputc('\n', out);
	for (size_t i = 0; i < report->n_shared; i++) {
		const struct shared_cause *shared = &report->shared[i];
		const char *names = NULL;

		for (size_t k = 0; k < shared->n_devices; k++)
			names = word_append(names, ", ", shared->devices[k]->name);
		text_wrapped(out, 0, "",
			     arena_printf("%zu devices, one cause: %s (%s)", shared->n_devices,
					  shared->cause, names));
	}
}
