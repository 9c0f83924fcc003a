// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/devices.h"

#include <stdlib.h>

#include "base/arena.h"
#include "collect/before_config.h"
#include "collect/nbd_structs.h"
#include "resolve/module_debuginfo.h"

static int by_index(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

void devices_collect(struct report *report, struct file_set *files)
{
	report->before_config = before_config_applies();
	if (module_debuginfo_problem())
		problem_add(&report->problems, module_debuginfo_problem());
	if (!report->layout_source)
		return;
	if (report->before_config)
		before_config_collect(report, files);
	else
		nbd_devices_collect(report, files);
	if (report->n_devices)
		qsort(report->devices, report->n_devices, sizeof(*report->devices), by_index);
}

static void add_holder(const struct device *dev, const struct connection *conn,
		       const struct file_set *files)
{
	struct file *file =
		conn->sock->file ? ptr_map_get(&files->by_addr, conn->sock->file->addr) : NULL;

	if (file)
		file_add_holder(file, (struct holder){.kind = HOLDER_NBD,
						      .number = conn->index,
						      .object = conn->nbd_sock,
						      .device = dev->name});
}

void devices_add_holders(const struct report *report, const struct file_set *files)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		const struct device *dev = &report->devices[d];

		for (size_t c = 0; c < dev->n_conns; c++)
			add_holder(dev, &dev->conns[c], files);
	}
}

void devices_tell_problems(const struct report *report, struct problems *to)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		const struct device *dev = &report->devices[d];

		for (size_t i = 0; i < dev->problems.n; i++)
			problem_add(to, arena_printf("%s: %s", dev->name, dev->problems.v[i]));
	}
}
