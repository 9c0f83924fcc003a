// SPDX-License-Identifier: GPL-2.0-or-later
#include "sample.h"

#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"

static struct task *add_task(struct report *report, uint64_t addr, const char *comm, uint32_t pid,
			     char state)
{
	struct task *t = arena_alloc(sizeof(*t));

	*ARENA_PUSH(report->tasks.v, report->tasks.n) = t;
	t->addr = addr;
	t->pid = t->tgid = pid;
	strncpy(t->comm, comm, sizeof(t->comm) - 1);
	t->state = state;
	t->start_boottime = NUM(SAMPLE_TASKS_START);
	return t;
}

struct report *sample_report(void)
{
	struct report *report = arena_alloc(sizeof(*report));

	report->release = "6.1.0-test";
	report->machine = "x86_64";
	report->layout_source = "debuginfo";
	report->devices_from[0] = "nbd_index_idr";
	report->devices_from[1] = "block_class";
	report->n_devices_from = 2;
	report->numbering = FLAGS_C;
	add_task(report, 0xffff000000001000, "qemu-kvm", 233, 'S');
	add_task(report, 0xffff000000002000, "gMgr", 234, 'S');
	report->tasks_in_crash = 2;
	report->scan = (struct scan_stats){.tables = 2};
	report->reads = (struct reads){.calls = 7, .bytes = 28672};
	report->reads_for[READ_TABLES] = (struct reads){.calls = 5, .bytes = 20480};
	report->traits = (struct traits){
		.set_sock_freezes = NUM(1),
		.set_sock_refuses_running = NUM(0),
		.clear_sock_resets_setup = NUM(1),
		.keeps_retries = NUM(1),
	};
	return report;
}

struct task *sample_task(struct report *report, const char *comm, uint32_t pid, char state)
{
	struct task *t = add_task(report, 0xffff000000000000 + pid * 0x1000, comm, pid, state);

	t->files = t->addr + 0x800;
	return t;
}

static struct file *sample_file(uint64_t addr)
{
	struct file *file = arena_alloc(sizeof(*file));

	file->addr = addr;
	file->refs = NUM(1);
	return file;
}

static struct sock_info *sample_socket(uint64_t addr)
{
	struct sock_info *s = arena_alloc(sizeof(*s));

	s->socket = addr;
	s->sk = addr + 0x100;
	s->file = sample_file(addr + 0x200);
	s->inode = NUM(addr & 0xffff);
	s->family = NUM(AF_UNIX);
	s->type = NUM(SOCK_STREAM);
	s->state = NUM(1);
	s->shutdown = NUM(0);
	s->dead = NUM(0);
	s->send_queue_bytes = NUM(0);
	s->receive_queue = NUM(0);
	s->sk_socket = s->file_socket = NUM(s->socket);
	s->socket_sk = NUM(s->sk);
	s->prot_family = NUM(AF_UNIX);
	return s;
}

struct device *sample_device(struct report *report, uint32_t index, size_t n, const char *path)
{
	struct device *dev = ARENA_PUSH(report->devices, report->n_devices);

