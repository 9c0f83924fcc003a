// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that nbd has not started, one in each place outside nbd. */
#include "extras.h"

#define FIRST_DRIVER_TAG 20
#define NO_TAG		 UINT32_MAX
#define SCHED_TAGS	 64
#define REQ_OP_WRITE	 1
#define MQ_RQ_COMPLETE	 2
#define REQ_ATOM_BOTH	 3
/* Which of the wait queues. */
#define WAIT_QUEUE 3

/* A request that waits, with the next tag of the scheduler. */
static uint64_t new_waiting(struct scene *s, uint64_t sched_tags, unsigned sched_tag, uint32_t tag)
{
	struct image *image = s->image;
	uint64_t rq = scene_new_request(s);

	image_set(image, rq, "request", "tag", tag);
	image_set(image, rq, "request", "cmd_flags", REQ_OP_WRITE);
	image_set(image, rq, "request", "__sector", SCENE_SECTOR + 8 * sched_tag);
	image_set(image, rq, "request", "__data_len", SCENE_BYTES);
	image_set(image, rq, "request", "bio", image_new(image, "bio"));
	scene_take_tag(image, sched_tags, sched_tag, rq);
	return rq;
}

static void queue_request(struct scene *s, uint64_t head, uint64_t rq)
{
	image_list_add(s->image, head, image_at(s->image, rq, "request", "queuelist"));
}

static void add_sleeper(struct image *image, uint64_t sched_tags, uint64_t task)
{
	uint64_t bitmap = image_at(image, sched_tags, "blk_mq_tags", "bitmap_tags"), ws;
	uint64_t entry = image_new(image, "wait_queue_entry");

	if (image_has(image, "blk_mq_tags", "__bitmap_tags"))
		bitmap = image_get(image, sched_tags, "blk_mq_tags", "bitmap_tags");
	ws = image_get(image, bitmap, "sbitmap_queue", "ws") +
	     WAIT_QUEUE * image_sizeof(image, "sbq_wait_state");
	image_set(image, entry, "wait_queue_entry", "private", task);
	image_list_add(image, image_at(image, ws, "sbq_wait_state", "wait.whole.head"),
		       image_at(image, entry, "wait_queue_entry", "entry"));
	if (image_has(image, "sbitmap_queue", "ws_active"))
		image_set(image, bitmap, "sbitmap_queue", "ws_active",
			  image_get(image, bitmap, "sbitmap_queue", "ws_active") + 1);
}

struct extra_waiting extra_waiting(struct scene *s)
{
	struct image *image = s->image;
	struct extra_waiting w;
	uint64_t requeue = image_at(image, s->disk.queue, "request_queue", "requeue_list");
	uint64_t flush = image_has(image, "request_queue", "flush_list")
				 ? image_at(image, s->disk.queue, "request_queue", "flush_list")
				 : requeue;
	uint64_t flush_end = image_pointer(image, "mq_flush_data_end_io", 0), done, freed, word;
	uint32_t tag = FIRST_DRIVER_TAG;

	w.tags = scene_new_tags(image, SCHED_TAGS);
	image_set(image, s->hw_queue, "blk_mq_hw_ctx", "sched_tags", w.tags);
	scene_take_tag(image, w.tags, 0, s->request);
	w.dispatch = new_waiting(s, w.tags, 1, tag++);
	queue_request(s, image_at(image, s->hw_queue, "blk_mq_hw_ctx", "dispatch"), w.dispatch);
	w.requeue = new_waiting(s, w.tags, 2, NO_TAG);
	queue_request(s, requeue, w.requeue);
	queue_request(s, flush, new_waiting(s, w.tags, 3, NO_TAG));
	w.behind_flush = new_waiting(s, w.tags, 4, NO_TAG);
	image_set(image, w.behind_flush, "request", "end_io", flush_end);
	w.scheduler = new_waiting(s, w.tags, 33, NO_TAG);
	w.on_the_way = new_waiting(s, w.tags, 34, tag++);
	/* These do not wait: one that a task keeps for later, one that is complete, one whose tag is free. */
	image_set(image, new_waiting(s, w.tags, 35, tag++), "request", "bio", 0);
	done = new_waiting(s, w.tags, 36, tag++);
	if (!image_try_set(image, done, "request", "state", MQ_RQ_COMPLETE))
		image_set(image, done, "request", "atomic_flags", REQ_ATOM_BOTH);
	if (image_has(image, "sbitmap_word", "cleared")) {
		freed = new_waiting(s, w.tags, 37, tag++);
		word = image_get(image,
				 image_has(image, "blk_mq_tags", "__bitmap_tags")
					 ? image_get(image, w.tags, "blk_mq_tags", "bitmap_tags")
					 : image_at(image, w.tags, "blk_mq_tags", "bitmap_tags"),
				 "sbitmap_queue", "sb.map") +
		       image_sizeof(image, "sbitmap_word");
		image_set(image, word, "sbitmap_word", "cleared", 1u << (37 - 32));
		image_set(image, freed, "request", "tag", NO_TAG);
	}
	/* A task, and the hardware queue itself. */
	w.sleeper = kernel_task(&s->kernel, "dd", 4990, NULL, 0);
	add_sleeper(image, w.tags, w.sleeper.task);
	add_sleeper(image, w.tags, 0);
	return w;
}
