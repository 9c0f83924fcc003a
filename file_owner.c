// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/file_owner.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "base/progress.h"

/* Slots of an fd array read at a time: 32 KiB. */
#define SLOTS_PER_READ 4096
/* A table is read no further than this many slots (128 MiB of pointers, 16 times the default of
 * fs.nr_open), so that a damaged max_fds does not keep the user waiting. */
#define MAX_FDS (16u << 20)
/* alloc_fdtable() of fs/file.c makes a table of whole words of its bitmaps, which have 64 bits on the machines
 * that nbd.so is for. */
#define FDS_PER_WORD 64

/* include/linux/file_ref.h */
#define FILE_REF_DEAD 0xC000000000000000u

num file_refs(uint64_t addr)
{
	num n;

	if (!k_has(KM_FILE_REF))
		return k_num_at(addr, KM_FILE_COUNT);
	n = k_num_at(addr, KM_FILE_REF);
	if (n.known)
		n.v = n.v >= FILE_REF_DEAD ? 0 : n.v + 1;
	return n;
}

struct file *file_watch(struct file_set *set, uint64_t addr)
{
	void **slot;
	struct file *file;

	if (!addr)
		return NULL;
	slot = ptr_map_at(&set->by_addr, addr);
	if (*slot)
		return *slot;
	file = arena_alloc(sizeof(*file));
	file->addr = addr;
	file->refs = file_refs(addr);
	*slot = file;
	*ARENA_PUSH(set->v, set->n) = file;
	return file;
}

void file_add_holder(struct file *file, struct holder holder)
{
	*ARENA_PUSH(file->holders, file->n_holders) = holder;
}

