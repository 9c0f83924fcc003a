// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as text for a terminal. Pure: plain structs in, text out. */
#ifndef NBD_RENDER_REPORT_H
#define NBD_RENDER_REPORT_H

#include <stdio.h>

#include "model/model.h"
#include "render/renderer.h"

/* One row a device, and under it what causes its state, unless a line below all rows tells that of several; of devices
 * that are well, what else is to be known: their errors and warnings. */
void report_summary(FILE *out, const struct report *report, struct device *const devs[], size_t n);

/* What state a device is in, why, what follows and what to do. It must have a diagnosis. */
void report_diagnosis(FILE *out, const struct device *dev);

/* A line for each cause that several devices share. */
void report_shared_causes(FILE *out, const struct report *report);

/* Everything about one device. */
void report_device(FILE *out, const struct report *report, const struct device *dev,
		   const struct render_options *options);

/* The connections of one device, with the addresses of all structures behind them. */
void report_connections(FILE *out, const struct report *report, const struct device *dev,
			const struct render_options *options);

/* Its requests in flight, and whether nbd will ever give them up. */
void report_requests(FILE *out, const struct device *dev);

/* Who keeps it open, against the kernel's own counters; and who waits for it in the kernel. */
void report_openers(FILE *out, const struct device *dev);

/* For scripts, a line each: its state (device, "state", state, cause, text), and its errors and warnings (device, severity,
 * identifier, text); unfolded: what is only worth knowing, too. */
void report_findings(FILE *out, const struct device *dev, bool unfolded);

/* What could not be read of no device in particular, in the same form; the device is "-". */
void report_problems(FILE *out, const struct report *report);

/* What unix_peer and file_owner say of one address. */
void report_socket(FILE *out, const struct report *report, const struct query *query);
void report_file(FILE *out, const struct report *report, const struct query *query,
		 const struct opened_file *opened);

/* Where the layouts of nbd's structures came from. */
void report_layout_source(FILE *out, const struct report *report);

/* Says so where only the kernel's own list of block devices told which devices there are. */
void report_device_source(FILE *out, const struct report *report);

/* How far the search for owners reached, and what could not be read: printed last. */
void report_coverage(FILE *out, const struct report *report);

/* Of each connection with tx_lock held, who sends what and who waits; and what was sent in part. Nothing where nobody
 * sends. */
void report_senders(FILE *out, const struct device *dev);

#endif
