// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything that judges and prints a report, over reports that no kernel ever gave: values and lists
 * as the input has them. What nbd_model.h promises holds: no pointer is wrong, text is escaped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "fuzz.h"
#include "judge/contradictions.h"
#include "render/renderer.h"
#include "render/json.h"
#include "render/report.h"
#include "base/names.h"

#define MAX_ELEMENTS 5
#define MAX_TEXT     40

static struct input input;
static struct report *report;

static size_t some(void)
{
	return input_byte(&input) % MAX_ELEMENTS;
}

/* Small numbers, where rules are; and any. */
static uint64_t value(void)
{
	uint8_t kind = input_byte(&input);

	return kind < 0xc0 ? kind % 16 : input_bytes(&input, kind < 0xe0 ? 4 : 8);
}

static num number(void)
{
	return input_byte(&input) % 8 ? NUM(value()) : NUM_UNKNOWN;
}

static num sign_extended(void)
{
	num n = number();

	n.v = (uint64_t)(int64_t)(int32_t)n.v;
	return n;
}

static num truth(void)
{
	num n = number();

	n.v &= 1;
	return n;
}

static const char *text(void)
{
	char bytes[MAX_TEXT];
	size_t n = input_byte(&input) % sizeof(bytes);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)input_byte(&input);
	return name_escape(bytes, n);
}

static const char *text_or_null(void)
{
	return input_byte(&input) % 4 ? text() : NULL;
}

static void fill_texts(const char ***v, size_t *n)
{
	for (size_t left = some(); left; left--)
		*ARENA_PUSH(*v, *n) = text();
}

static void fill_tasks(struct task_list *list)
{
	static const char states[] = "RSDTtZXI?";

	for (size_t left = some(); left; left--) {
		struct task *t = arena_alloc(sizeof(*t));

		*ARENA_PUSH(list->v, list->n) = t;
		t->addr = value();
		t->pid = (uint32_t)value();
		t->tgid = (uint32_t)value();
		for (size_t i = 0; i + 1 < sizeof(t->comm); i++)
			t->comm[i] = (char)input_byte(&input);
		t->state = states[input_byte(&input) % (sizeof(states) - 1)];
		t->files = value();
		t->threads = value();
		t->kernel_thread = input_byte(&input) & 1;
	}
	list->unreadable = value();
	list->interrupted = input_byte(&input) & 1;
}

static const struct task *task_or_null(void)
{
	size_t i = input_byte(&input);

	return report->tasks.n && i % 4 ? report->tasks.v[i % report->tasks.n] : NULL;
}

static struct file *file_or_null(void)
{
	struct file *file;

	if (input_byte(&input) % 4 == 0)
		return NULL;
	file = arena_alloc(sizeof(*file));
	file->addr = value();
	file->refs = number();
	file->n_table_refs = value();
	for (size_t left = some(); left; left--) {
		const struct task *task = task_or_null();

		if (task)
			*ARENA_PUSH(file->owners, file->n_owners) =
				(struct fd_owner){task, (uint32_t)value()};
	}
	for (size_t left = some(); left; left--) {
		struct holder *h = ARENA_PUSH(file->holders, file->n_holders);

		h->task = task_or_null();
		h->kind = (enum holder_kind)(input_byte(&input) % HOLDER_KINDS);
		/* Only a task's ring or call has one, and each of those has. */
		if (h->task)
			h->kind = h->kind % 2 ? HOLDER_IO_URING : HOLDER_SYSTEM_CALL;
		else if (h->kind == HOLDER_IO_URING || h->kind == HOLDER_SYSTEM_CALL)
			h->kind = HOLDER_LOOP;
		if (h->kind == HOLDER_NBD)
			h->device = text();
		else if (h->kind == HOLDER_SYSTEM_CALL)
			h->call = text();
		h->number = (uint32_t)value();
		h->object = value();
	}
	return file;
}

static struct sock_info *sock(bool with_peer)
{
	struct sock_info *s = arena_alloc(sizeof(*s));

