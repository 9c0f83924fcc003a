// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/openers.h"

#include <string.h>

#include "base/arena.h"
#include "collect/mounts.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"
#include "collect/nbd_structs.h"
#include "base/ptr_map.h"

/* MAX_SWAPFILES is 32 less what migration and the like take for themselves. */
#define MAX_SWAPFILES 32
#define SWP_USED      1
/* super_block.s_writers.frozen, include/linux/fs.h */
#define SB_FREEZE_COMPLETE 4

/* An nbd device, or what is stacked on one: where its openers are told. */
struct disk {
	const void *owner; /* struct device or struct stacked */
	struct opener **openers;
	size_t *n_openers;
	num *expected;
	size_t *found;
};

/* A block_device of such a disk, and how many of its openers were found so far. */
struct bdev {
	const struct block_device *block_device;
	struct disk disk;
	uint64_t mapping;
	num openers;
	size_t found;
};

struct opener_file {
	struct bdev *bdev;
	struct file *file;
};

struct openers {
	struct report *report;
	const struct block_devices *block_devices;
	const struct stack *stack;
	struct file_set *files;
	struct bdev *v; /* those of nbd's and what is stacked on them */
	size_t n;
	struct ptr_map by_mapping, by_bdev;
	struct opener_file *opened;
	size_t n_opened;
	struct ptr_map by_file;
	struct mount **detached;
	size_t n_detached;
	bool missing; /* as openers_missing() said when an opener was last found */
};

static const char *bdev_name(const struct bdev *b)
{
	return block_device_name(b->block_device);
}

static bool is_whole(const struct bdev *b)
{
	return !b->block_device->partition;
}

static struct disk disk_of_device(struct device *dev)
{
	return (struct disk){dev, &dev->openers, &dev->n_openers, &dev->openers_expected,
			     &dev->openers_found};
}

static struct disk disk_of_stacked(struct stacked *s)
{
	return (struct disk){s, &s->openers, &s->n_openers, &s->openers_expected,
			     &s->openers_found};
}

/* bd_openers; no number that makes sense is unknown, and told. */
static num openers_of_bdev(struct openers *openers, const struct block_device *b)
{
	if (b->nbd)
		return nbd_at_most(b->nbd, b->openers, INT32_MAX, "bd_openers%s",
				   b->partition ? " of a partition" : "");
	if (!b->openers.known || b->openers.v <= INT32_MAX)
		return b->openers;
	problem_add(&openers->report->problems,
		    arena_printf("bd_openers of %s is %lld: it is taken as unreadable",
				 block_device_name(b), (long long)b->openers.v));
	return NUM_UNKNOWN;
}

static void add_bdev(struct openers *openers, const struct block_device *block_device)
{
	struct bdev *b = &openers->v[openers->n++];

	b->block_device = block_device;
	b->disk = block_device->nbd ? disk_of_device(block_device->nbd)
				    : disk_of_stacked(block_device->stacked);
	b->mapping = k_at(block_device->inode, KM_INODE_DATA);
	b->openers = openers_of_bdev(openers, block_device);
	if (is_whole(b))
		*b->disk.expected = b->openers;
	*ptr_map_at(&openers->by_mapping, b->mapping) = b;
	*ptr_map_at(&openers->by_bdev, block_device->addr) = b;
}

static struct opener *add_opener(struct bdev *b, enum opener_kind kind, const char *what)
{
	struct opener *opener = ARENA_PUSH(*b->disk.openers, *b->disk.n_openers);

	*opener = (struct opener){.kind = kind, .what = what, .on = bdev_name(b)};
	return opener;
}

static struct opener *add_kernel_opener(struct bdev *b, enum opener_kind kind, const char *what)
{
	b->found++;
	return add_opener(b, kind, what);
}

/* Its writers are held up, and what it had to write is written. */
static num is_frozen(uint64_t sb)
{
	num frozen = k_num_at(k_at(sb, KM_SB_WRITERS), KM_SB_WRITERS_FROZEN);

	return frozen.known ? NUM(frozen.v == SB_FREEZE_COMPLETE) : frozen;
}

static void add_mount(struct openers *openers, struct bdev *b, const char *fs, struct mount *mount,
		      num frozen)
{
	bool detached = num_is(mount->detached, 1);
	struct opener *opener = add_opener(
		b, detached ? OPENER_DETACHED : OPENER_MOUNT,
		detached ? arena_printf("%s unmounted lazily (%s)", fs, bdev_name(b))
			 : arena_printf("%s on %s (%s)", fs, mount->point ? mount->point : "?",
					bdev_name(b)));

	opener->mount = mount;
	opener->frozen = frozen;
	if (detached)
		*ARENA_PUSH(openers->detached, openers->n_detached) = mount;
}

