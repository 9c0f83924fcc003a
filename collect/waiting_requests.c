// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request that exists has a tag: of the I/O scheduler where the queue has one, else of the driver. So the bitmap of
 * those tags tells all requests, and the lists on which some of them are tell where these wait. Mirrors block/blk-mq.c,
 * block/blk-mq-tag.c and lib/sbitmap.c.
 */
#include "collect/waiting_requests.h"

#include "base/arena.h"
#include "base/ptr_map.h"
#include "collect/mutex.h"
#include "collect/request.h"
#include "collect/task_list.h"
#include "resolve/idr.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"

/* As in collect/requests.c. */
#define MAX_QUEUES 8192
#define MAX_TAGS   65536
/* An unsigned long has so many bits: sbitmap.shift is no more than 6. */
#define MAX_SHIFT 6
/* SBQ_WAIT_QUEUES */
#define WAIT_QUEUES 8

static const enum request_place on_dispatch = REQUEST_DISPATCH, on_requeue = REQUEST_REQUEUE;

/* A device's request_queue while it is read. */
struct queue {
	const struct report *report;
	struct device *dev;
	const struct request_context *ctx;
	uint64_t addr;
	uint64_t *hw_queues; /* blk_mq_hw_ctx, 0 where there is none */
	size_t n_hw_queues;
	struct ptr_map listed; /* request -> its place */
};

/* All requests on one list, whose head is at that address. False when it could not be read in full. */
static bool note_list(struct queue *q, uint64_t head, const char *what,
		      const enum request_place *place)
{
	struct klist list = klist_of(NUM(head), what);

	while (klist_next(&list))
		*ptr_map_at(&q->listed, k_container(list.node, KM_RQ_QUEUELIST)) = (void *)place;
	return list.complete;
}

static void note_hw_queue(void *context, uint32_t i, uint64_t hw_queue)
{
	struct queue *q = context;

	if (i < q->n_hw_queues)
		q->hw_queues[i] = hw_queue;
}

static bool find_hw_queues(struct queue *q)
{
	uint64_t tag_set = k_at(q->dev->nbd_device, KM_NBD_TAG_SET);
	num n = k_num_at(tag_set, KM_TAG_SET_NR_HW_QUEUES), array;

	if (!n.known || n.v > MAX_QUEUES)
		return false;
	q->n_hw_queues = (size_t)n.v;
	q->hw_queues = arena_alloc((n.v + 1) * sizeof(*q->hw_queues));
	if (k_has(KM_QUEUE_HCTX_TABLE))
		return idr_walk_xarray(k_at(q->addr, KM_QUEUE_HCTX_TABLE), note_hw_queue, q);
	array = k_num_at(q->addr, KM_QUEUE_HW_CTX);
	return array.known && k_read(array.v, q->hw_queues, n.v * sizeof(*q->hw_queues),
				     "request_queue.queue_hw_ctx");
}

static bool is_among(const struct task *t, const struct task *const *tasks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (tasks[i] == t)
			return true;
	}
	return false;
}

/* Where a request is that somebody inside nbd_queue_rq() works on. */
static enum request_place place_in_nbd(const struct device *dev, const struct task *worker)
{
	if (is_among(worker, dev->reconnect_waiters, dev->n_reconnect_waiters))
		return REQUEST_RECONNECT;
	for (size_t c = 0; c < dev->n_conns; c++) {
		if (is_among(worker, dev->conns[c].behind_sender, dev->conns[c].n_behind_sender))
			return REQUEST_BEHIND_SENDER;
	}
	return REQUEST_ON_THE_WAY;
}

/* o is the request itself. A flush that is in flight is a request of its own, without a tag of its own; those that
 * it is made for wait until it ends: see block/blk-flush.c. */
static enum request_place place_of(const struct queue *q, const struct request *rq,
				   const struct kobj *o)
{
	const enum request_place *listed = ptr_map_get(&q->listed, rq->addr);

	if (listed)
		return *listed;
	if (k_is_symbol(k_num(o, KM_RQ_END_IO), "mq_flush_data_end_io"))
		return REQUEST_BEHIND_FLUSH;
	if (rq->worker)
		return place_in_nbd(q->dev, rq->worker);
	return rq->tag == REQUEST_NO_TAG ? REQUEST_SCHEDULER : REQUEST_ON_THE_WAY;
}

