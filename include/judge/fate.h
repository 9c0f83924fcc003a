// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of requests: those that are sent now, and those in flight. Pure; memory: arena. */
#ifndef NBD_JUDGE_FATE_H
#define NBD_JUDGE_FATE_H

#include "model/model.h"

/* What a request gets that is sent now. */
enum io_fate {
	IO_UNKNOWN,
	IO_ANSWERED,
	IO_FAILS, /* at once */
	IO_HANGS,
};

/* *why: a reason in a few words. */
enum io_fate fate_of_new_request(const struct device *dev, const char **why);

/* Why the reply to a request in flight does not come, with the timeout where one ends it; NULL when
 * nothing is known against its coming. */
const char *fate_never_ends(const struct report *report, const struct device *dev,
			    const struct request *rq);

/* Whether and when nbd gives up a request that gets no reply: a sentence. NULL when unknown. */
const char *fate_timeout_rule(const struct report *report, const struct device *dev);

#endif
