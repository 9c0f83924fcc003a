// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/queries.h"

#include "base/arena.h"
#include "base/words.h"
#include "collect/dentry_path.h"
#include "collect/devices.h"
#include "collect/file_holders.h"
#include "collect/nbd_structs.h"
#include "collect/read_for.h"
#include "collect/socket.h"
#include "collect/system_calls.h"
#include "collect/task_list.h"
#include "resolve/kernel_types.h"

struct inquiry {
	struct report *report;
	struct query *queries;
	size_t n;
	struct file_set files;	/* what is asked about */
	struct file_set others; /* what had to be read for that */
	struct report *nbd; /* its devices, which nobody judges; NULL while they were not needed */
	struct held_files held;
	size_t n_added; /* of held */
};

bool queries_resolve(struct query *q, uint64_t addr, struct file_set *files,
		     struct file_set *others)
{
	q->sock = socket_from_any(addr, q->both_ends ? files : others);
	if (q->sock && q->sock->file) {
		q->file = file_watch(files, q->sock->file->addr);
	} else if (!q->sock && file_is_plausible(addr)) {
		q->looked_up = true;
		/* With both ends a socket is asked about: this is none. */
		if (q->both_ends)
			return true;
		q->file = file_watch(files, addr);
		q->path = dentry_path(k_num_at(k_at(addr, KM_FILE_PATH), KM_PATH_DENTRY));
	}
	return q->sock || q->file;
}

static void read_devices(struct inquiry *inq)
{
	struct file_set files = {0};

	if (inq->nbd)
		return;
	inq->nbd = arena_alloc(sizeof(*inq->nbd));
	inq->nbd->layout_source = inq->report->layout_source;
	devices_collect(inq->nbd, &files);
}

/* An nbd_sock means its socket. */
static bool resolve_connection(struct inquiry *inq, struct query *q)
{
	read_devices(inq);
	q->conn = nbd_connection_by_address(inq->nbd, q->addr);
	return q->conn && queries_resolve(q, q->conn->sock->socket, &inq->files, &inq->others);
}

/* On copies: what means something else is to be resolved in another way. */
static bool resolve_all(struct inquiry *inq, const struct query *queries)
{
	inq->queries = arena_alloc(inq->n * sizeof(*queries));
	for (size_t i = 0; i < inq->n; i++) {
		struct query *q = &inq->queries[i];

		*q = queries[i];
		if (q->device.known || (!queries_resolve(q, q->addr, &inq->files, &inq->others) &&
					!resolve_connection(inq, q)))
			return false;
	}
	return true;
}

static void find_peers(struct inquiry *inq)
{
	struct sock_info **socks = NULL;
	size_t n = 0;

	for (size_t i = 0; i < inq->n; i++) {
		if (inq->queries[i].sock && inq->queries[i].both_ends)
			*ARENA_PUSH(socks, n) = inq->queries[i].sock;
	}
	socket_find_peers(socks, n, &inq->files, &inq->report->problems);
	socket_find_listeners(socks, n, &inq->report->tasks);
}

static void look_at_tables(struct inquiry *inq)
{
	file_scan(&inq->files, &inq->report->tasks, &inq->report->scan, NULL, NULL);
	read_for(inq->report, READ_TABLES);
}

/* Looks at the threads of these leaders, or of all. */
static void look_at_threads(struct inquiry *inq, const struct ptr_map *leaders)
{
	bool other_tables = task_list_add_threads(&inq->report->tasks, leaders);

	read_for(inq->report, READ_TASKS);
	if (other_tables)
		look_at_tables(inq);
}

static void look_at_threads_of_owners(struct inquiry *inq)
{
	struct ptr_map leaders = {0};

	for (size_t i = 0; i < inq->files.n; i++) {
		const struct file *file = inq->files.v[i];

		for (size_t k = 0; k < file->n_owners; k++)
			*ptr_map_at(&leaders, file->owners[k].task->addr) = inq;
	}
	look_at_threads(inq, &leaders);
}

static void look_at_all_threads(struct inquiry *inq)
{
	look_at_threads(inq, NULL);
}

/* How many of the tasks that were seen use each table. */
static struct ptr_map count_users(const struct task_list *tasks)
{
	struct ptr_map users = {0};

	for (size_t i = 0; i < tasks->n; i++) {
		void **slot;

		if (!tasks->v[i]->files)
			continue;
		slot = ptr_map_at(&users, tasks->v[i]->files);
		if (!*slot)
			*slot = arena_alloc(sizeof(uint64_t));
		++*(uint64_t *)*slot;
	}
	return users;
}

/* Who else may have the tables of the owners, a sentence for each: none where the kernel counts no more users than were seen. */
static struct problems unseen_users(const struct inquiry *inq)
{
	struct ptr_map users = count_users(&inq->report->tasks);
	struct problems problems = {0};

	for (size_t i = 0; i < inq->files.n; i++) {
		const struct file *file = inq->files.v[i];

		for (size_t k = 0; k < file->n_owners; k++) {
			uint64_t table = file->owners[k].task->files;
			void **slot = ptr_map_at(&users, table);
			const uint64_t *seen = *slot;
			num count = k_num_at(table, KM_FILES_COUNT);

			*slot = NULL;
			if (seen && (!count.known || count.v > *seen))
				problem_add(
					&problems,
					arena_printf("the kernel counts %s of the file table %llx "
						     "of pid %u, the list of tasks has %llu: "
						     "others may own its files, unless a reader of "
						     "/proc or an io_uring request uses it",
						     count.known ? word_count(count.v, "user")
								 : "? users",
						     (unsigned long long)table,
						     file->owners[k].task->pid,
						     (unsigned long long)*seen));
		}
	}
	return problems;
}

