// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/file_holders.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "collect/file_owner.h"
#include "resolve/disks.h"
#include "resolve/idr.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"
#include "base/ptr_map.h"

/* UNIX_HASH_SIZE, include/net/af_unix.h, in all kernels. */
#define UNIX_BUCKETS 512
/* SCM_MAX_FD: no message carries more files. */
#define MAX_FILES_IN_MESSAGE 253
/* IORING_MAX_FIXED_FILES */
#define MAX_RING_FILES	  (1u << 20)
#define POINTERS_PER_READ 4096
/* Open files that are looked at together: few at first, since what is found among them may suffice; at last so many that most
 * of a process's files are among them together. */
#define FIRST_CANDIDATES 512
#define MAX_CANDIDATES	 (1u << 16)
/* struct loop_device has lo_backing_file within this; it is larger in all kernels. */
#define LOOP_BYTES 512
/* The low bits of io_fixed_file.file_ptr are flags (FFS_NOWAIT and others): two or three. */
#define FILE_PTR_FLAGS 7ull

static void add(struct held_files *held, uint64_t file, struct holder by)
{
	if (file)
		*ARENA_PUSH(held->v, held->n) = (struct held_file){file, by};
}

static void incomplete(struct held_files *held, const char *problem)
{
	for (size_t i = 0; i < held->problems.n; i++) {
		if (!strcmp(held->problems.v[i], problem))
			return;
	}
	problem_add(&held->problems, problem);
}

/* Who has what waits in the queue of sk. */
static struct holder holder_of_queue(struct held_files *held, struct file_set *files, uint64_t sk)
{
	num socket = k_num_at(sk, KM_SK_SOCKET), fops = k_symbol("io_uring_fops");
	num file = socket.v ? k_num_at(socket.v, KM_SOCKET_FILE) : socket;
	num op = file.v ? k_num_at(file.v, KM_FILE_OP) : file;
	struct holder by = {.kind = HOLDER_SCM_RIGHTS, .object = sk};

	by.via_known = file.known && op.known;
	if (!by.via_known)
		incomplete(held,
			   arena_printf("who can receive what is in flight (SCM_RIGHTS) to sk %llx "
					"could not be read",
					(unsigned long long)sk));
	by.via = by.via_known ? file_watch(files, file.v) : NULL;
	if (by.via && fops.known && op.v == fops.v) {
		by.kind = HOLDER_IO_URING;
		by.object = k_num_at(file.v, KM_FILE_PRIVATE_DATA).v;
	}
	return by;
}

/* The files that one message carries, if any. */
static bool add_message(struct held_files *held, struct file_set *files, uint64_t sk, uint64_t skb)
{
	num fp = k_num_at(k_at(skb, KM_SKB_CB), KM_UNIX_SKB_FP);
	uint64_t carried[MAX_FILES_IN_MESSAGE];
	struct holder by;
	num count;

	if (!fp.known || !fp.v)
		return fp.known;
	count = k_num_at(fp.v, KM_SCM_FP_COUNT);
	if (!count.known || count.v > MAX_FILES_IN_MESSAGE || !count.v ||
	    !k_read(k_at(fp.v, KM_SCM_FP_FILES), carried, count.v * sizeof(*carried),
		    "scm_fp_list.fp"))
		return false;
	by = holder_of_queue(held, files, sk);
	for (uint64_t i = 0; i < count.v; i++)
		add(held, carried[i], by);
	return true;
}

static bool add_queue(struct held_files *held, struct file_set *files, uint64_t sk)
{
	struct klist skbs = klist_of(NUM(k_at(sk, KM_SK_RECEIVE_QUEUE)), "sk_receive_queue");

	while (klist_next(&skbs)) {
		if (!add_message(held, files, sk, k_container(skbs.node, KM_SKB_NEXT)))
			return false;
	}
	return skbs.complete;
}

/* All sockets of one table of hash buckets. */
static bool add_table(struct held_files *held, struct file_set *files, uint64_t buckets)
{
	uint64_t heads[UNIX_BUCKETS];
	bool complete = k_read(buckets, heads, sizeof(heads), "unix_table.buckets");

	for (unsigned i = 0; complete && i < UNIX_BUCKETS; i++) {
		struct klist socks = klist_of_bucket(buckets + i * sizeof(*heads), heads[i], 0,
						     "sock_common.skc_node");

		while (klist_next(&socks)) {
			uint64_t sk = k_container(k_container(socks.node, KM_SKC_HASH_NODE),
						  KM_SK_COMMON);

			if (!add_queue(held, files, sk))
				return false;
		}
		complete = socks.complete;
	}
	return complete;
}

/* The same in kernels that have a table for each network namespace. */
static bool add_namespaces(struct held_files *held, struct file_set *files)
{
	struct klist nets = klist_of(k_symbol("net_namespace_list"), "net.list");

	while (klist_next(&nets)) {
		uint64_t net = k_container(nets.node, KM_NET_LIST);
		num buckets = k_num_at(k_at(k_at(net, KM_NET_UNX), KM_NETNS_UNIX_TABLE),
				       KM_UNIX_TABLE_BUCKETS);

		if (!buckets.known || !add_table(held, files, buckets.v))
			return false;
	}
	return nets.complete;
}

