// SPDX-License-Identifier: GPL-2.0-or-later
/* Values that cannot be, or that contradict each other: memory is damaged, or the image caught a change
 * half done. Pure. */
#ifndef NBD_JUDGE_CONTRADICTIONS_H
#define NBD_JUDGE_CONTRADICTIONS_H

#include "model/model.h"

/* Adds a sentence for each to the problems of its device: no healthy verdict rests on such values. What
 * is unknown contradicts nothing. Each rule holds in all kernels from 4.12 to 7.3. */
void contradictions_find(struct report *report);

#endif
