// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/collect.h"

#include <stdlib.h>

#include "base/arena.h"
#include "collect/dentry_path.h"
#include "collect/clocks.h"
#include "collect/file_holders.h"
#include "collect/kernel_log.h"
#include "resolve/kernel_types.h"
#include "resolve/layout.h"
#include "base/flags.h"
#include "collect/openers.h"
#include "collect/requests.h"
#include "collect/senders.h"
#include "collect/stack_above.h"
#include "collect/before_config.h"
#include "collect/nbd_structs.h"
#include "resolve/behaviour.h"
#include "resolve/module_debuginfo.h"
#include "collect/waiters.h"
#include "collect/waiting_requests.h"
#include "base/progress.h"
#include "collect/system_calls.h"
#include "collect/task_list.h"
#include "collect/socket.h"

/* All that was read since this was last called was read for that. */
static void read_for(struct report *report, enum read_purpose purpose)
{
	struct reads now = k_reads();

	report->reads_for[purpose].calls += now.calls - report->reads.calls;
	report->reads_for[purpose].bytes += now.bytes - report->reads.bytes;
	report->reads = now;
}

/* Each nbd_sock holds a reference to its socket's file, whichever devices the user asked for. */
static void add_nbd_holders(struct report *report)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		struct device *dev = &report->devices[d];

		for (size_t c = 0; c < dev->n_conns; c++) {
			struct connection *conn = &dev->conns[c];

			if (conn->sock->file)
				file_add_holder(conn->sock->file,
						(struct holder){.kind = HOLDER_NBD,
								.number = conn->index,
								.object = conn->nbd_sock,
								.device = dev->name});
		}
	}
}

static void resolve_query(const struct report *report, struct query *q, struct file_set *files)
{
	const struct device *dev = q->device.known
					   ? nbd_device_by_index(report, (uint32_t)q->device.v)
					   : nbd_device_by_address(report, q->addr);

	if (dev) {
		q->dev = dev;
		q->addr = dev->gendisk;
		q->bdev = dev->name;
	}
	if (dev || q->device.known)
		return;
	q->conn = nbd_connection_by_address(report, q->addr);
	q->sock = q->conn ? q->conn->sock : socket_from_any(q->addr, files);
	if (q->sock) {
		q->file = q->sock->file;
	} else if (file_is_plausible(q->addr)) {
		q->file = file_watch(files, q->addr);
		q->path = dentry_path(k_num_at(k_at(q->addr, KM_FILE_PATH), KM_PATH_DENTRY));
	}
}

/* Who listens: the sockets have the pid only. Those are few, of however many tasks. */
static void find_listeners(const struct task_list *tasks, struct sock_info **socks, size_t n)
{
	struct ptr_map wanted = {0}, by_pid = {0};

	for (size_t i = 0; i < n; i++) {
		/* 0 is the idle task of each processor. */
		if (num_is(socks[i]->listener_alive, 1) && socks[i]->listener_pid.v)
			*ptr_map_at(&wanted, socks[i]->listener_pid.v) = socks[i];
	}
	for (size_t i = 0; i < tasks->n; i++) {
		if (ptr_map_get(&wanted, tasks->v[i]->pid))
			*ptr_map_at(&by_pid, tasks->v[i]->pid) = tasks->v[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (num_is(socks[i]->listener_alive, 1))
			socks[i]->listener = ptr_map_get(&by_pid, socks[i]->listener_pid.v);
	}
}

/* The other ends of all sockets that nbd has or the user asked about. */
static void find_peers(struct report *report, const struct query *queries, size_t n,
		       struct file_set *files)
{
	struct sock_info **socks = NULL;
	size_t n_socks = 0;

	for (size_t d = 0; d < report->n_devices; d++) {
		for (size_t c = 0; c < report->devices[d].n_conns; c++)
			*ARENA_PUSH(socks, n_socks) = report->devices[d].conns[c].sock;
	}
	for (size_t i = 0; i < n; i++) {
		if (queries[i].sock && !queries[i].conn)
			*ARENA_PUSH(socks, n_socks) = queries[i].sock;
	}
	socket_find_peers(socks, n_socks, files, &report->problems);
	find_listeners(&report->tasks, socks, n_socks);
}

/* Where single files and sockets are asked about, only their references need be explained, and those of the other ends. */
static bool choose_files(struct file_set *files, const struct query *queries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!queries[i].file)
			return false;
	}
	for (size_t i = 0; n && i < files->n; i++)
		files->v[i]->unasked = true;
	for (size_t i = 0; i < n; i++) {
		const struct sock_info *sock = queries[i].sock;

		queries[i].file->unasked = false;
		if (sock && sock->peer && sock->peer->file)
			sock->peer->file->unasked = false;
	}
	return n;
}

/* True when a file that the user asked about, or a connection's, has more references than are known. */
static bool references_missing(const struct report *report, const struct query *queries, size_t n)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		for (size_t c = 0; c < report->devices[d].n_conns; c++) {
			const struct file *file = report->devices[d].conns[c].sock->file;

			if (file && !file->unasked && file->refs.v > file_refs_explained(file))
				return true;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (queries[i].file &&
		    queries[i].file->refs.v > file_refs_explained(queries[i].file))
			return true;
	}
	return false;
}