/* The request that has the tag, if it waits. False when that cannot be told. */
static bool add_request(struct queue *q, uint32_t hw_queue, uint64_t addr, num sched_tag)
{
	num queue, idle, bio, tag, owner;
	struct kobj o, cmd;
	struct request *rq;

	k_load(&o, K_REQUEST, addr);
	queue = k_num(&o, KM_RQ_QUEUE);
	idle = request_is_idle(&o);
	bio = k_num(&o, KM_RQ_BIO);
	tag = k_num(&o, KM_RQ_TAG);
	if (!num_is(queue, q->addr) || !idle.known || !bio.known || !tag.known)
		return false;
	/* Without a bio it is one that a task keeps for later. */
	if (!idle.v || !bio.v)
		return true;
	k_load(&cmd, K_NBD_CMD, addr + k_sizeof(K_REQUEST));
	owner = mutex_owner(k_at(cmd.addr, KM_CMD_LOCK));
	if (!owner.known || !k_num(&o, KM_RQ_END_IO).known)
		return false;
	rq = ARENA_PUSH(q->dev->waiting, q->dev->n_waiting);
	request_read(q->dev, q->ctx, rq, &o, &cmd);
	rq->queue = hw_queue;
	rq->tag = (uint32_t)tag.v;
	rq->sched_tag = sched_tag;
	/* What nbd_cmd says is of an earlier request. */
	rq->sent = NUM(0);
	rq->retries = NUM_UNKNOWN;
	rq->connection = NUM_UNKNOWN;
	rq->worker = task_list_by_address(&q->report->tasks, owner.v);
	rq->place = place_of(q, rq, &o);
	return true;
}

/* The bitmap of a blk_mq_tags that says which tags are in use, 0 when unreadable. */
static uint64_t bitmap_of(uint64_t tags)
{
	if (k_member_size(KM_TAGS_BITMAP) == sizeof(uint64_t))
		return k_num_at(tags, KM_TAGS_BITMAP).v;
	return k_at(tags, KM_TAGS_BITMAP);
}

/* nbd reserves no tags, so that the first bit is tag 0. */
struct bitmap {
	uint64_t depth, shift, n_words, words;
	uint64_t rqs; /* blk_mq_tags.static_rqs */
};

static bool read_bitmap(uint64_t tags, struct bitmap *bitmap)
{
	num rqs = k_num_at(tags, KM_TAGS_STATIC_RQS), depth, shift, n_words, words;
	struct kobj o;

	k_load(&o, K_SBITMAP, k_at(bitmap_of(tags), KM_SBITMAP_QUEUE_SB));
	depth = k_num(&o, KM_SBITMAP_DEPTH);
	shift = k_num(&o, KM_SBITMAP_SHIFT);
	n_words = k_num(&o, KM_SBITMAP_MAP_NR);
	words = k_num(&o, KM_SBITMAP_MAP);
	*bitmap = (struct bitmap){depth.v, shift.v, n_words.v, words.v, rqs.v};
	return rqs.v && depth.v && depth.v <= MAX_TAGS && shift.known && shift.v <= MAX_SHIFT &&
	       words.v && n_words.v == (depth.v + (1ull << shift.v) - 1) >> shift.v;
}

/* The requests of one word of the bitmap. */
static bool add_word(struct queue *q, uint32_t hw_queue, const struct bitmap *bitmap, uint64_t i,
		     bool sched)
{
	uint64_t word_addr = bitmap->words + i * k_sizeof(K_SBITMAP_WORD);
	num word = k_num_at(word_addr, KM_SBITMAP_WORD_WORD);
	num cleared = k_num_at(word_addr, KM_SBITMAP_WORD_CLEARED);
	bool complete = word.known && (cleared.known || !k_has(KM_SBITMAP_WORD_CLEARED));

	word.v &= ~cleared.v;
	for (uint64_t bit = 0; complete && bit < 1ull << bitmap->shift; bit++) {
		uint64_t tag = (i << bitmap->shift) + bit;
		num rq;

		if (!(word.v >> bit & 1) || tag >= bitmap->depth)
			continue;
		rq = k_pointer(bitmap->rqs + tag * sizeof(uint64_t), "blk_mq_tags.static_rqs");
		if (k_interrupted())
			return false;
		complete = rq.v && add_request(q, hw_queue, rq.v, sched ? NUM(tag) : NUM_UNKNOWN);
	}
	return complete;
}

static bool add_requests(struct queue *q, uint32_t hw_queue)
{
	num sched_tags = k_num_at(q->hw_queues[hw_queue], KM_HW_CTX_SCHED_TAGS);
	num tags = k_num_at(q->hw_queues[hw_queue], KM_HW_CTX_TAGS);
	bool sched = sched_tags.v, complete = true;
	struct bitmap bitmap;

	if (!sched_tags.known || !tags.known)
		return false;
	/* A hardware queue that no CPU uses has none. */
	if (!sched && !tags.v)
		return true;
	if (!read_bitmap(sched ? sched_tags.v : tags.v, &bitmap))
		return false;
	for (uint64_t i = 0; i < bitmap.n_words; i++)
		complete &= add_word(q, hw_queue, &bitmap, i, sched);
	return complete;
}

/* Who waits on one wait queue until a tag is free. */
static bool add_wait_queue(struct queue *q, uint64_t wait_queue)
{
	struct klist entries =
		klist_of(NUM(k_at(wait_queue, KM_WAIT_QUEUE_LIST)), "sbq_wait_state.wait");
	bool complete = true;

	while (klist_next(&entries)) {
		num task = k_num_at(k_container(entries.node, KM_WAIT_ENTRY_LIST),
				    KM_WAIT_ENTRY_PRIVATE);
		const struct task *t = task_list_by_address(&q->report->tasks, task.v);

		if (t)
			*ARENA_PUSH(q->dev->tag_waiters, q->dev->n_tag_waiters) = t;
		/* A hardware queue may wait itself, which is no task. */
		complete &= t || num_is(task, 0);
	}
	return complete && entries.complete;
}