/* Sorts by table, then by thread group. In a group the leader comes first: people know the group by its name. */
static int by_table(const void *a, const void *b)
{
	const struct task *x = *(const struct task *const *)a;
	const struct task *y = *(const struct task *const *)b;

	if (x->files != y->files)
		return x->files < y->files ? -1 : 1;
	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if ((x->pid == x->tgid) != (y->pid == y->tgid))
		return x->pid == x->tgid ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* One file table and the tasks that share it. */
struct file_table {
	const struct task **tasks;
	size_t n_tasks;
	num fd_array, max_fds;
	uint64_t open_fds; /* fdtable.open_fds, a bitmap */
	bool torn;	   /* it contradicts the fd array */
};

const struct task *file_table_task(const struct file_table *table)
{
	return table->tasks[0];
}

bool file_slot_is_open(struct file_table *table, uint32_t fd)
{
	num word = k_pointer(table->open_fds + fd / FDS_PER_WORD * sizeof(uint64_t),
			     "fdtable.open_fds");
	bool open = word.known && word.v >> fd % FDS_PER_WORD & 1;

	table->torn |= !open;
	return open;
}

/* How a walk through a table ended; PASS_STOPPED: visit wanted no more. */
enum pass { PASS_DONE, PASS_UNREADABLE, PASS_STOPPED };

/* Where the table's fds are; unknown where that cannot be read. */
static void read_fdtable(struct file_table *table)
{
	num fdt = k_num_at(table->tasks[0]->files, KM_FILES_FDT);
	struct kobj o;

	if (!fdt.known || !k_load(&o, K_FDTABLE, fdt.v))
		return;
	table->fd_array = k_num(&o, KM_FDT_FD);
	table->max_fds = k_num(&o, KM_FDT_MAX_FDS);
	table->open_fds = k_num(&o, KM_FDT_OPEN_FDS).v;
}

/* Small tables first: where files themselves are looked at until enough was found, most processes that open a device
 * have few files. Then by address, for neighbours share a page. */
static int by_size_and_place(const void *a, const void *b)
{
	const struct file_table *x = a, *y = b;

	if (x->max_fds.v != y->max_fds.v)
		return x->max_fds.v < y->max_fds.v ? -1 : 1;
	return (x->fd_array.v > y->fd_array.v) - (x->fd_array.v < y->fd_array.v);
}

/* How many slots have been walked, of all tables together. */
struct fds_walked {
	size_t done, total;
};

/* Shows every open slot of the table to visit. */
static enum pass walk_table(struct file_table *table, struct fds_walked *walked, uint64_t *slots,
			    file_visit *visit, void *context)
{
	num max_fds = table->max_fds;

	if (!max_fds.v || max_fds.v % FDS_PER_WORD)
		return PASS_UNREADABLE;
	for (uint64_t first = 0; first < max_fds.v; first += SLOTS_PER_READ) {
		uint64_t n =
			max_fds.v - first < SLOTS_PER_READ ? max_fds.v - first : SLOTS_PER_READ;

		if (k_interrupted())
			return PASS_STOPPED;
		if (first >= MAX_FDS || !k_read(table->fd_array.v + first * sizeof(*slots), slots,
						n * sizeof(*slots), "fdtable.fd"))
			return PASS_UNREADABLE;
		progress("searching fds", walked->done, walked->total);
		walked->done += n;
		for (uint64_t i = 0; i < n; i++) {
			if (slots[i] && !visit(context, table, (uint32_t)(first + i), slots[i]))
				return PASS_STOPPED;
		}
	}
	return PASS_DONE;
}

/* The tables of those tasks that are wanted, each with them. */
static struct file_table *tables_of(const struct task_list *tasks, file_wanted *wanted,
				    size_t *n_tables)
{
	const struct task **order = arena_alloc(tasks->n * sizeof(const struct task *));
	struct file_table *tables = NULL;
	size_t n = 0;

	*n_tables = 0;
	for (size_t i = 0; i < tasks->n; i++) {
		if (tasks->v[i]->files && (!wanted || wanted(tasks->v[i])))
			order[n++] = tasks->v[i];
	}
	if (n)
		qsort(order, n, sizeof(*order), by_table);
	for (size_t first = 0, next; first < n && !k_interrupted(); first = next) {
		struct file_table *table = ARENA_PUSH(tables, *n_tables);

		table->tasks = order + first;
		for (next = first; next < n && order[next]->files == order[first]->files; next++)
			table->n_tasks++;
		read_fdtable(table);
	}
	if (*n_tables)
		qsort(tables, *n_tables, sizeof(*tables), by_size_and_place);
	return tables;
}

void file_tables_walk(const struct task_list *tasks, file_wanted *wanted, struct scan_stats *stats,
		      file_visit *visit, void *context)
{
	uint64_t *slots = arena_alloc(SLOTS_PER_READ * sizeof(*slots));
	struct fds_walked walked = {0};
	struct file_table *tables;
	size_t n;

	memset(stats, 0, sizeof(*stats));
	tables = tables_of(tasks, wanted, &n);
	stats->interrupted = tasks->interrupted || k_interrupted();
	for (size_t i = 0; i < n; i++)
		walked.total += tables[i].max_fds.v < MAX_FDS ? tables[i].max_fds.v : MAX_FDS;
	for (size_t i = 0; i < n && !stats->interrupted; i++) {
		enum pass pass = walk_table(&tables[i], &walked, slots, visit, context);

		stats->tables++;
		stats->tables_unreadable += pass == PASS_UNREADABLE || tables[i].torn;
		stats->interrupted |= k_interrupted();
		if (pass == PASS_STOPPED)
			break;
	}
}

struct file_search {
	const struct file_set *set;
	file_visit *look; /* NULL once it has seen enough */
	void *context;
};

/* Adds an owner to the file in the slot, if that is watched. */
static bool note_owner(void *context, struct file_table *table, uint32_t fd, uint64_t addr)
{
	struct file_search *search = context;
	struct file *file;

	if (search->look && !search->look(search->context, table, fd, addr))
		search->look = NULL;
	file = ptr_map_get(&search->set->by_addr, addr);
	if (!file || !file_slot_is_open(table, fd))
		return true;
	file->n_table_refs++;
	for (size_t i = 0; i < table->n_tasks; i++) {
		const struct task *t = table->tasks[i];

		if (!i || t->tgid != table->tasks[i - 1]->tgid)
			*ARENA_PUSH(file->owners, file->n_owners) = (struct fd_owner){t, fd};
	}
	return true;
}

static int by_pid_and_fd(const void *a, const void *b)
{
	const struct fd_owner *x = a, *y = b;

	if (x->task->pid != y->task->pid)
		return x->task->pid < y->task->pid ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

/* What an earlier search has found of each file; the next one begins without. */
struct taken {
	struct file *files;
	size_t n;
};

static struct taken take_owners(const struct file_set *set)
{
	struct taken taken = {arena_alloc(set->n * sizeof(struct file)), set->n};

	for (size_t i = 0; i < set->n; i++) {
		taken.files[i] = *set->v[i];
		set->v[i]->owners = NULL;
		set->v[i]->n_owners = set->v[i]->n_table_refs = 0;
	}
	return taken;
}

/* True when one of the owners has the same slot of the same table. */
static bool has_slot(const struct fd_owner *owners, size_t n, struct fd_owner owner)
{
	for (size_t i = 0; i < n; i++) {
		if (owners[i].task->files == owner.task->files && owners[i].fd == owner.fd)
			return true;
	}
	return false;
}

/* A search that was cut short must not forget it. */
static void give_back_owners(const struct file_set *set, const struct taken *taken)
{
	for (size_t i = 0; i < taken->n; i++) {
		const struct file *before = &taken->files[i];
		struct file *file = set->v[i];
		size_t n_found = file->n_owners;

		for (size_t k = 0; k < before->n_owners; k++) {
			struct fd_owner owner = before->owners[k];

			if (has_slot(file->owners, n_found, owner))
				continue;
			file->n_table_refs +=
				!has_slot(file->owners + n_found, file->n_owners - n_found, owner);
			*ARENA_PUSH(file->owners, file->n_owners) = owner;
		}
	}
}

void file_scan(struct file_set *set, const struct task_list *tasks, struct scan_stats *stats,
	       file_visit *look, void *context)
{
	struct file_search search = {.set = set, .look = look, .context = context};
	struct taken taken = take_owners(set);

	file_tables_walk(tasks, NULL, stats, note_owner, &search);
	if (stats->interrupted)
		give_back_owners(set, &taken);
	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i]->n_owners)
			qsort(set->v[i]->owners, set->v[i]->n_owners, sizeof(*set->v[i]->owners),
			      by_pid_and_fd);
	}
}

bool file_is_plausible(uint64_t addr)
{
	num inode = k_num_at(addr, KM_FILE_INODE), op = k_num_at(addr, KM_FILE_OP);
	num dentry = k_num_at(k_at(addr, KM_FILE_PATH), KM_PATH_DENTRY);

	return inode.known && inode.v && op.known && op.v && dentry.known &&
	       num_is(k_num_at(dentry.v, KM_DENTRY_INODE), inode.v);
}
