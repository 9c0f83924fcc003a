// SPDX-License-Identifier: GPL-2.0-or-later
/* The forms in which a report is printed: text, JSON Lines, a graph. Pure: plain structs in, text out. */
#ifndef NBD_RENDER_RENDERER_H
#define NBD_RENDER_RENDERER_H

#include <stdbool.h>
#include <stdio.h>

#include "model/model.h"

/* So many messages of the kernel's log are shown of a device, the newest ones. */
#define MAX_LOG_SHOWN 16

/* Which parts of each device were asked for; without any, all of it. Only text has parts. */
struct render_options {
	bool findings, connections, requests, openers;
	bool peers;    /* the other end of each connection, too */
	bool unfolded; /* a row for each connection, however alike they are; evidence of findings */
	bool named; /* the devices were asked for by name: each is shown, not an overview of all */
};

/* What is printed, and how. */
struct rendering {
	FILE *out;
	const struct report *report;
	struct device *const *devices; /* those to be shown */
	size_t n_devices;
	struct render_options options;
};

/*
 * One form. A report about devices is begin, device for each, end_of_devices; one about addresses is socket
 * or file for each, end_of_queries. A function may be NULL where a form has nothing to say there; one
 * without socket and file is not offered by the commands about addresses.
 */
struct renderer {
	const char *option; /* the one that asks for it; NULL for the form without an option */
	void (*begin)(const struct rendering *r);
	void (*device)(const struct rendering *r, const struct device *dev);
	void (*end_of_devices)(const struct rendering *r);
	void (*socket)(const struct rendering *r, const struct query *query);
	void (*file)(const struct rendering *r, const struct query *query,
		     const struct opened_file *opened);
	void (*end_of_queries)(const struct rendering *r);
};

extern const struct renderer renderer_text, renderer_json, renderer_dot;

/* Prints the devices of r in this form. False when not all of it could be written, and errno says why. */
bool renderer_devices(const struct renderer *renderer, const struct rendering *r);

/* Prints the file that was asked for, or all that are open on the block device that was. */
void renderer_files(const struct renderer *renderer, const struct rendering *r,
		    const struct query *query);

#endif
