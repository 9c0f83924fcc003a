// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/requests.h"

#include "base/arena.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "collect/nbd_structs.h"

/* blk_mq_update_nr_hw_queues() stops at nr_cpu_ids; no kernel has more CPUs than this. */
#define MAX_QUEUES 8192
/* nbd's own depth is 128. */
#define MAX_TAGS     65536
#define NS_PER_SEC   1000000000ull
#define NS_PER_MSEC  1000000ull
#define MSEC_PER_SEC 1000ull

/* request.state, include/linux/blk-mq.h */
#define MQ_RQ_IDLE	0
#define MQ_RQ_IN_FLIGHT 1
#define MQ_RQ_COMPLETE	2
/* request.atomic_flags, block/blk.h */
#define REQ_ATOM_COMPLETE (1ull << 0)
#define REQ_ATOM_STARTED  (1ull << 1)
/* request.cmd_flags, include/linux/blk_types.h */
#define REQ_OP_MASK 0xff
/* nbd_cmd.flags */
#define NBD_CMD_INFLIGHT (1ull << 2)

/* What all requests of a report have in common. */
struct context {
	uint64_t jiffies;
	num now_ns;	/* of the monotonic clock */
	num marks_sent; /* this kernel's nbd sets NBD_CMD_INFLIGHT */
};

/* jiffies_64 begins 5 minutes before its low 32 bits wrap, see include/linux/jiffies.h. */
static uint64_t jiffies_since_boot(uint64_t jiffies)
{
	return jiffies - (uint32_t)(-300 * (int)k_hz());
}

/*
 * The image's monotonic clock. last_jiffies_update (kernel/time/tick-sched.c) is what it was at the last
 * change of jiffies. That stays 0 in kernels with neither NO_HZ nor high resolution timers. jiffies
 * themselves lag by the ticks that were lost early in the boot, and are of use only where HZ is known.
 */
static num monotonic_ns(num jiffies)
{
	num update = k_symbol("last_jiffies_update");
	num last = update.known ? k_pointer(update.v, "last_jiffies_update") : NUM_UNKNOWN;

	if (last.v)
		return last;
	if (!jiffies.known || !k_hz())
		return NUM_UNKNOWN;
	return NUM(jiffies_since_boot(jiffies.v) * (NS_PER_SEC / k_hz()));
}

static num age_ms(const struct context *ctx, const struct kobj *o, num retries)
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
	if (ticks > jiffies_since_boot(ctx->jiffies))
		return NUM_UNKNOWN;
	ticks += retries.v * timeout.v;
	return NUM(ticks * MSEC_PER_SEC / k_hz());
}

static num in_flight(const struct kobj *o)
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

/*
 * Whether the server was sent the request. NBD_CMD_INFLIGHT says so in kernels that have it. In the
 * first of those a timeout cleared the bit even when the request stayed with the server: Linux
 * kernel commit 2895f1831e91 ("nbd: don't clear 'NBD_CMD_INFLIGHT' flag if request is not
 * completed") (in v5.19). Sending resets retries and such a timeout counts them, so a clear bit
 * means "not sent" without retries only.
 */
static num was_sent(const struct context *ctx, const struct kobj *cmd, num retries)
{
	num flags = k_num(cmd, KM_CMD_FLAGS);

	if (!flags.known)
		return NUM_UNKNOWN;
	if (flags.v & NBD_CMD_INFLIGHT)
		return NUM(1);
	return num_is(ctx->marks_sent, 1) && !retries.v ? NUM(0) : NUM_UNKNOWN;
}

/* A hardware queue: blk_mq_tags.rqs[], which has a pointer for each tag. */
struct tags {
	uint32_t queue, n;
	uint64_t *rqs;
	uint64_t disk_queue; /* gendisk.queue */
};

static bool is_not(num n, uint64_t v)
{
	return n.known && n.v != v;
}

/*
 * rqs[] keeps pointers to requests that were freed since, or that have another tag by now: these are idle,
 * belong to another queue or tag, or stand in the slot of their own tag, too. Anything else that
 * contradicts a request in flight is damage.
 */
