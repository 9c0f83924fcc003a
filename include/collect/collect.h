// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the collectors in order: tasks, devices, endpoints, then one search for all owners. */
#ifndef NBD_COLLECT_H
#define NBD_COLLECT_H

#include "model/model.h"

/*
 * Collects all devices, and what the n queries ask about, with one scan of the file tables for all.
 * The kernel's layouts must have been resolved (k_init()); without nbd's (k_init_nbd()) there are no
 * devices. Memory: arena; what could not be read is unknown in the report and named in its problems.
 */
struct report *collect_report(struct query *queries, size_t n);

#endif