	dev->name = arena_printf("nbd%u", index);
	dev->index = index;
	dev->gendisk = 0xffff000010000000 + index * 0x1000;
	dev->nbd_device = 0xffff000011000000 + index * 0x1000;
	dev->config = 0xffff000012000000 + index * 0x1000;
	dev->config_known = NUM(dev->config);
	dev->config_refs = NUM(2);
	dev->refs = NUM(3);
	dev->device_flags = NUM(0);
	dev->n_dead = NUM(0);
	dev->server_flags = NUM(1);
	dev->runtime_flags = NUM(8);
	dev->num_connections = dev->live_connections = dev->recv_threads = NUM(n);
	dev->capacity_bytes = NUM(8 << 20);
	dev->block_size = NUM(4096);
	dev->has_backend = NUM(0);
	dev->timeout_seconds = dev->dead_conn_timeout_seconds = NUM(0);
	dev->recv_pid = NUM(233);
	dev->recv_task = report->tasks.v[0];
	dev->task_setup = NUM(0xffff000000009000);
	dev->started_boottime = NUM(SAMPLE_DEVICES_START);
	for (size_t i = 0; i < n; i++) {
		struct connection *c = ARENA_PUSH(dev->conns, dev->n_conns);
		struct sock_info *s = sample_socket(0xffff000020000000 + i * 0x1000);

		c->index = (uint32_t)i;
		c->nbd_sock = 0xffff000030000000 + i * 0x100;
		c->dead = NUM(0);
		c->sock = s;
		*ARENA_PUSH(s->file->holders, s->file->n_holders) =
			(struct holder){.kind = HOLDER_NBD,
					.number = (uint32_t)i,
					.object = c->nbd_sock,
					.device = dev->name};
		s->peer = sample_socket(0xffff000040000000 + i * 0x1000);
		s->peer_sk = NUM(s->peer->sk);
		s->peer->peer_sk = NUM(s->sk);
		s->peer_status = PEER_OPEN;
		s->remote = s->peer->local = path;
		s->listener_pid = NUM(234);
		sample_listener(s, report->tasks.v[1]);
		s->peer->file->n_table_refs = 1;
		*ARENA_PUSH(s->peer->file->owners, s->peer->file->n_owners) =
			(struct fd_owner){report->tasks.v[1], (uint32_t)(5 + i)};
	}
	dev->requests_known = dev->waiting_known = dev->tag_waiters_known = true;
	dev->openers_expected = NUM(1);
	dev->openers_found = 1;
	dev->config_lock_owner = dev->open_lock_owner = dev->partition_scan_due = NUM(0);
	dev->config_refs = NUM(n + 1);
	sample_opener(dev, OPENER_FD, report->tasks.v[0], dev->name);
	return dev;
}

void sample_listener(struct sock_info *s, const struct task *listener)
{
	s->listener = listener;
	s->listener_alive = NUM(listener != NULL);
}

struct device *sample_netlink(struct report *report, uint32_t index, size_t n)
{
	struct device *dev = sample_device(report, index, n, "/run/a.sock");

	dev->runtime_flags = NUM(0xb8); /* HAS_PID_FILE HAS_CONFIG_REF BOUND HAS_BACKEND_FILE */
	dev->recv_pid = NUM(300);
	dev->recv_task = NULL;
	dev->task_setup = NUM(0);
	dev->n_openers = dev->openers_found = 0;
	dev->openers_expected = NUM(0);
	return dev;
}

struct request *sample_request(struct device *dev, uint64_t age_ms)
{
	struct request *rq = ARENA_PUSH(dev->requests, dev->n_requests);

	rq->queue = 0;
	rq->tag = (uint32_t)(7 + dev->n_requests);
	rq->addr = 0xffff000050000000 + dev->n_requests * 0x100;
	rq->op = NUM(1);
	rq->sector = NUM(2048);
	rq->bytes = NUM(4096);
	rq->age_ms = NUM(age_ms);
	rq->connection = NUM(0);
	rq->sent = NUM(1);
	rq->retries = NUM(2);
	return rq;
}

struct opener *sample_opener(struct device *dev, enum opener_kind kind, const struct task *task,
			     const char *what)
{
	struct opener *o = ARENA_PUSH(dev->openers, dev->n_openers);

	o->kind = kind;
	o->task = task;
	o->fd = 3;
	o->file = task ? 0xffff000060000000 + dev->n_openers * 0x100 : 0;
	o->what = what;
	return o;
}

struct waiter *sample_waiter(struct device *dev, const struct task *task, const char *blocked_in,
			     uint64_t object)
{
	struct waiter *w = ARENA_PUSH(dev->waiters, dev->n_waiters);

	*w = (struct waiter){
		.task = task, .blocked_in = blocked_in, .object = object, .object_what = "request"};
	return w;
}
