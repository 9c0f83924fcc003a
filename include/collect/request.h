// SPDX-License-Identifier: GPL-2.0-or-later
/* One request: what its struct request and the nbd_cmd behind it say. */
#ifndef NBD_COLLECT_REQUEST_H
#define NBD_COLLECT_REQUEST_H

#include "model/model.h"
#include "resolve/kernel_types.h"

/* request.state, include/linux/blk-mq.h */
#define MQ_RQ_IDLE	0
#define MQ_RQ_IN_FLIGHT 1
#define MQ_RQ_COMPLETE	2
/* nbd_cmd.flags */
#define NBD_CMD_INFLIGHT (1ull << 2)

/* What all requests of a report have in common; request_context() leaves marks_sent unknown. */
struct request_context {
	uint64_t jiffies;
	num now_ns;	/* of the monotonic clock */
	num marks_sent; /* this kernel's nbd sets NBD_CMD_INFLIGHT */
};

struct request_context request_context(void);

/*
 * 1 when this kernel's nbd sets NBD_CMD_INFLIGHT. No structure tells, and distributions have it in other
 * versions; but this message came with the bit: Linux kernel commit 4e6eef5dc25b ("nbd: don't handle
 * response without a corresponding request message") (in v5.16).
 */
num request_marks_sent(void);

/* Whether a loaded struct request was handed to nbd and is not complete. */
num request_in_flight(const struct kobj *o);

/* Whether a loaded struct request was not handed to nbd yet. */
num request_is_idle(const struct kobj *o);

/* Fills addr, op, sector, bytes, retries, sent, connection and age_ms. What is impossible becomes a problem of the
 * device. */
void request_read(struct device *dev, const struct request_context *ctx, struct request *rq,
		  const struct kobj *o, const struct kobj *cmd);

#endif
