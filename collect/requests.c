// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/requests.h"

#include "base/arena.h"
#include "collect/request.h"

/* blk_mq_update_nr_hw_queues() stops at nr_cpu_ids; no kernel has more CPUs than this. */
#define MAX_QUEUES 8192
/* nbd's own depth is 128. */
#define MAX_TAGS 65536

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
static bool is_torn(const struct request_context *ctx, const struct tags *tags, uint32_t tag,
		    const struct kobj *o, const struct kobj *cmd)
{
	bool own = num_is(k_num(o, KM_RQ_QUEUE), tags->disk_queue);
	num own_tag = k_num(o, KM_RQ_TAG), state = k_num(o, KM_RQ_STATE);
	bool tagged = num_is(own_tag, tag);

	if (state.v > MQ_RQ_COMPLETE)
		return own || tagged;
	if (num_is(request_in_flight(o), 0))
		return own && tagged && num_is(state, MQ_RQ_IDLE) && num_is(ctx->marks_sent, 1) &&
		       k_num(cmd, KM_CMD_FLAGS).v & NBD_CMD_INFLIGHT;
	if (!own || tagged)
		return own != tagged;
	return own_tag.v >= tags->n || tags->rqs[own_tag.v] != o->addr;
}

/* The request that rqs[tag] points to, unless the pointer is stale. False when that cannot be told. */
static bool read_request(struct device *dev, const struct request_context *ctx,
			 const struct tags *tags, uint32_t tag)
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
	flying = request_in_flight(&o);
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
	request_read(dev, ctx, rq, &o, &cmd);
	return true;
}

/* The requests of one hardware queue. False when they could not all be looked at. */
static bool read_queue(struct device *dev, const struct request_context *ctx, uint32_t queue,
		       uint64_t addr, uint64_t disk_queue)
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

static void read_requests(struct device *dev, const struct request_context *ctx)
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

void requests_collect(struct report *report)
{
	struct request_context ctx = request_context();
	bool usable = layouts_suffice();

	ctx.marks_sent = request_marks_sent();
	for (size_t d = 0; usable && d < report->n_devices && !k_interrupted(); d++) {
		if (report->devices[d].config)
			read_requests(&report->devices[d], &ctx);
	}
}