/* From a number that is 0, or less than what was found, nothing follows. */
static bool is_explained(const struct file *file)
{
	return file->refs.v && file->refs.v == file_refs_explained(file);
}

/* The other end may have a file that nobody knows of. */
static bool ends_are_readable(const struct query *q)
{
	return !q->sock || !q->both_ends ||
	       (!sock_is_unreadable(q->sock) &&
		!(q->sock->peer && sock_is_unreadable(q->sock->peer)));
}

static bool all_are_explained(const struct inquiry *inq)
{
	for (size_t i = 0; i < inq->n; i++) {
		if (!ends_are_readable(&inq->queries[i]))
			return false;
	}
	for (size_t i = 0; i < inq->files.n; i++) {
		if (!is_explained(inq->files.v[i]))
			return false;
	}
	return true;
}

static void look_at_connections(struct inquiry *inq)
{
	read_devices(inq);
	devices_add_holders(inq->nbd, &inq->files);
	read_for(inq->report, READ_DEVICES);
}

/* Who can receive a message that has one of the files is told by who owns the socket. */
static bool is_in_a_message(const struct inquiry *inq)
{
	for (size_t i = 0; i < inq->files.n; i++) {
		const struct file *file = inq->files.v[i];

		for (size_t h = 0; h < file->n_holders; h++) {
			if (file->holders[h].via)
				return true;
		}
	}
	return false;
}

static void add_held(struct inquiry *inq)
{
	file_holders_add(&inq->files, &inq->held, inq->n_added);
	inq->n_added = inq->held.n;
}

static void look_at_messages(struct inquiry *inq)
{
	struct file_set receivers = {0};
	struct scan_stats scan;

	file_holders_below_loops(&inq->held);
	file_holders_in_flight(&inq->held, &receivers);
	add_held(inq);
	if (is_in_a_message(inq))
		file_scan(&receivers, &inq->report->tasks, &scan, NULL, NULL);
	read_for(inq->report, READ_MESSAGES);
}

static void look_at_queues(struct inquiry *inq)
{
	system_calls_in_queues(&inq->files, &inq->report->tasks);
	read_for(inq->report, READ_SYSTEM_CALLS);
}

static void look_at_system_calls(struct inquiry *inq)
{
	system_calls_collect(&inq->files, &inq->report->tasks);
	read_for(inq->report, READ_SYSTEM_CALLS);
}

static bool rings_suffice(void *context)
{
	struct inquiry *inq = context;

	add_held(inq);
	for (size_t i = 0; i < inq->files.n; i++) {
		if (file_refs_missing(inq->files.v[i]))
			return false;
	}
	return true;
}

static void look_at_rings(struct inquiry *inq)
{
	file_holders_in_rings(&inq->held, &inq->report->tasks, rings_suffice, inq);
	read_for(inq->report, READ_RINGS);
}

static void look_at_calls_once_shared(struct inquiry *inq)
{
	system_calls_once_shared(&inq->files, &inq->report->tasks);
	read_for(inq->report, READ_SYSTEM_CALLS);
}

static void look_further(struct inquiry *inq)
{
	static void (*const searches[])(struct inquiry *) = {
		look_at_queues,
		look_at_connections,
		look_at_all_threads,
		look_at_messages,
		look_at_system_calls,
		look_at_rings,
		look_at_calls_once_shared,
	};

	for (size_t i = 0; i < sizeof(searches) / sizeof(*searches); i++) {
		if (all_are_explained(inq) || k_interrupted())
			return;
		searches[i](inq);
	}
}

/* By which a reference may be missing. */
static void tell_problems(struct inquiry *inq)
{
	struct problems *to = &inq->report->problems;

	for (size_t i = 0; i < inq->files.n; i++) {
		const struct file *file = inq->files.v[i];

		if (!file->refs.known)
			problem_add(to,
				    arena_printf("the number of references to file %llx could "
						 "not be read: who holds it by a system call or "
						 "an io_uring was not looked for",
						 (unsigned long long)file->addr));
	}
	if (inq->nbd) {
		devices_tell_problems(inq->nbd, to);
		problems_append(to, &inq->nbd->problems);
	}
	problems_append(to, &inq->held.problems);
}

bool queries_collect(struct report *report, struct query *queries, size_t n)
{
	struct inquiry inq = {.report = report, .n = n};
	struct problems unseen;
	bool are_files = n && resolve_all(&inq, queries);

	read_for(report, READ_DEVICES);
	if (!are_files)
		return false;
	for (size_t i = 0; i < n; i++)
		queries[i] = inq.queries[i];
	task_list_leaders(&report->tasks);
	read_for(report, READ_TASKS);
	find_peers(&inq);
	read_for(report, READ_DEVICES);
	look_at_tables(&inq);
	look_at_threads_of_owners(&inq);
	unseen = unseen_users(&inq);
	if (unseen.n && !k_interrupted()) {
		look_at_all_threads(&inq);
		unseen = unseen_users(&inq);
	}
	look_further(&inq);
	report->scan.interrupted |= k_interrupted();
	if (!report->scan.interrupted)
		problems_append(&report->problems, &unseen);
	if (!all_are_explained(&inq))
		tell_problems(&inq);
	return true;
}
