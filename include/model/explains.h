// SPDX-License-Identifier: GPL-2.0-or-later
/* Which device a task waits for, by whatever was found of it. */
#ifndef NBD_MODEL_EXPLAINS_H
#define NBD_MODEL_EXPLAINS_H

#include "model/model.h"

/* The task sends to the device, waits for whoever sends, for a new connection, or for a tag. */
static inline bool device_keeps_sender(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; i < dev->n_tag_waiters; i++) {
		if (dev->tag_waiters[i] == t)
			return true;
	}
	for (size_t i = 0; i < dev->n_reconnect_waiters; i++) {
		if (dev->reconnect_waiters[i] == t)
			return true;
	}
	for (size_t c = 0; c < dev->n_conns; c++) {
		if (dev->conns[c].sender == t)
			return true;
		for (size_t i = 0; i < dev->conns[c].n_behind_sender; i++) {
			if (dev->conns[c].behind_sender[i] == t)
				return true;
		}
	}
	return false;
}

/* What was found of the device says what the task waits for. */
static inline bool device_explains(const struct device *dev, const struct task *t)
{
	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].task == t)
			return true;
	}
	for (size_t i = 0; i < dev->n_behind; i++) {
		if (dev->behind[i].task == t)
			return true;
	}
	return device_keeps_sender(dev, t);
}

#endif
