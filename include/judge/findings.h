// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with each device, or worth knowing: plain structs in, findings out. Pure. */
#ifndef NBD_JUDGE_FINDINGS_H
#define NBD_JUDGE_FINDINGS_H

#include "model/model.h"

/* Fills the findings of the device, worst first. A device without a config gets none but "unreadable";
 * what is unknown supports no finding but that. Its other judged members must be filled by then. */
void findings_judge(const struct report *report, struct device *dev);

/* How many findings of a device are at least this severe. */
size_t findings_at_least(const struct device *dev, enum severity at_least);

/* The finding of the device that has this id, NULL when it has none such. */
const struct finding *findings_with_id(const struct device *dev, const char *id);

/* The id of each rule in turn, NULL behind the last: all that a finding can have. */
const char *findings_rule_id(size_t i);

#endif
