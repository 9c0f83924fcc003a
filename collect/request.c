// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/request.h"

#include "base/arena.h"
#include "collect/clocks.h"
#include "collect/nbd_structs.h"
#include "resolve/kernel_module.h"
#include "resolve/symbols.h"

#define NS_PER_SEC   1000000000ull
#define NS_PER_MSEC  1000000ull
#define MSEC_PER_SEC 1000ull

/* request.atomic_flags, block/blk.h */
#define REQ_ATOM_COMPLETE (1ull << 0)
#define REQ_ATOM_STARTED  (1ull << 1)
/* request.cmd_flags, include/linux/blk_types.h */
#define REQ_OP_MASK 0xff

static num age_ms(const struct request_context *ctx, const struct kobj *o, num retries)
{
	num start = k_num(o, KM_RQ_START_TIME_NS);
	num deadline = k_num(o, KM_RQ_DEADLINE), timeout = k_num(o, KM_RQ_TIMEOUT);
	uint64_t ticks;

	/* Before v4.18, where there is no request.state, start_time_ns is sched_clock()'s. */
	if (start.v && ctx->now_ns.known && k_has(KM_RQ_STATE)) {
		/* The clock is known only to a tick: a request may be younger than that. */
		if (start.v > ctx->now_ns.v + NS_PER_SEC)
			return NUM_UNKNOWN;
		return NUM(start.v < ctx->now_ns.v ? (ctx->now_ns.v - start.v) / NS_PER_MSEC : 0);
	}
	if (k_has(KM_RQ_START_TIME_NS) && k_has(KM_RQ_STATE) && !start.known)
		return NUM_UNKNOWN;
	/* Queues that keep no statistics do not record the start. Then at least the time since the
	 * request was last sent is known. */
	if (!ctx->jiffies || !deadline.v || !timeout.known || !k_hz())
		return NUM_UNKNOWN;
	ticks = ctx->jiffies - (deadline.v - timeout.v);
	if (ticks > clock_jiffies_since_boot(ctx->jiffies))
		return NUM_UNKNOWN;
	ticks += retries.v * timeout.v;
	return NUM(ticks * MSEC_PER_SEC / k_hz());
}

num request_in_flight(const struct kobj *o)
{
	num atomic_flags;

	if (k_has(KM_RQ_STATE)) {
		num state = k_num(o, KM_RQ_STATE);

		return state.known ? NUM(state.v == MQ_RQ_IN_FLIGHT) : NUM_UNKNOWN;
	}
	atomic_flags = k_num(o, KM_RQ_ATOMIC_FLAGS);
	if (!atomic_flags.known)
		return NUM_UNKNOWN;
	return NUM(atomic_flags.v & REQ_ATOM_STARTED && !(atomic_flags.v & REQ_ATOM_COMPLETE));
}

num request_is_idle(const struct kobj *o)
{
	num state = k_num(o, k_has(KM_RQ_STATE) ? KM_RQ_STATE : KM_RQ_ATOMIC_FLAGS);

	if (!state.known)
		return NUM_UNKNOWN;
	return NUM(k_has(KM_RQ_STATE) ? state.v == MQ_RQ_IDLE
				      : !(state.v & (REQ_ATOM_STARTED | REQ_ATOM_COMPLETE)));
}

/*
 * Whether the server was sent the request. NBD_CMD_INFLIGHT says so in kernels that have it. In the
 * first of those a timeout cleared the bit even when the request stayed with the server: Linux
 * kernel commit 2895f1831e91 ("nbd: don't clear 'NBD_CMD_INFLIGHT' flag if request is not
 * completed") (in v5.19). Sending resets retries and such a timeout counts them, so a clear bit
 * means "not sent" without retries only.
 */
static num was_sent(const struct request_context *ctx, const struct kobj *cmd, num retries)
{
	num flags = k_num(cmd, KM_CMD_FLAGS);

	if (!flags.known)
		return NUM_UNKNOWN;
	if (flags.v & NBD_CMD_INFLIGHT)
		return NUM(1);
	return num_is(ctx->marks_sent, 1) && !retries.v ? NUM(0) : NUM_UNKNOWN;
}

num request_marks_sent(void)
{
	return kernel_module_holds("nbd", "Suspicious reply %d (status");
}

struct request_context request_context(void)
{
	return (struct request_context){.jiffies = clock_jiffies().v,
					.now_ns = clock_monotonic_ns()};
}

void request_read(struct device *dev, const struct request_context *ctx, struct request *rq,
		  const struct kobj *o, const struct kobj *cmd)
{
	rq->addr = o->addr;
	rq->op = k_num(o, KM_RQ_CMD_FLAGS);
	rq->op.v &= REQ_OP_MASK;
	rq->sector = k_num(o, KM_RQ_SECTOR);
	/* blk_rq_init() sets it so, and it stays so in a request without a place, such as a flush. */
	if (num_is(rq->sector, UINT64_MAX))
		rq->sector = NUM_UNKNOWN;
	rq->sector = nbd_at_most(dev, rq->sector, INT64_MAX, "request %llx: sector",
				 (unsigned long long)o->addr);
	rq->bytes = k_num(o, KM_RQ_DATA_LEN);
	rq->retries = k_signed(cmd, KM_CMD_RETRIES);
	rq->sent = was_sent(ctx, cmd, rq->retries);
	/* Until the request is sent, the index of an earlier request stands there. */
	rq->connection = num_is(rq->sent, 0) ? NUM_UNKNOWN : k_signed(cmd, KM_CMD_INDEX);
	rq->age_ms = age_ms(ctx, o, rq->retries);
	if (!rq->age_ms.known && k_num(o, KM_RQ_START_TIME_NS).v)
		problem_add(&dev->problems,
			    arena_printf("request %llx: start_time_ns is impossible, its age is "
					 "unknown",
					 (unsigned long long)o->addr));
}