/* A file system has its device open once, however often it is mounted. */
static bool add_file_system(struct openers *openers, struct bdev *b, uint64_t sb)
{
	struct mounts mounts = mounts_of(sb, &openers->report->tasks);
	const char *fs = mounts_file_system(sb);
	num frozen = is_frozen(sb);

	b->found++;
	for (size_t i = 0; i < mounts.n; i++)
		add_mount(openers, b, fs, mounts.v[i], frozen);
	if (!mounts.n && mounts.complete)
		add_opener(
			b, OPENER_DETACHED,
			arena_printf("%s just being mounted or unmounted (%s)", fs, bdev_name(b)));
	else if (!mounts.n)
		add_opener(b, OPENER_MOUNT, arena_printf("%s on ? (%s)", fs, bdev_name(b)));
	return mounts.complete;
}

static bool find_mounts(struct openers *openers)
{
	bool complete = true;
	struct klist super_blocks = klist_of(k_symbol("super_blocks"), "super_blocks");

	while (klist_next(&super_blocks)) {
		uint64_t sb = k_container(super_blocks.node, KM_SB_LIST);
		num bdev = k_num_at(sb, KM_SB_BDEV);
		struct bdev *b = ptr_map_get(&openers->by_bdev, bdev.v);

		if (!bdev.known)
			return false;
		if (b)
			complete &= add_file_system(openers, b, sb);
	}
	return complete && super_blocks.complete;
}

static void add_opener_file(struct openers *openers, struct bdev *b, uint64_t addr)
{
	void **seen = ptr_map_at(&openers->by_file, addr);

	if (*seen)
		return;
	*seen = b;
	b->found++;
	*ARENA_PUSH(openers->opened, openers->n_opened) =
		(struct opener_file){b, file_watch(openers->files, addr)};
}

/* A swap area has its device open twice while it claims it (bd_holder): once as swap_file, once by
 * the claim. Mirrors claim_swapfile() of mm/swapfile.c. */
static bool find_swap(struct openers *openers)
{
	num table = k_symbol("swap_info");
	uint64_t areas[MAX_SWAPFILES];
	num used = k_symbol("nr_swapfiles");
	uint32_t n = 0;

	/* A kernel without swap has neither. */
	if (!table.known)
		return true;
	if (!used.known || !k_read(used.v, &n, sizeof(n), "nr_swapfiles") || n > MAX_SWAPFILES ||
	    (n && !k_read(table.v, areas, n * sizeof(*areas), "swap_info")))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		num flags = k_num_at(areas[i], KM_SWAP_FLAGS);
		num bdev = k_num_at(areas[i], KM_SWAP_BDEV),
		    file = k_num_at(areas[i], KM_SWAP_FILE);
		struct bdev *b;

		if (!flags.known || !bdev.known || !file.known)
			return false;
		b = flags.v & SWP_USED ? ptr_map_get(&openers->by_bdev, bdev.v) : NULL;
		if (!b)
			continue;
		add_kernel_opener(b, OPENER_SWAP, arena_printf("swap (%s)", bdev_name(b)))->file =
			file.v;
		*ptr_map_at(&openers->by_file, file.v) = b;
		if (num_is(b->block_device->holder, areas[i]))
			b->found++;
	}
	return true;
}

static void add_stacked(const struct openers *openers)
{
	for (size_t i = 0; i < openers->stack->n_edges; i++) {
		const struct stack_edge *edge = &openers->stack->edges[i];
		struct bdev *b = ptr_map_get(&openers->by_bdev, edge->lower->addr);

		if (edge->by == STACKED_BY_CLAIM)
			add_kernel_opener(b, OPENER_HOLDER, bdev_name(b))->stacked = edge->upper;
	}
}

/*
 * How many of the whole device's bd_openers are explained. A partition counts there once however
 * often it is open (up to 6.1), or with each open (6.6 and later: blkdev_get_part() opens the whole
 * device every time); the kernel's own number says which it is.
 */
static size_t explained(const struct openers *openers, const struct disk *disk)
{
	size_t whole = 0, once = 0, each = 0;

	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (b->disk.owner != disk->owner)
			continue;
		whole += is_whole(b) ? b->found : 0;
		once += !is_whole(b) && b->found;
		each += is_whole(b) ? 0 : b->found;
	}
	return disk->expected->known && whole + each <= disk->expected->v ? whole + each
									  : whole + once;
}

bool openers_missing(const struct openers *openers)
{
	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (!b->openers.known)
			continue;
		if ((is_whole(b) ? explained(openers, &b->disk) : b->found) < b->openers.v)
			return true;
	}
	return false;
}

bool openers_look(void *context, struct file_table *table, uint32_t fd, uint64_t file)
{
	struct openers *openers = context;
	struct bdev *b;

	if (!openers->missing)
		return false;
	b = ptr_map_get(&openers->by_mapping, k_num_at(file, KM_FILE_MAPPING).v);
	if (b && file_slot_is_open(table, fd)) {
		add_opener_file(openers, b, file);
		openers->missing = openers_missing(openers);
	}
	return openers->missing;
}