void file_holders_in_flight(struct held_files *held, struct file_set *files)
{
	num table = k_symbol("unix_socket_table");
	bool readable = k_has(KM_UNIX_SKB_FP) && k_has(KM_SCM_FP_FILES) && k_has(KM_SKB_CB);

	if (table.known)
		readable = readable && add_table(held, files, table.v);
	else
		readable = readable && k_has(KM_UNIX_TABLE_BUCKETS) && add_namespaces(held, files);
	if (!readable)
		incomplete(held, "not all AF_UNIX receive queues could be read: sockets in flight "
				 "(SCM_RIGHTS) may be missing");
}

struct ring_search {
	struct held_files *held;
	struct ptr_map seen;	   /* rings: several fds may lead to one */
	struct ptr_map by_message; /* files that this ring keeps in messages, which are found */
	num fops;		   /* &io_uring_fops */
	struct candidate *candidates;
	size_t n_candidates, at_once;
	file_holders_suffice *suffice;
	void *context;
	bool enough;
	bool incomplete;
};

/* Adds the files of the count pointers at array. Each of these is a file (with flag bits), or with nodes the address
 * of a node that has one. */
static bool add_ring_files(struct ring_search *search, uint64_t array, uint64_t count, bool nodes,
			   struct holder ring)
{
	uint64_t pointers[POINTERS_PER_READ];

	for (uint64_t first = 0; first < count; first += POINTERS_PER_READ) {
		uint64_t n = count - first < POINTERS_PER_READ ? count - first : POINTERS_PER_READ;

		if (k_interrupted() || !k_read(array + first * sizeof(*pointers), pointers,
					       n * sizeof(*pointers), "io_file_table.files"))
			return false;
		for (uint64_t i = 0; i < n; i++) {
			uint64_t pointer = pointers[i];
			num file = NUM(pointer);

			if (nodes && pointer)
				file = k_num_at(pointer, KM_RSRC_NODE_FILE_PTR);
			file.v &= ~FILE_PTR_FLAGS;
			/* Tables of tables, as some kernels had them, are not followed. */
			if (!file.known || (file.v && !file_is_plausible(file.v)))
				return false;
			if (!ptr_map_get(&search->by_message, file.v))
				add(search->held, file.v, ring);
		}
	}
	return true;
}

/* A file that is in a message and in the ring's table has one reference for both. */
static void find_messages(struct ring_search *search, uint64_t ctx)
{
	const struct held_files *held = search->held;

	search->by_message = (struct ptr_map){0};
	for (size_t i = 0; i < held->n; i++) {
		if (held->v[i].by.kind == HOLDER_IO_URING && held->v[i].by.object == ctx)
			*ptr_map_at(&search->by_message, held->v[i].file) = search;
	}
}

static bool add_ring(struct ring_search *search, struct holder ring)
{
	uint64_t ctx = ring.object;
	uint64_t table = k_at(ctx, KM_RING_FILE_TABLE);
	bool nodes = k_has(KM_FILE_TABLE_DATA);
	uint64_t data = nodes ? k_at(table, KM_FILE_TABLE_DATA) : 0;
	num count = nodes ? k_num_at(data, KM_RSRC_DATA_NR) : k_num_at(ctx, KM_RING_NR_FILES);
	num array =
		nodes ? k_num_at(data, KM_RSRC_DATA_NODES) : k_num_at(table, KM_FILE_TABLE_FILES);

	if (!count.known || count.v > MAX_RING_FILES || !array.known)
		return false;
	find_messages(search, ctx);
	return !array.v || add_ring_files(search, array.v, count.v, nodes, ring);
}

/* An open file that may be a ring. */
struct candidate {
	uint64_t file;
	struct file_table *table;
	uint32_t fd;
};

static int by_file(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return (x->file > y->file) - (x->file < y->file);
}

static void look_at(struct ring_search *search, const struct candidate *c)
{
	num op = k_num_at(c->file, KM_FILE_OP), ctx;
	void **seen;

	search->incomplete |= !op.known;
	if (!op.known || op.v != search->fops.v)
		return;
	if (!file_slot_is_open(c->table, c->fd)) {
		search->incomplete = true;
		return;
	}
	seen = ptr_map_at(&search->seen, c->file);
	if (*seen)
		return;
	*seen = search;
	ctx = k_num_at(c->file, KM_FILE_PRIVATE_DATA);
	if (!ctx.v || !add_ring(search, (struct holder){.kind = HOLDER_IO_URING,
							.number = c->fd,
							.object = ctx.v,
							.task = file_table_task(c->table)}))
		search->incomplete = true;
}