	s->socket = value();
	s->sk = value();
	s->file = file_or_null();
	s->inode = number();
	s->family = number();
	s->type = number();
	s->state = number();
	s->shutdown = number();
	s->dead = truth();
	s->send_queue_bytes = number();
	s->receive_queue = number();
	s->local = text_or_null();
	s->remote = text_or_null();
	s->listener_pid = number();
	s->listener_alive = truth();
	s->listener = task_or_null();
	s->peer_sk = number();
	s->sk_socket = number();
	s->socket_sk = number();
	s->file_socket = number();
	s->prot_family = number();
	s->name_unreadable = input_byte(&input) & 1;
	s->impossible = text_or_null();
	s->peer_status = (enum peer_status)(input_byte(&input) % (PEER_REMOTE + 1));
	if (with_peer && input_byte(&input) % 4)
		s->peer = sock(false);
	return s;
}

static void fill_connections(struct device *dev)
{
	for (size_t left = some(); left; left--) {
		struct connection *conn = ARENA_PUSH(dev->conns, dev->n_conns);

		conn->index = (uint32_t)(dev->n_conns - 1);
		conn->nbd_sock = value();
		conn->dead = truth();
		/* Now and then one like the one before, which are printed as one. */
		conn->sock =
			dev->n_conns > 1 && input_byte(&input) & 1 ? conn[-1].sock : sock(true);
	}
}

static void fill_requests(struct device *dev)
{
	for (size_t left = some(); left; left--) {
		struct request *rq = ARENA_PUSH(dev->requests, dev->n_requests);

		rq->queue = (uint32_t)value();
		rq->tag = (uint32_t)value();
		rq->addr = value();
		rq->op = number();
		rq->sector = number();
		rq->bytes = number();
		rq->age_ms = number();
		rq->connection = sign_extended();
		rq->sent = truth();
		rq->retries = sign_extended();
	}
	dev->requests_known = input_byte(&input) & 1;
}

static void fill_openers(struct device *dev)
{
	for (size_t left = some(); left; left--) {
		struct opener *o = ARENA_PUSH(dev->openers, dev->n_openers);

		o->task = task_or_null();
		o->kind = o->task ? OPENER_FD
				  : (enum opener_kind)(OPENER_MOUNT +
						       input_byte(&input) % OPENER_KERNEL);
		o->fd = (uint32_t)value();
		o->file = value();
		o->what = text();
		o->frozen = truth();
	}
	dev->openers_expected = sign_extended();
	dev->openers_found = value();
}

static void fill_waiters(struct device *dev)
{
	for (size_t left = some(); left; left--) {
		const struct task *task = task_or_null();

		if (task)
			*ARENA_PUSH(dev->waiters, dev->n_waiters) =
				(struct waiter){task, text(), value(), text(), NULL};
	}
	dev->config_lock_owner = number();
	dev->open_lock_owner = number();
	dev->partition_scan_due = truth();
}

static void fill_log(struct device *dev)
{
	for (size_t left = some(); left; left--)
		*ARENA_PUSH(dev->log, dev->n_log) = (struct log_line){number(), number(), text()};
	dev->started_boottime = number();
}

static void fill_device(struct device *dev)
{
	dev->name = text();
	dev->index = (uint32_t)value();
	dev->gendisk = value();
	dev->nbd_device = value();
	dev->config = value();
	dev->config_known = input_byte(&input) % 8 ? NUM(dev->config) : NUM_UNKNOWN;
	dev->config_refs = number();
	dev->refs = number();
	dev->device_flags = number();
	dev->server_flags = number();
	dev->runtime_flags = number();
	dev->num_connections = sign_extended();
	dev->live_connections = sign_extended();
	dev->recv_threads = sign_extended();
	dev->capacity_bytes = number();
	dev->block_size = number();
	dev->has_backend = number();
	dev->backend = text();
	dev->timeout_seconds = number();
	dev->dead_conn_timeout_seconds = number();
	dev->task_setup = number();
	dev->setup_task = task_or_null();
	dev->recv_pid = sign_extended();
	dev->recv_task_addr = number();
	dev->recv_task = task_or_null();
	dev->n_dead = number();
	fill_connections(dev);
	fill_requests(dev);
	fill_openers(dev);
	fill_waiters(dev);
	fill_texts(&dev->problems.v, &dev->problems.n);
	fill_log(dev);
}

