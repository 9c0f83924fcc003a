// SPDX-License-Identifier: GPL-2.0-or-later
/* The report as JSON Lines, doc/report.schema.json. Pure: plain structs in, text out. */
#ifndef NBD_RENDER_JSON_H
#define NBD_RENDER_JSON_H

#include "model/model.h"

/* Each returns one line without its newline, in the arena. Without memory they end as arena_alloc() does. */
const char *json_kernel_line(const struct report *report);
const char *json_device_line(const struct report *report, const struct device *dev);
const char *json_socket_line(const struct report *report, const struct query *query);
const char *json_file_line(const struct report *report, const struct query *query,
			   const struct opened_file *opened);

#endif
