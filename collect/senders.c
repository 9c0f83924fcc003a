// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nbd_queue_rq() holds nbd_cmd.lock from beginning to end. Inside it nbd_handle_cmd() takes tx_lock of the connection
 * and sends; where no connection is left it sleeps in nbd_config.conn_wait first. So the locks and this queue tell who
 * sends and who waits, and no stack need be read.
 */
#include "collect/senders.h"

#include "base/arena.h"
#include "collect/deadline.h"
#include "collect/mutex.h"
#include "collect/nbd_structs.h"
#include "collect/task_list.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"

/* nbd_sock.sent is an int. */
#define MAX_SENT INT32_MAX

struct waiting {
	const struct task_list *tasks;
	const struct task **v;
	size_t n;
	bool complete; /* each address was one of a living task */
};

static void add_waiting(void *context, uint64_t addr)
{
	struct waiting *waiting = context;
	const struct task *t = task_list_by_address(waiting->tasks, addr);

	if (t)
		*ARENA_PUSH(waiting->v, waiting->n) = t;
	else
		waiting->complete = false;
}

static void read_connection(const struct report *report, struct device *dev,
			    struct connection *conn)
{
	uint64_t lock = k_at(conn->nbd_sock, KM_NSOCK_TX_LOCK);
	struct waiting waiting = {.tasks = &report->tasks, .complete = true};

	conn->pending = k_num_at(conn->nbd_sock, KM_NSOCK_PENDING);
	conn->pending_sent = nbd_at_most(dev, k_num_at(conn->nbd_sock, KM_NSOCK_SENT), MAX_SENT,
					 "nbd_sock.sent of connection %u", conn->index);
	conn->tx_lock_owner = mutex_owner(lock);
	/* A mutex that is free has no waiters. */
	if (!conn->tx_lock_owner.v)
		return;
	conn->sender = task_list_by_address(&report->tasks, conn->tx_lock_owner.v);
	waiting.complete &= mutex_waiters(lock, add_waiting, &waiting);
	conn->behind_sender = waiting.v;
	conn->n_behind_sender = waiting.n;
	dev->in_nbd_known &= waiting.complete;
	if (!waiting.complete)
		problem_add(
			&dev->problems,
			arena_printf("who waits for tx_lock of connection %u could not be read in "
				     "full",
				     conn->index));
}

/* Who sleeps in wait_for_reconnect(). */
static void read_reconnect_waiters(const struct report *report, struct device *dev,
				   struct stack_reader *reader)
{
	uint64_t queue = k_at(dev->config, KM_CONFIG_CONN_WAIT);
	struct waiting waiting = {.tasks = &report->tasks, .complete = true};
	struct klist entries;

	if (!queue || num_is(dev->dead_conn_timeout_seconds, 0))
		return;
	if (!k_has(KM_WAIT_QUEUE_LIST) || !k_has(KM_WAIT_ENTRY_LIST)) {
		problem_add(&dev->problems, "who waits for a new connection is not known");
		return;
	}
	entries = klist_of(NUM(k_at(queue, KM_WAIT_QUEUE_LIST)), "nbd_config.conn_wait");
	while (klist_next(&entries))
		add_waiting(&waiting, k_num_at(k_container(entries.node, KM_WAIT_ENTRY_LIST),
					       KM_WAIT_ENTRY_PRIVATE)
					      .v);
	dev->reconnect_waiters = waiting.v;
	dev->n_reconnect_waiters = waiting.n;
	for (size_t i = 0; i < waiting.n; i++) {
		num left = deadline_left_ms(reader, waiting.v[i]);

		if (left.known &&
		    (!dev->reconnect_left_ms.known || left.v < dev->reconnect_left_ms.v))
			dev->reconnect_left_ms = left;
	}
	dev->in_nbd_known &= waiting.complete && entries.complete;
	if (!waiting.complete || !entries.complete)
		problem_add(&dev->problems,
			    "who waits for a new connection could not be read in full");
}

/* Who works on a request. As long as somebody sends it, it counts as not sent, and its connection is the one that he
 * sends on. */
static void read_worker(const struct report *report, const struct device *dev, struct request *rq)
{
	uint64_t cmd = rq->addr + k_sizeof(K_REQUEST);

	rq->worker = task_list_by_address(&report->tasks, mutex_owner(k_at(cmd, KM_CMD_LOCK)).v);
	for (size_t c = 0; c < dev->n_conns; c++) {
		const struct connection *conn = &dev->conns[c];

		if ((!rq->worker || rq->worker != conn->sender) && rq->addr != conn->pending.v)
			continue;
		rq->sent = NUM(0);
		rq->connection = NUM(conn->index);
	}
}

void senders_collect(struct report *report)
{
	struct stack_reader reader = {0};

	for (size_t d = 0; !report->before_config && d < report->n_devices && !k_interrupted();
	     d++) {
		struct device *dev = &report->devices[d];

		if (!dev->config)
			continue;
		dev->in_nbd_known = k_has(KM_NSOCK_TX_LOCK) && k_has(KM_CONFIG_CONN_WAIT) &&
				    k_has(KM_WAIT_QUEUE_LIST) && k_has(KM_WAIT_ENTRY_LIST);
		for (size_t c = 0; c < dev->n_conns; c++)
			read_connection(report, dev, &dev->conns[c]);
		for (size_t i = 0; i < dev->n_requests; i++)
			read_worker(report, dev, &dev->requests[i]);
		read_reconnect_waiters(report, dev, &reader);
	}
}
