// SPDX-License-Identifier: GPL-2.0-or-later
/* What state a device is in. Pure. */
#ifndef NBD_JUDGE_STATE_H
#define NBD_JUDGE_STATE_H

#include "model/model.h"

/* The state of a configured device whose servers and findings have been judged. Working and idle are claims: where a part of what
 * they rest on could not be read, the state is unknown. */
enum device_state state_of(const struct report *report, const struct device *dev);

/* "setting-up". */
const char *state_word(enum device_state state);

/* No reply comes over this connection any more, whether or not nbd has noticed. */
bool state_is_lost(const struct connection *c);

/* The request in flight for the longest time, NULL when there is none whose age is known. */
const struct request *state_oldest_request(const struct device *dev);

#endif
