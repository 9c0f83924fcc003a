// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as text: an overview of all devices, or each device with the parts that were asked for. */
#include "render/renderer.h"
#include "render/report.h"

static bool asks_for_parts(const struct render_options *o)
{
	return o->findings || o->connections || o->requests || o->openers;
}

/* Lines for scripts, and nothing else. */
static bool asks_for_findings_only(const struct render_options *o)
{
	return o->findings && !o->connections && !o->requests && !o->openers;
}

static bool asks_for_overview(const struct render_options *o)
{
	return !asks_for_parts(o) && !o->named;
}

static void begin(const struct rendering *r)
{
	if (asks_for_overview(&r->options))
		report_summary(r->out, r->report, r->devices, r->n_devices);
}

static void device(const struct rendering *r, const struct device *dev)
{
	const struct render_options *o = &r->options;

	if (asks_for_overview(o))
		return;
	if (!asks_for_parts(o))
		report_device(r->out, r->report, dev, o);
	if (o->findings)
		report_findings(r->out, dev, o->unfolded);
	if (o->connections)
		report_connections(r->out, r->report, dev, o);
	if (o->requests)
		report_requests(r->out, dev);
	if (o->openers)
		report_openers(r->out, dev);
	if (!asks_for_findings_only(o))
		fputc('\n', r->out);
}

static void end_of_devices(const struct rendering *r)
{
	if (asks_for_findings_only(&r->options)) {
		report_problems(r->out, r->report);
		return;
	}
	report_layout_source(r->out, r->report);
	report_device_source(r->out, r->report);
	report_coverage(r->out, r->report);
}

static void socket(const struct rendering *r, const struct query *query)
{
	report_socket(r->out, r->report, query);
}

static void file(const struct rendering *r, const struct query *query,
		 const struct opened_file *opened)
{
	report_file(r->out, r->report, query, opened);
}

static void end_of_queries(const struct rendering *r)
{
	report_coverage(r->out, r->report);
}

const struct renderer renderer_text = {NULL,   begin, device,	     end_of_devices,
				       socket, file,  end_of_queries};