static bool add_tag_waiters(struct queue *q, uint64_t tags)
{
	uint64_t bitmap = bitmap_of(tags);
	num active = k_num_at(bitmap, KM_SBITMAP_QUEUE_WS_ACTIVE), ws;
	bool complete = true;

	if (num_is(active, 0))
		return true;
	ws = k_num_at(bitmap, KM_SBITMAP_QUEUE_WS);
	for (size_t i = 0; ws.v && i < WAIT_QUEUES; i++)
		complete &=
			add_wait_queue(q, k_at(ws.v + i * k_sizeof(K_SBQ_WAIT_STATE), KM_SBQ_WAIT));
	return ws.v && complete;
}

static void find_tag_waiters(struct queue *q)
{
	static const enum kmember members[] = {KM_HW_CTX_TAGS, KM_HW_CTX_SCHED_TAGS};
	bool complete = true;

	for (size_t i = 0; i < q->n_hw_queues; i++) {
		for (size_t m = 0; q->hw_queues[i] && m < 2; m++) {
			num tags = k_num_at(q->hw_queues[i], members[m]);

			complete &= tags.known && (!tags.v || add_tag_waiters(q, tags.v));
		}
	}
	q->dev->tag_waiters_known = complete;
	if (!complete)
		problem_add(&q->dev->problems, "who waits for a tag could not be read in full");
}

static bool find_requests(struct queue *q)
{
	/* Who is on a list that could not be read would be told as waiting somewhere else. */
	bool complete =
		q->dev->in_nbd_known && note_list(q, k_at(q->addr, KM_QUEUE_REQUEUE_LIST),
						  "request_queue.requeue_list", &on_requeue);

	if (k_has(KM_QUEUE_FLUSH_LIST))
		complete &= note_list(q, k_at(q->addr, KM_QUEUE_FLUSH_LIST),
				      "request_queue.flush_list", &on_requeue);
	for (uint32_t i = 0; i < q->n_hw_queues; i++)
		complete &=
			q->hw_queues[i] && note_list(q, k_at(q->hw_queues[i], KM_HW_CTX_DISPATCH),
						     "blk_mq_hw_ctx.dispatch", &on_dispatch);
	for (uint32_t i = 0; complete && i < q->n_hw_queues; i++)
		complete = add_requests(q, i);
	return complete;
}

static void read_device(const struct report *report, struct device *dev,
			const struct request_context *ctx)
{
	struct queue q = {.report = report,
			  .dev = dev,
			  .ctx = ctx,
			  .addr = k_num_at(dev->gendisk, KM_DISK_QUEUE).v};

	if (!q.addr || !find_hw_queues(&q)) {
		problem_add(&dev->problems, "request_queue could not be read: which requests wait "
					    "to be started is unknown");
		return;
	}
	dev->waiting_known = find_requests(&q);
	if (!dev->waiting_known)
		problem_add(&dev->problems,
			    "the requests that wait to be started could not all be read");
	if (k_has(KM_SBITMAP_QUEUE_WS) && k_has(KM_SBQ_WAIT) && k_has(KM_WAIT_ENTRY_PRIVATE))
		find_tag_waiters(&q);
}

/* True when the kernel has every member that is needed. Without nbd_cmd.lock nothing tells which requests are those
 * that wait inside nbd. */
static bool layouts_suffice(void)
{
	static const enum kmember needed[] = {
		KM_DISK_QUEUE,
		KM_QUEUE_REQUEUE_LIST,
		KM_HW_CTX_DISPATCH,
		KM_HW_CTX_TAGS,
		KM_TAGS_BITMAP,
		KM_TAGS_STATIC_RQS,
		KM_SBITMAP_QUEUE_SB,
		KM_SBITMAP_DEPTH,
		KM_SBITMAP_SHIFT,
		KM_SBITMAP_MAP_NR,
		KM_SBITMAP_MAP,
		KM_SBITMAP_WORD_WORD,
		KM_RQ_QUEUE,
		KM_RQ_TAG,
		KM_RQ_BIO,
		KM_RQ_QUEUELIST,
		KM_CMD_LOCK,
		KM_RQ_END_IO,
		KM_HW_CTX_SCHED_TAGS,
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (!k_has(needed[i]))
			return false;
	}
	return (k_has(KM_QUEUE_HCTX_TABLE) || k_has(KM_QUEUE_HW_CTX)) &&
	       (k_has(KM_RQ_STATE) || k_has(KM_RQ_ATOMIC_FLAGS));
}

void waiting_requests_collect(struct report *report)
{
	bool usable = !report->before_config && layouts_suffice();
	struct request_context ctx;

	if (!usable)
		return;
	ctx = request_context();
	for (size_t d = 0; d < report->n_devices && !k_interrupted(); d++) {
		struct device *dev = &report->devices[d];

		/* Without a queue that is known to be the device's own nothing can be said. */
		if (dev->config && dev->requests_known)
			read_device(report, dev, &ctx);
	}
}