void openers_add_held(struct openers *openers, const struct held_files *held)
{
	for (size_t i = 0; i < held->n; i++) {
		num mapping = k_num_at(held->v[i].file, KM_FILE_MAPPING);
		struct bdev *b = ptr_map_get(&openers->by_mapping, mapping.v);

		if (b)
			add_opener_file(openers, b, held->v[i].file);
	}
}

static void note(struct report *report, bool complete, const char *text)
{
	if (!complete)
		problem_add(&report->problems, text);
}

static bool has_bdev(const struct openers *openers, const void *owner)
{
	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (b->disk.owner == owner &&
		    (is_whole(b) || b->block_device->partition == PARTITION_UNREAD))
			return true;
	}
	return false;
}

struct openers *openers_find(struct report *report, const struct block_devices *block_devices,
			     const struct stack *stack, struct file_set *files,
			     const struct held_files *held)
{
	struct openers *openers = arena_alloc(sizeof(*openers));

	openers->report = report;
	openers->block_devices = block_devices;
	openers->stack = stack;
	openers->files = files;
	openers->v = arena_alloc(block_devices->n * sizeof(*openers->v));
	for (size_t i = 0; i < block_devices->n; i++) {
		if (block_devices->v[i].nbd || block_devices->v[i].stacked)
			add_bdev(openers, &block_devices->v[i]);
	}
	note(report, block_devices->complete,
	     "block devices could not be read in full: openers are unknown");
	for (size_t i = 0; i < report->n_devices; i++) {
		struct device *dev = &report->devices[i];

		if (!block_devices->numbered[i])
			problem_add(
				&dev->problems,
				"gendisk.major and minors could not be read: openers are unknown");
		/* Up to 5.10 a disk has no block_device until somebody opens it. */
		else if (block_devices->complete && !has_bdev(openers, dev))
			dev->openers_expected = NUM(0);
	}
	for (size_t i = 0; i < stack->n_edges; i++) {
		if (block_devices->complete && block_devices->disks_known &&
		    !has_bdev(openers, stack->edges[i].upper))
			stack->edges[i].upper->openers_expected = NUM(0);
	}
	note(report, find_mounts(openers),
	     "super_blocks could not be read in full: mounts may be missing");
	if (openers->n_detached)
		note(report,
		     mounts_find_keepers(openers->detached, openers->n_detached, &report->tasks),
		     "who keeps lazily unmounted file systems could not be read in full");
	note(report, find_swap(openers), "swap_info could not be read: swap areas may be missing");
	add_stacked(openers);
	openers_add_held(openers, held);
	openers->missing = openers_missing(openers);
	return openers;
}

static bool is_meant(const struct bdev *b, uint64_t object)
{
	return object && b->block_device->nbd &&
	       (object == b->block_device->nbd->gendisk || object == b->block_device->addr ||
		object == b->block_device->inode);
}

const struct device *openers_of(const struct openers *openers, uint64_t object, const char **name,
				struct opened_file **opened, size_t *n)
{
	const struct device *dev = NULL;

	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (!is_meant(b, object) || (dev && !is_whole(b)))
			continue;
		dev = b->block_device->nbd;
		*name = bdev_name(b);
	}
	for (size_t i = 0; i < openers->n_opened; i++) {
		const struct opener_file *o = &openers->opened[i];

		if (is_meant(o->bdev, object))
			*ARENA_PUSH(*opened, *n) = (struct opened_file){
				o->file, arena_printf("/dev/%s", bdev_name(o->bdev))};
	}
	return dev;
}

/* Adds the openers of an open file: its fds, and what holds it in the kernel. A thread inside a system call holds a file that it
 * has as an fd: it is no opener of its own, unless that fd was closed meanwhile. */
static void add_openers_of(const struct openers *openers, const struct opener_file *opened)
{
	const struct file *file = opened->file;
	struct bdev *b = opened->bdev;

	for (size_t i = 0; i < file->n_owners; i++) {
		struct opener *o = add_opener(b, OPENER_FD, arena_printf("/dev/%s", bdev_name(b)));

		o->task = file->owners[i].task;
		o->fd = file->owners[i].fd;
		o->file = file->addr;
	}
	for (size_t i = 0; i < file->n_holders; i++) {
		const struct holder *h = &file->holders[i];
		struct opener *o;

		if (h->kind == HOLDER_SYSTEM_CALL && file->n_owners)
			continue;
		o = add_opener(b, OPENER_KERNEL, bdev_name(b));
		o->file = file->addr;
		o->holder = h;
		if (h->kind == HOLDER_LOOP)
			o->stacked = stack_loop_on(openers->stack, b->block_device, h->number);
	}
}

void openers_finish(struct openers *openers)
{
	for (size_t i = 0; i < openers->n_opened; i++)
		add_openers_of(openers, &openers->opened[i]);
	for (size_t i = 0; i < openers->n; i++) {
		const struct disk *disk = &openers->v[i].disk;

		*disk->found = explained(openers, disk);
	}
}
