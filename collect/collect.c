// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/collect.h"

#include "base/arena.h"
#include "collect/before_config.h"
#include "collect/clocks.h"
#include "collect/file_holders.h"
#include "collect/kernel_log.h"
#include "resolve/kernel_types.h"
#include "resolve/layout.h"
#include "base/flags.h"
#include "collect/openers.h"
#include "collect/queries.h"
#include "collect/requests.h"
#include "collect/senders.h"
#include "collect/stack_above.h"
#include "collect/devices.h"
#include "collect/nbd_structs.h"
#include "collect/read_for.h"
#include "resolve/behaviour.h"
#include "collect/waiters.h"
#include "collect/waiting_requests.h"
#include "base/progress.h"
#include "collect/system_calls.h"
#include "collect/task_list.h"
#include "collect/socket.h"

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
	if (!q->conn) {
		queries_resolve(q, q->addr, files, files);
		return;
	}
	q->sock = q->conn->sock;
	q->file = q->sock->file;
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
	socket_find_listeners(socks, n_socks, &report->tasks);
}

/* True when a file that the user asked about, or a connection's, has more references than are known. */
static bool references_missing(const struct report *report, const struct query *queries, size_t n)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		for (size_t c = 0; c < report->devices[d].n_conns; c++) {
			const struct file *file = report->devices[d].conns[c].sock->file;

			if (file && file_refs_missing(file))
				return true;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (queries[i].file && file_refs_missing(queries[i].file))
			return true;
	}
	return false;
}

static void resolve_block_device(struct query *q, const struct openers *openers)
{
	const struct device *dev = openers_of(openers, q->addr, &q->bdev, &q->opened, &q->n_opened);

	if (dev)
		q->dev = dev;
	q->looked_up |= !k_interrupted();
}

/* The search for what has references that are missing. */
struct search {
	const struct report *report;
	const struct query *queries;
	size_t n;
	struct openers *openers;
	const struct file_set *files;
	const struct held_files *held;
	size_t n_added; /* of held */
};

/* Adds what was found meanwhile. True when nothing is missing any more. */
static bool nothing_missing(void *context)
{
	struct search *search = context;

	openers_add_held(search->openers, search->held);
	file_holders_add(search->files, search->held, search->n_added);
	search->n_added = search->held->n;
	return !openers_missing(search->openers) &&
	       !references_missing(search->report, search->queries, search->n);
}

/* Searches the file tables once for all files of interest, and io_urings only where something is missing. */
static void find_holders(struct report *report, struct query *queries, size_t n,
			 const struct block_devices *block_devices, const struct stack *stack,
			 struct file_set *files, struct held_files *held)
{
	struct openers *openers;

	file_holders_in_flight(held, files);
	read_for(report, READ_MESSAGES);
	openers = openers_find(report, block_devices, stack, files, held);
	read_for(report, READ_OPENERS);
	devices_add_holders(report, files);
	file_holders_add(files, held, 0);
	file_scan(files, &report->tasks, &report->scan, openers_look, openers);
	read_for(report, READ_TABLES);
	system_calls_collect(files, &report->tasks);
	read_for(report, READ_SYSTEM_CALLS);
	file_holders_in_rings(held, &report->tasks, nothing_missing,
			      &(struct search){report, queries, n, openers, files, held, held->n});
	read_for(report, READ_RINGS);
	system_calls_once_shared(files, &report->tasks);
	read_for(report, READ_SYSTEM_CALLS);
	openers_finish(openers);
	for (size_t i = 0; i < n; i++)
		resolve_block_device(&queries[i], openers);
	report->scan.interrupted |= k_interrupted();
	problems_append(&report->problems, &held->problems);
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

/* Everything about the devices, and what the queries ask about where one of them means a device. */
static void collect_all(struct report *report, struct query *queries, size_t n)
{
	struct file_set files = {0};
	struct block_devices block_devices;
	struct held_files held = {0};
	struct stack stack;

	report->numbering = behaviour_numbering();
	report->traits = behaviour_traits();
	report->boottime_ns = clock_boottime_ns();
	report->slept_ns = clock_slept_ns();
	task_list_collect(&report->tasks);
	read_for(report, READ_TASKS);
	devices_collect(report, &files);
	settle_numbering(report);
	read_for(report, READ_DEVICES);
	requests_collect(report);
	senders_collect(report);
	waiting_requests_collect(report);
	read_for(report, READ_REQUESTS);
	/* The diagnosis alone needs it, and who asks about addresses gets none. */
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
	if (report->before_config)
		before_config_tell_limits(report);
	/* With a device its problems are told; with a file those of all devices that may hold it. */
	if (n && references_missing(report, queries, n))
		devices_tell_problems(report, &report->problems);
}

struct report *collect_report(struct query *queries, size_t n)
{
	struct report *report = arena_alloc(sizeof(*report));
	struct k_system system = k_system();

	report->release = system.release;
	report->machine = system.machine;
	report->tasks_in_crash = system.tasks_in_crash;
	report->layout_source = k_layout_source();
	if (!queries_collect(report, queries, n))
		collect_all(report, queries, n);
	progress_end();
	/* The renderers may take as much memory. */
	k_forget_pages();
	return report;
}
