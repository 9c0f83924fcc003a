// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef NBD_RENDER_OPENERS_H
#define NBD_RENDER_OPENERS_H

#include <stddef.h>
#include <stdio.h>

#include "model/model.h"

/* The first max openers of a device as a table; what has a stacked device open stands below it, indented. Nothing
 * where there are none. */
void openers_print(FILE *out, const struct device *dev, size_t max);

#endif
