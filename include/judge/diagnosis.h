// SPDX-License-Identifier: GPL-2.0-or-later
/* One diagnosis of each device: its state, what causes it, what follows, what to do. Pure; memory: arena. */
#ifndef NBD_JUDGE_DIAGNOSIS_H
#define NBD_JUDGE_DIAGNOSIS_H

#include "model/model.h"

/* Fills the diagnosis of the device, or makes it NULL where it has no config. All else that is judged of it must be
 * filled by then. */
void diagnosis_judge(const struct report *report, struct device *dev);

/* Fills the report's causes that several devices share. */
void diagnosis_find_shared(struct report *report);

/* The id of each cause in turn, NULL behind the last. */
const char *diagnosis_cause_id(size_t i);

/* The device is in a state in which somebody has to do something, or a cause for that to come is known. */
bool diagnosis_is_trouble(const struct device *dev);

#endif