static bool is_torn(const struct context *ctx, const struct tags *tags, uint32_t tag,
		    const struct kobj *o, const struct kobj *cmd)
{
	bool own = num_is(k_num(o, KM_RQ_QUEUE), tags->disk_queue);
	num own_tag = k_num(o, KM_RQ_TAG), state = k_num(o, KM_RQ_STATE);
	bool tagged = num_is(own_tag, tag);

	if (state.v > MQ_RQ_COMPLETE)
		return own || tagged;
	if (num_is(in_flight(o), 0))
		return own && tagged && num_is(state, MQ_RQ_IDLE) && num_is(ctx->marks_sent, 1) &&
		       k_num(cmd, KM_CMD_FLAGS).v & NBD_CMD_INFLIGHT;
	if (!own || tagged)
		return own != tagged;
	return own_tag.v >= tags->n || tags->rqs[own_tag.v] != o->addr;
}

/* The request that rqs[tag] points to, unless the pointer is stale. False when that cannot be told. */
static bool read_request(struct device *dev, const struct context *ctx, const struct tags *tags,
			 uint32_t tag)
{
	uint64_t addr = tags->rqs[tag];
	num queue, own_tag, flying;
	struct kobj o, cmd;
	struct request *rq;
	bool stale;

	if (!addr)
		return true;
	k_load(&o, K_REQUEST, addr);
	k_load(&cmd, K_NBD_CMD, addr + k_sizeof(K_REQUEST));
	queue = k_num(&o, KM_RQ_QUEUE);
	own_tag = k_num(&o, KM_RQ_TAG);
	flying = in_flight(&o);
	stale = is_not(queue, tags->disk_queue) || is_not(own_tag, tag) || num_is(flying, 0);
	if (!queue.known || !own_tag.known || !flying.known)
		return stale;
	if (is_torn(ctx, tags, tag, &o, &cmd)) {
		problem_add(
			&dev->problems,
			arena_printf("request %llx (queue %u, tag %u) contradicts itself: left out",
				     (unsigned long long)addr, tags->queue, tag));
		dev->requests_known = false;
		return true;
	}
	if (stale)
		return true;
	if (!num_is(k_num(&cmd, KM_CMD_NBD), dev->nbd_device)) {
		problem_add(&dev->problems,
			    arena_printf("request %llx (queue %u, tag %u) has no nbd_cmd of this "
					 "device behind it: left out",
					 (unsigned long long)addr, tags->queue, tag));
		dev->requests_known = false;
		return true;
	}
	rq = ARENA_PUSH(dev->requests, dev->n_requests);
	rq->queue = tags->queue;
	rq->tag = tag;
	rq->addr = addr;
	rq->op = k_num(&o, KM_RQ_CMD_FLAGS);
	rq->op.v &= REQ_OP_MASK;
	rq->sector = k_num(&o, KM_RQ_SECTOR);
	/* blk_rq_init() sets it so, and it stays so in a request without a place, such as a flush. */
	if (num_is(rq->sector, UINT64_MAX))
		rq->sector = NUM_UNKNOWN;
	rq->sector = nbd_at_most(dev, rq->sector, INT64_MAX, "request %llx: sector",
				 (unsigned long long)addr);
	rq->bytes = k_num(&o, KM_RQ_DATA_LEN);
	rq->retries = k_signed(&cmd, KM_CMD_RETRIES);
	rq->sent = was_sent(ctx, &cmd, rq->retries);
	/* Until the request is sent, the index of an earlier request stands there. */
	rq->connection = num_is(rq->sent, 0) ? NUM_UNKNOWN : k_signed(&cmd, KM_CMD_INDEX);
	rq->age_ms = age_ms(ctx, &o, rq->retries);
	if (!rq->age_ms.known && k_num(&o, KM_RQ_START_TIME_NS).v)
		problem_add(&dev->problems,
			    arena_printf("request %llx: start_time_ns is impossible, its age is "
					 "unknown",
					 (unsigned long long)addr));
	return true;
}

