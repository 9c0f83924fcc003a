// SPDX-License-Identifier: GPL-2.0-or-later
/* Who sends, how far that is, and who waits behind. */
#include "render/report.h"

#include "base/arena.h"
#include "base/words.h"
#include "judge/facts.h"
#include "judge/phrases.h"
#include "render/text_table.h"

/* Of more tasks than this the rest is only counted. */
#define MAX_TASKS_NAMED 4
/* struct nbd_request, which goes before the data of a write. */
#define HEADER_BYTES 28
/* include/linux/blk_types.h */
#define REQ_OP_WRITE 1

static const char *tasks_text(const struct task *const *tasks, size_t n)
{
	const char *all = NULL;

	for (size_t i = 0; i < n && i < MAX_TASKS_NAMED; i++)
		all = word_append(all, ", ", phrase_task(tasks[i]));
	return n > MAX_TASKS_NAMED ? arena_printf("%s and %zu more", all, n - MAX_TASKS_NAMED)
				   : all;
}

/* What is left in the socket; for TCP how much of it the other end would take. */
static const char *queue_text(const struct sock_info *s)
{
	const char *text = s->send_queue_bytes.known ? arena_printf("%s in the send queue",
								    word_size(s->send_queue_bytes))
						     : "the send queue could not be read";

	return s->send_window.known ? arena_printf("%s, the peer's window is %s bytes", text,
						   word_decimal(s->send_window))
				    : text;
}

static const char *request_text(const struct request *rq)
{
	return arena_printf("%s (request %s, made %s ago)", phrase_request(rq), word_hex(rq->addr),
			    word_age(rq->age_ms));
}

static void print_sender(FILE *out, const struct device *dev, const struct connection *c)
{
	const struct request *rq = fact_request_of(dev, c->sender);
	bool asleep = c->sender->state == 'S';
	const char *text = arena_printf("%s%s%s%s holds tx_lock", phrase_task(c->sender),
					asleep ? ", asleep" : "",
					asleep ? phrase_for(c->sender) : "", asleep ? "," : "");

	if (rq)
		text = arena_printf("%s and sends %s", text, request_text(rq));
	text = arena_printf("%s; %s", text, queue_text(c->sock));
	if (c->n_behind_sender)
		text = arena_printf("%s; behind it %s: %s", text,
				    c->n_behind_sender == 1 ? "waits" : "wait",
				    tasks_text(c->behind_sender, c->n_behind_sender));
	text_wrapped(out, 2, arena_printf("sending on %u: ", c->index), text);
}

/* A signal interrupted the send: the rest goes first, whoever sends next. */
static void print_pending(FILE *out, const struct device *dev, const struct connection *c)
{
	const struct request *rq = NULL;
	const char *of = "";

	for (size_t i = 0; i < dev->n_requests; i++) {
		if (dev->requests[i].addr == c->pending.v)
			rq = &dev->requests[i];
	}
	if (rq && rq->bytes.known && rq->op.known)
		of = arena_printf(
			" of %llu",
			(unsigned long long)(HEADER_BYTES +
					     (rq->op.v == REQ_OP_WRITE ? rq->bytes.v : 0)));
	text_wrapped(out, 2, arena_printf("sent in part on %u: ", c->index),
		     arena_printf("request %s, %s%s bytes; the rest goes before all else",
				  word_hex(c->pending.v), word_decimal(c->pending_sent), of));
}

void report_senders(FILE *out, const struct device *dev)
{
	for (size_t i = 0; i < dev->n_conns; i++) {
		if (dev->conns[i].sender)
			print_sender(out, dev, &dev->conns[i]);
		if (dev->conns[i].pending.v)
			print_pending(out, dev, &dev->conns[i]);
	}
}