/* Looks at the candidates in the order of their addresses: neighbours are in one page. */
static void look_at_all(struct ring_search *search)
{
	size_t n_before = search->held->n;

	qsort(search->candidates, search->n_candidates, sizeof(*search->candidates), by_file);
	for (size_t i = 0; i < search->n_candidates && !k_interrupted(); i++) {
		/* Files that processes share are neighbours here, too. */
		if (!i || search->candidates[i].file != search->candidates[i - 1].file)
			look_at(search, &search->candidates[i]);
	}
	search->n_candidates = 0;
	if (search->at_once < MAX_CANDIDATES)
		search->at_once *= 2;
	if (search->held->n > n_before)
		search->enough = search->suffice(search->context);
}

static bool visit_open_file(void *context, struct file_table *table, uint32_t fd, uint64_t file)
{
	struct ring_search *search = context;

	search->candidates[search->n_candidates++] = (struct candidate){file, table, fd};
	if (search->n_candidates == search->at_once)
		look_at_all(search);
	return !search->enough;
}

static bool uses_rings(const struct task *t)
{
	return t->may_use_io_uring;
}

static bool uses_no_rings(const struct task *t)
{
	return !t->may_use_io_uring;
}

static bool rings_may_exist(const struct task_list *tasks)
{
	bool may = tasks->unreadable || tasks->interrupted;

	for (size_t i = 0; i < tasks->n && !may; i++)
		may = tasks->v[i]->may_use_io_uring;
	return may;
}

/* Looks through the tables of the tasks that are wanted. */
static void look_for_rings(struct held_files *held, const struct task_list *tasks,
			   file_wanted *wanted, file_holders_suffice *suffice, void *context)
{
	struct ring_search search = {.held = held,
				     .fops = k_symbol("io_uring_fops"),
				     .at_once = FIRST_CANDIDATES,
				     .suffice = suffice,
				     .context = context};
	struct scan_stats stats;

	/* A kernel without io_uring has no such rings. */
	if (!search.fops.known || !rings_may_exist(tasks))
		return;
	if (k_has(KM_RING_FILE_TABLE) &&
	    (k_has(KM_FILE_TABLE_FILES) || k_has(KM_FILE_TABLE_DATA))) {
		search.candidates = arena_alloc(MAX_CANDIDATES * sizeof(*search.candidates));
		file_tables_walk(tasks, wanted, &stats, visit_open_file, &search);
		look_at_all(&search);
		search.incomplete |=
			stats.tables_unreadable || stats.interrupted || k_interrupted();
	} else {
		/* Kernels before 5.12 have all registered files in messages to the ring's socket. */
		search.incomplete = !k_has(KM_RING_SOCK);
	}
	if (search.incomplete)
		incomplete(held, "not all io_urings could be read: files registered with them may "
				 "be missing");
}

void file_holders_in_rings(struct held_files *held, const struct task_list *tasks,
			   file_holders_suffice *suffice, void *context)
{
	file_wanted *const wanted[] = {uses_rings, uses_no_rings};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted) && !suffice(context); i++)
		look_for_rings(held, tasks, wanted[i], suffice, context);
}

struct loop_search {
	struct held_files *held;
	bool incomplete;
};

/*
 * The offset of lo_backing_file cannot be known: the loop module comes without debuginfo, and kernels before
 * 5.11 without BTF. But it is the only member that points to a struct file.
 */
static void visit_loop(void *context, uint32_t index, uint64_t loop_device)
{
	struct loop_search *search = context;
	uint64_t words[LOOP_BYTES / sizeof(uint64_t)];

	if (!k_read(loop_device, words, sizeof(words), "loop_device")) {
		search->incomplete = true;
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (file_is_plausible(words[i]))
			add(search->held, words[i],
			    (struct holder){
				    .kind = HOLDER_LOOP, .number = index, .object = loop_device});
	}
}

/* Where the kernel does not keep the symbols of a module's variables, loop devices are found among the disks. False when not
 * all could be visited. */
static bool visit_loops(struct loop_search *search)
{
	struct disks disks;

	if (k_symbol("loop_index_idr").known)
		return idr_walk("loop_index_idr", visit_loop, search);
	disks = disks_of_major(LOOP_MAJOR);
	for (size_t i = 0; i < disks.n; i++) {
		const struct disk *disk = &disks.v[i];

		if (disk->index.known)
			visit_loop(search, (uint32_t)disk->index.v, disk->private_data.v);
		disks.complete &= disk->index.known;
	}
	return disks.complete;
}

void file_holders_below_loops(struct held_files *held)
{
	struct loop_search search = {.held = held};

	/* Without the loop module there are none. */
	if (!k_symbol("loop_index_idr").known && !kernel_module_is_loaded("loop"))
		return;
	if (!visit_loops(&search) || search.incomplete)
		incomplete(held, "not all loop devices could be read: files below them may be "
				 "missing");
}

void file_holders_add(const struct file_set *files, const struct held_files *held, size_t first)
{
	for (size_t i = first; i < held->n; i++) {
		struct file *file = ptr_map_get(&files->by_addr, held->v[i].file);

		if (file)
			file_add_holder(file, held->v[i].by);
	}
}
