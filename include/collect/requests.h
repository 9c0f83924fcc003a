// SPDX-License-Identifier: GPL-2.0-or-later
/* The requests in flight of an nbd device. */
#ifndef NBD_COLLECT_REQUESTS_H
#define NBD_COLLECT_REQUESTS_H

#include "model/model.h"

/* Fills requests, n_requests and requests_known of each configured device. */
void requests_collect(struct report *report);

#endif