/* Adds the holders of watched files from held->v[first] on; those before that have been added. */
static void add_held(const struct file_set *files, const struct held_files *held, size_t first)
{
	for (size_t i = first; i < held->n; i++) {
		struct file *file = ptr_map_get(&files->by_addr, held->v[i].file);

		if (file)
			file_add_holder(file, held->v[i].by);
	}
}

static void resolve_block_device(struct query *q, const struct openers *openers)
{
	const struct device *dev = openers_of(openers, q->addr, &q->bdev, &q->opened, &q->n_opened);

	if (dev)
		q->dev = dev;
}

/* The search for what has references that are missing. */
struct search {
	const struct report *report;
	const struct query *queries;
	size_t n;
	struct openers *openers; /* NULL where nobody asked about them */
	const struct file_set *files;
	const struct held_files *held;
	size_t n_added; /* of held */
};

/* Adds what was found meanwhile. True when nothing is missing any more. */
static bool nothing_missing(void *context)
{
	struct search *search = context;

	if (search->openers)
		openers_add_held(search->openers, search->held);
	add_held(search->files, search->held, search->n_added);
	search->n_added = search->held->n;
	return !(search->openers && openers_missing(search->openers)) &&
	       !references_missing(search->report, search->queries, search->n);
}

static void find_rings(struct search *search, struct held_files *held)
{
	for (enum ring_owners of = RINGS_OF_USERS;
	     of <= RINGS_OF_OTHERS && !nothing_missing(search); of++)
		file_holders_in_rings(held, &search->report->tasks, of, nothing_missing, search);
	nothing_missing(search);
}

/* Searches the file tables once for all files of interest, and io_urings only where something is missing. */
static void find_holders(struct report *report, struct query *queries, size_t n,
			 const struct block_devices *block_devices, const struct stack *stack,
			 struct file_set *files, struct held_files *held)
{
	bool files_alone = choose_files(files, queries, n);
	struct openers *openers;

	file_holders_in_flight(held, files);
	read_for(report, READ_MESSAGES);
	openers = openers_find(report, block_devices, stack, files, held);
	read_for(report, READ_OPENERS);
	add_nbd_holders(report);
	add_held(files, held, 0);
	file_scan(files, &report->tasks, &report->scan, openers_look, openers);
	read_for(report, READ_TABLES);
	system_calls_collect(files, &report->tasks);
	read_for(report, READ_SYSTEM_CALLS);
	find_rings(&(struct search){report, queries, n, files_alone ? NULL : openers, files, held,
				    held->n},
		   held);
	openers_finish(openers);
	read_for(report, READ_RINGS);
	for (size_t i = 0; i < n; i++)
		resolve_block_device(&queries[i], openers);
	report->scan.interrupted |= k_interrupted();
	for (size_t i = 0; i < held->problems.n; i++)
		problem_add(&report->problems, held->problems.v[i]);
}

/* Where nothing about the kernel tells the numbering, the flags of one device may tell it for all. */
static void settle_numbering(struct report *report)
{
	for (size_t d = 0; d < report->n_devices && report->numbering == FLAGS_A_OR_B; d++) {
		const struct device *dev = &report->devices[d];

		report->numbering = flags_numbering_by_values(
			dev->runtime_flags, k_num_at(dev->nbd_device, KM_NBD_FLAGS));
	}
}

static int by_index(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static void collect_devices(struct report *report, struct file_set *files)
{
	if (report->before_config)
		before_config_collect(report, files);
	else
		nbd_devices_collect(report, files);
	if (report->n_devices)
		qsort(report->devices, report->n_devices, sizeof(*report->devices), by_index);
}

struct report *collect_report(struct query *queries, size_t n)
{
	struct report *report = arena_alloc(sizeof(*report));
	struct file_set files = {0};
	struct k_system system = k_system();
	struct block_devices block_devices;
	struct held_files held = {0};
	struct stack stack;

	report->release = system.release;
	report->machine = system.machine;
	report->tasks_in_crash = system.tasks_in_crash;
	report->layout_source = k_layout_source();
	report->numbering = behaviour_numbering();
	report->traits = behaviour_traits();
	report->boottime_ns = clock_boottime_ns();
	report->slept_ns = clock_slept_ns();
	report->before_config = before_config_applies();
	task_list_collect(&report->tasks);
	read_for(report, READ_TASKS);
	if (module_debuginfo_problem())
		problem_add(&report->problems, module_debuginfo_problem());
	if (report->layout_source)
		collect_devices(report, &files);
	settle_numbering(report);
	read_for(report, READ_DEVICES);
	requests_collect(report);
	senders_collect(report);
	waiting_requests_collect(report);
	read_for(report, READ_REQUESTS);
	/* What a single socket or file is asked about has no diagnosis. */
	if (!n)
		kernel_log_collect(report);
	read_for(report, READ_LOG);
	block_devices = block_devices_read(report);
	file_holders_below_loops(&held);
	stack = stack_above_collect(report, &block_devices, &held);
	read_for(report, READ_BLOCK_DEVICES);
	waiters_collect(report, &block_devices);
	read_for(report, READ_STACKS);
	for (size_t i = 0; i < n; i++)
		resolve_query(report, &queries[i], &files);
	find_peers(report, queries, n, &files);
	read_for(report, READ_DEVICES);
	find_holders(report, queries, n, &block_devices, &stack, &files, &held);
	read_for(report, READ_OPENERS);
	progress_end();
	/* The renderers may take as much memory. */
	k_forget_pages();
	return report;
}