static void fill_report(void)
{
	static const char *const sources[] = {"debuginfo", "btf", "computed"};

	report = arena_alloc(sizeof(*report));
	report->traits = (struct traits){truth(), truth(), truth(), truth()};
	report->release = text();
	report->machine = text();
	report->layout_source = sources[input_byte(&input) % 3];
	report->log_known = input_byte(&input) & 1;
	report->boottime_ns = number();
	report->numbering = (enum flag_numbering)(input_byte(&input) % (FLAGS_A_OR_B + 1));
	fill_tasks(&report->tasks);
	report->genl_lock_owner = number();
	report->tasks_in_crash = value();
	report->scan.tables = value();
	report->scan.tables_unreadable = value();
	report->scan.interrupted = input_byte(&input) & 1;
	for (size_t left = some(); left; left--) {
		struct device *dev = ARENA_PUSH(report->devices, report->n_devices);

		fill_device(dev);
	}
	fill_texts(&report->problems.v, &report->problems.n);
}

static void print_device(FILE *out, const struct device *dev)
{
	struct render_options options = {.peers = input_byte(&input) & 1,
					 .unfolded = input_byte(&input) & 1};
	struct query query = {.device = number(), .addr = value(), .dev = dev};
	struct opened_file opened;

	report_device(out, report, dev, &options);
	report_connections(out, report, dev, &options);
	report_requests(out, dev);
	report_openers(out, dev);
	report_findings(out, dev, true);
	must_be_json(json_device_line(report, dev));
	for (size_t i = 0; i < dev->n_conns; i++) {
		query.conn = input_byte(&input) & 1 ? &dev->conns[i] : NULL;
		query.sock = dev->conns[i].sock;
		query.file = query.sock->file;
		opened = (struct opened_file){query.file, text_or_null()};
		query.bdev = text_or_null();
		report_socket(out, report, &query);
		must_be_json(json_socket_line(report, &query));
		if (!query.file)
			continue;
		report_file(out, report, &query, &opened);
		must_be_json(json_file_line(report, &query, &opened));
	}
}

void target_begin(void)
{
}

void target_run(const uint8_t *data, size_t size)
{
	struct device **devices = NULL;
	char *output = NULL;
	size_t n = 0, length;
	FILE *out = open_memstream(&output, &length);

	must(out != NULL, "there is memory");
	input = (struct input){data, size};
	fill_report();
	judge_report(report);
	for (size_t i = 0; i < report->n_devices; i++)
		*ARENA_PUSH(devices, n) = &report->devices[i];
	report_summary(out, report, devices, n);
	for (size_t i = 0; i < n; i++)
		print_device(out, devices[i]);
	report_problems(out, report);
	report_layout_source(out, report);
	report_coverage(out, report);
	renderer_devices(&renderer_dot, &(struct rendering){out, report, devices, n, {0}});
	must_be_json(json_kernel_line(report));
	must(!fclose(out), "there is memory");
	must_be_printable(output);
	free(output);
	arena_free_all();
}

/* Bytes of a plain random sequence: reports of every size. */
void target_seeds(void (*save)(const void *data, size_t size))
{
	uint32_t state = 1;

	for (size_t size = 64; size <= 4096; size *= 2) {
		uint8_t *seed = malloc(size);

		must(seed != NULL, "there is memory");
		for (size_t i = 0; i < size; i++) {
			state = state * 1664525 + 1013904223;
			seed[i] = (uint8_t)(state >> 24);
		}
		save(seed, size);
		free(seed);
	}
}
