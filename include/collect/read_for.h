// SPDX-License-Identifier: GPL-2.0-or-later
/* What memory is read for. */
#ifndef NBD_COLLECT_READ_FOR_H
#define NBD_COLLECT_READ_FOR_H

#include "model/model.h"

/* All that was read since this was last called was read for that. */
void read_for(struct report *report, enum read_purpose purpose);

#endif