/* The requests of one hardware queue. False when they could not all be looked at. */
static bool read_queue(struct device *dev, const struct context *ctx, uint32_t queue, uint64_t addr,
		       uint64_t disk_queue)
{
	struct tags tags = {.queue = queue, .disk_queue = disk_queue};
	num nr_tags = k_num_at(addr, KM_TAGS_NR_TAGS), rqs = k_num_at(addr, KM_TAGS_RQS);
	num depth = k_num_at(k_at(dev->nbd_device, KM_NBD_TAG_SET), KM_TAG_SET_QUEUE_DEPTH);
	bool complete = true;

	/* blk_mq_init_tags() is given the set's depth. */
	if (!nr_tags.known || nr_tags.v > MAX_TAGS || !rqs.known ||
	    (depth.known && depth.v != nr_tags.v))
		return false;
	tags.n = (uint32_t)nr_tags.v;
	tags.rqs = arena_alloc((nr_tags.v + 1) * sizeof(*tags.rqs));
	if (tags.n && !k_read(rqs.v, tags.rqs, nr_tags.v * sizeof(*tags.rqs), "blk_mq_tags.rqs"))
		return false;
	for (uint32_t tag = 0; tag < tags.n; tag++) {
		if (k_interrupted())
			return false;
		complete &= read_request(dev, ctx, &tags, tag);
	}
	return complete;
}

static void read_requests(struct device *dev, const struct context *ctx)
{
	uint64_t tag_set = k_at(dev->nbd_device, KM_NBD_TAG_SET);
	num n_queues = k_num_at(tag_set, KM_TAG_SET_NR_HW_QUEUES);
	num array = k_num_at(tag_set, KM_TAG_SET_TAGS);
	num disk_queue = k_num_at(dev->gendisk, KM_DISK_QUEUE);
	num queue_set = k_num_at(disk_queue.v, KM_QUEUE_TAG_SET);
	num queue_queues = k_num_at(disk_queue.v, KM_QUEUE_NR_HW_QUEUES);
	uint64_t *tags;

	if (!n_queues.known || n_queues.v > MAX_QUEUES || !array.known || !disk_queue.known) {
		problem_add(&dev->problems,
			    "nbd_device.tag_set could not be read: requests are unknown");
		return;
	}
	if ((k_has(KM_QUEUE_TAG_SET) && !num_is(queue_set, tag_set)) ||
	    (k_has(KM_QUEUE_NR_HW_QUEUES) && !num_is(queue_queues, n_queues.v))) {
		problem_add(&dev->problems,
			    "gendisk.queue and nbd_device.tag_set do not belong together: requests "
			    "are unknown");
		return;
	}
	tags = arena_alloc((n_queues.v + 1) * sizeof(*tags));
	if (n_queues.v &&
	    !k_read(array.v, tags, n_queues.v * sizeof(*tags), "blk_mq_tag_set.tags")) {
		problem_add(&dev->problems,
			    "blk_mq_tag_set.tags could not be read: requests are unknown");
		return;
	}
	dev->requests_known = true;
	for (uint32_t queue = 0; queue < n_queues.v; queue++) {
		if (!tags[queue] || read_queue(dev, ctx, queue, tags[queue], disk_queue.v))
			continue;
		dev->requests_known = false;
		problem_add(&dev->problems,
			    arena_printf("the requests of hardware queue %u could not all be read",
					 queue));
		if (k_interrupted())
			return;
	}
}

/* True when the kernel has every member that a request is recognised by. */
static bool layouts_suffice(void)
{
	return k_has(KM_CMD_NBD) && k_has(KM_RQ_QUEUE) && k_has(KM_RQ_TAG) &&
	       (k_has(KM_RQ_STATE) || k_has(KM_RQ_ATOMIC_FLAGS)) && k_sizeof(K_REQUEST);
}

/*
 * 1 when this kernel's nbd sets NBD_CMD_INFLIGHT. No structure tells, and distributions have it in other
 * versions; but this message came with the bit: Linux kernel commit 4e6eef5dc25b ("nbd: don't handle
 * response without a corresponding request message") (in v5.16).
 */
static num marks_sent(void)
{
	return kernel_module_holds("nbd", "Suspicious reply %d (status");
}

void requests_collect(struct report *report)
{
	num symbol = k_symbol("jiffies_64");
	num jiffies = symbol.known ? k_pointer(symbol.v, "jiffies_64") : NUM_UNKNOWN;
	struct context ctx = {.jiffies = jiffies.v, .now_ns = monotonic_ns(jiffies)};
	bool usable = layouts_suffice();

	ctx.marks_sent = marks_sent();
	for (size_t d = 0; usable && d < report->n_devices && !k_interrupted(); d++) {
		if (report->devices[d].config)
			read_requests(&report->devices[d], &ctx);
	}
}
