// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges a report that was collected: what follows from it, and what is wrong. Pure. */
#ifndef NBD_JUDGE_JUDGE_H
#define NBD_JUDGE_JUDGE_H

#include "model/model.h"

/* Fills all that the model calls judged, and adds contradictions to the problems. Nothing is judged of an
 * nbd before v4.12, whose rules are not known here. */
void judge_report(struct report *report);

/* The same without looking for contradictions; may be done again after a change. */
void judge_devices(struct report *report);

#endif
