// SPDX-License-Identifier: GPL-2.0-or-later
#include "nbd_collect.h"

#include "arena.h"
#include "kernel_types.h"
#include "nbd_flags.h"
#include "nbd_structs.h"
#include "task_list.h"
#include "tcp_peer.h"
#include "unix_peer.h"

/* Each nbd_sock holds a reference to its socket's file, whichever devices the user asked for. */
static void add_nbd_holders(struct report *report)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		struct device *dev = &report->devices[d];

		for (size_t c = 0; c < dev->n_conns; c++) {
			struct connection *conn = &dev->conns[c];

			if (conn->sock->file)
				file_add_holder(
					conn->sock->file, "nbd",
					arena_printf("%s connection %u", dev->name, conn->index),
					conn->nbd_sock);
		}
	}
}

static void resolve_query(const struct report *report, struct query *q, struct file_set *files)
{
	q->conn = nbd_connection_by_address(report, q->addr);
	q->sock = q->conn ? q->conn->sock : sock_from_any(q->addr, files);
	if (q->sock) {
		q->file = q->sock->file;
	} else if (file_is_plausible(q->addr)) {
		q->file = file_watch(files, q->addr);
		q->path = file_dentry_path(q->addr);
	}
}

/* All sockets of the report whose other end may be TCP. */
static void find_tcp_peers(struct report *report, const struct query *queries, size_t n,
			   struct file_set *files)
{
	struct sock_info **socks = NULL;
	size_t n_socks = 0;
	const char *problem;

	for (size_t d = 0; d < report->n_devices; d++) {
		for (size_t c = 0; c < report->devices[d].n_conns; c++)
			*ARENA_PUSH(socks, n_socks) = report->devices[d].conns[c].sock;
	}
	for (size_t i = 0; i < n; i++) {
		if (queries[i].sock && !queries[i].conn)
			*ARENA_PUSH(socks, n_socks) = queries[i].sock;
	}
	problem = tcp_find_peers(socks, n_socks, files);
	if (problem)
		*ARENA_PUSH(report->problems, report->n_problems) = problem;
}

struct report *nbd_collect(struct query *queries, size_t n)
{
	struct report *report = arena_alloc(sizeof(*report));
	struct file_set files = {0};
	struct k_system system = k_system();

	report->release = system.release;
	report->machine = system.machine;
	report->tasks_in_crash = system.tasks_in_crash;
	report->layout_source = k_layout_source();
	report->numbering = flags_numbering(k_has(KM_NBD_BACKEND), k_has(KM_NBD_FLAGS),
					    k_has(KM_NBD_PID), system.release, system.version);
	task_list_collect(&report->tasks);
	nbd_devices_collect(report, &files);
	for (size_t i = 0; i < n; i++)
		resolve_query(report, &queries[i], &files);
	find_tcp_peers(report, queries, n, &files);
	add_nbd_holders(report);
	file_scan(&files, &report->tasks, &report->scan);
	return report;
}
