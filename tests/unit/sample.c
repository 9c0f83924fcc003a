// SPDX-License-Identifier: GPL-2.0-or-later
#include "sample.h"

#include <string.h>
#include <sys/socket.h>

#include "arena.h"

struct report *sample_report(void)
{
	struct report *report = arena_alloc(sizeof(*report));
	static const struct task tasks[] = {
		{.addr = 0xffff000000001000,
		 .pid = 233,
		 .tgid = 233,
		 .comm = "qemu-kvm",
		 .state = 'S'},
		{.addr = 0xffff000000002000, .pid = 234, .tgid = 234, .comm = "gMgr", .state = 'S'},
	};

	report->release = "6.1.0-test";
	report->machine = "x86_64";
	report->layout_source = "debuginfo";
	report->numbering = FLAGS_C;
	report->tasks.n = 2;
	report->tasks.v = arena_alloc(sizeof(tasks));
	memcpy(report->tasks.v, tasks, sizeof(tasks));
	report->tasks_in_crash = 2;
	report->scan = (struct scan_stats){.tables = 2, .tasks = 2};
	return report;
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
	dev->server_flags = NUM(1);
	dev->runtime_flags = NUM(8);
	dev->num_connections = dev->live_connections = dev->recv_threads = NUM(n);
	dev->capacity_bytes = NUM(8 << 20);
	dev->block_size = NUM(4096);
	dev->timeout_seconds = dev->dead_conn_timeout_seconds = NUM(0);
	dev->recv_pid = NUM(233);
	dev->recv_task = &report->tasks.v[0];
	dev->task_setup = NUM(0xffff000000009000);
	for (size_t i = 0; i < n; i++) {
		struct connection *c = ARENA_PUSH(dev->conns, dev->n_conns);
		struct sock_info *s = sample_socket(0xffff000020000000 + i * 0x1000);

		c->index = (uint32_t)i;
		c->nbd_sock = 0xffff000030000000 + i * 0x100;
		c->dead = NUM(0);
		c->sock = s;
		*ARENA_PUSH(s->file->holders, s->file->n_holders) = (struct holder){
			"nbd", arena_printf("%s connection %zu", dev->name, i), c->nbd_sock};
		s->peer = sample_socket(0xffff000040000000 + i * 0x1000);
		s->peer_sk = NUM(s->peer->sk);
		s->peer_status = PEER_OPEN;
		s->remote = s->peer->local = path;
		s->listener_pid = NUM(234);
		s->listener_alive = NUM(1);
		s->peer->file->n_table_refs = 1;
		*ARENA_PUSH(s->peer->file->owners, s->peer->file->n_owners) =
			(struct fd_owner){&report->tasks.v[1], (uint32_t)(5 + i)};
	}
	return dev;
}
