// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts the collectors in order: tasks, devices, endpoints, then one search for all owners; or, where that suffices,
 * collect/queries.h. */
#ifndef NBD_COLLECT_H
#define NBD_COLLECT_H

#include "model/model.h"

/*
 * Collects what the n queries ask about, and all devices where none of them or one that means a device is given.
 * The kernel's layouts must have been resolved (k_init()); without nbd's (k_init_nbd()) there are no
 * devices. Memory: arena; what could not be read is unknown in the report and named in its problems.
 */
struct report *collect_report(struct query *queries, size_t n);

#endif
