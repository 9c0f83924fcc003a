// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices as a graph for Graphviz. Pure: plain structs in, text out. */
#ifndef NBD_RENDER_DOT_H
#define NBD_RENDER_DOT_H

#include <stdio.h>

#include "model/model.h"

/* One digraph of the devices: openers, device with its findings, connections (alike ones are one node),
 * the other ends, and who owns them. */
void dot_print(FILE *out, const struct report *report, struct device *const devs[], size_t n);

#endif
