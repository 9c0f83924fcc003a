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

/* A block_device of nbd's, and how many of its openers were found so far. */
struct bdev {
	const struct block_device *block_device;
	uint64_t mapping;
	num openers;
	struct device *nbd;
	uint32_t partition; /* 0: the whole device */
	size_t found;
};

struct opener_file {
	struct bdev *bdev;
	struct file *file;
};

struct openers {
	struct report *report;
	const struct block_devices *block_devices;
	struct file_set *files;
	struct bdev *v; /* those of nbd's alone */
	size_t n;
	struct ptr_map by_mapping, by_bdev;
	struct opener_file *opened;
	size_t n_opened;
	struct ptr_map by_file;
	struct mount **detached;
	size_t n_detached;
	bool missing; /* as openers_missing() said when an opener was last found */
};

/* "nbd6", or "nbd6p1" for a partition. */
static const char *bdev_name(const struct bdev *b)
{
	return b->partition ? arena_printf("%sp%u", b->nbd->name, b->partition) : b->nbd->name;
}

static void add_bdev(struct openers *openers, const struct block_device *block_device)
{
	struct bdev *b = &openers->v[openers->n++];

	b->block_device = block_device;
	b->mapping = k_at(block_device->inode, KM_INODE_DATA);
	b->nbd = block_device->nbd;
	b->partition = block_device->partition;
	b->openers = nbd_at_most(b->nbd, block_device->openers, INT32_MAX, "bd_openers%s",
				 b->partition ? " of a partition" : "");
	if (!b->partition)
		b->nbd->openers_expected = b->openers;
	*ptr_map_at(&openers->by_mapping, b->mapping) = b;
	*ptr_map_at(&openers->by_bdev, block_device->addr) = b;
}

static struct opener *add_opener(struct bdev *b, enum opener_kind kind, const char *what)
{
	struct opener *opener = ARENA_PUSH(b->nbd->openers, b->nbd->n_openers);

	*opener = (struct opener){.kind = kind, .what = what};
	return opener;
}

static struct opener *add_kernel_opener(struct bdev *b, enum opener_kind kind, const char *what)
{
	b->found++;
	return add_opener(b, kind, what);
}

static void add_mount(struct openers *openers, struct bdev *b, const char *fs, struct mount *mount)
{
	bool detached = num_is(mount->detached, 1);

	add_opener(b, detached ? OPENER_DETACHED : OPENER_MOUNT,
		   detached ? arena_printf("%s unmounted lazily (%s)", fs, bdev_name(b))
			    : arena_printf("%s on %s (%s)", fs, mount->point ? mount->point : "?",
					   bdev_name(b)))
		->mount = mount;
	if (detached)
		*ARENA_PUSH(openers->detached, openers->n_detached) = mount;
}

/* A file system has its device open once, however often it is mounted. */
static bool add_file_system(struct openers *openers, struct bdev *b, uint64_t sb)
{
	struct mounts mounts = mounts_of(sb, &openers->report->tasks);
	const char *fs = mounts_file_system(sb);

	b->found++;
	for (size_t i = 0; i < mounts.n; i++)
		add_mount(openers, b, fs, mounts.v[i]);
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

static const char *disk_name(uint64_t disk)
{
	const char *name;
	struct kobj o;

	if (!disk)
		return "?";
	k_load(&o, K_GENDISK, disk);
	name = block_devices_disk_name(&o);
	return name ? name : arena_printf("gendisk %llx", (unsigned long long)disk);
}

static void add_stacked(struct bdev *b, uint64_t disk)
{
	add_kernel_opener(b, OPENER_HOLDER,
			  arena_printf("%s (on %s)", disk_name(disk), bdev_name(b)));
}

/* The lower device that an entry of gendisk.slave_bdevs names. *complete becomes false when that is unknown. */
static struct bdev *slave_of(const struct openers *openers, uint64_t entry, bool *complete)
{
	num bdev = k_num_at(entry, KM_HOLDER_BDEV), dir = k_num_at(entry, KM_HOLDER_DIR);

	if (!bdev.known && !dir.known)
		*complete = false;
	if (k_has(KM_HOLDER_BDEV))
		return ptr_map_get(&openers->by_bdev, bdev.v);
	for (size_t i = 0; dir.v && i < openers->n; i++) {
		if (num_is(openers->v[i].block_device->holder_dir, dir.v))
			return &openers->v[i];
	}
	return NULL;
}

/* Adds the stacked devices of one list of struct bd_holder_disk. The list is that of the lower device b, or where b is
 * NULL that of the upper gendisk, disk. */
static bool walk_holders(const struct openers *openers, uint64_t head, struct bdev *b,
			 uint64_t disk)
{
	struct klist holders = klist_of(NUM(head), "bd_holder_disk.list");
	bool complete = true;

	while (klist_next(&holders)) {
		uint64_t entry = k_container(holders.node, KM_HOLDER_LIST);
		struct bdev *lower = b ? b : slave_of(openers, entry, &complete);

		if (lower)
			add_stacked(lower, b ? k_num_at(entry, KM_HOLDER_DISK).v : disk);
	}
	return complete && holders.complete;
}

static bool find_stacked(const struct openers *openers)
{
	bool complete = true;

	for (size_t i = 0; k_has(KM_BDEV_HOLDER_DISKS) && i < openers->n; i++) {
		struct bdev *b = &openers->v[i];

		complete &= walk_holders(openers, k_at(b->block_device->addr, KM_BDEV_HOLDER_DISKS),
					 b, 0);
	}
	for (size_t i = 0; k_has(KM_DISK_SLAVE_BDEVS) && i < openers->block_devices->n; i++) {
		const struct block_device *b = &openers->block_devices->v[i];

		/* Whole disks only: partitions share their disk's list. */
		if (b->disk && !b->nbd && num_is(k_num_at(b->disk, KM_DISK_PART0), b->addr))
			complete &= walk_holders(openers, k_at(b->disk, KM_DISK_SLAVE_BDEVS), NULL,
						 b->disk);
	}
	return complete;
}

/*
 * How many of the whole device's bd_openers are explained. A partition counts there once however
 * often it is open (up to 6.1), or with each open (6.6 and later: blkdev_get_part() opens the whole
 * device every time); the kernel's own number says which it is.
 */
static size_t explained(const struct openers *openers, const struct device *dev)
{
	size_t whole = 0, once = 0, each = 0;

	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (b->nbd != dev)
			continue;
		whole += b->partition ? 0 : b->found;
		once += b->partition && b->found;
		each += b->partition ? b->found : 0;
	}
	return dev->openers_expected.known && whole + each <= dev->openers_expected.v
		       ? whole + each
		       : whole + once;
}

bool openers_missing(const struct openers *openers)
{
	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (!b->openers.known)
			continue;
		if ((b->partition ? b->found : explained(openers, b->nbd)) < b->openers.v)
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

static bool has_bdev(const struct openers *openers, const struct device *dev)
{
	for (size_t i = 0; i < openers->n; i++) {
		if (openers->v[i].nbd == dev && !openers->v[i].partition)
			return true;
	}
	return false;
}

struct openers *openers_find(struct report *report, const struct block_devices *block_devices,
			     struct file_set *files, const struct held_files *held)
{
	struct openers *openers = arena_alloc(sizeof(*openers));

	openers->report = report;
	openers->block_devices = block_devices;
	openers->files = files;
	openers->v = arena_alloc(block_devices->n * sizeof(*openers->v));
	for (size_t i = 0; i < block_devices->n; i++) {
		if (block_devices->v[i].nbd)
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
	note(report, find_mounts(openers),
	     "super_blocks could not be read in full: mounts may be missing");
	if (openers->n_detached)
		note(report,
		     mounts_find_keepers(openers->detached, openers->n_detached, &report->tasks),
		     "who keeps lazily unmounted file systems could not be read in full");
	note(report, find_swap(openers), "swap_info could not be read: swap areas may be missing");
	note(report, find_stacked(openers),
	     "bd_holder_disk lists could not be read in full: stacked devices may be missing");
	openers_add_held(openers, held);
	openers->missing = openers_missing(openers);
	return openers;
}

static bool is_meant(const struct bdev *b, uint64_t object)
{
	return object && (object == b->nbd->gendisk || object == b->block_device->addr ||
			  object == b->block_device->inode);
}

const struct device *openers_of(const struct openers *openers, uint64_t object, const char **name,
				struct opened_file **opened, size_t *n)
{
	const struct device *dev = NULL;

	for (size_t i = 0; i < openers->n; i++) {
		const struct bdev *b = &openers->v[i];

		if (!is_meant(b, object) || (dev && b->partition))
			continue;
		dev = b->nbd;
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

/* Adds the openers of an open file: its fds, and what holds it in the kernel. */
static void add_openers_of(struct device *dev, const struct opener_file *opened)
{
	const struct file *file = opened->file;

	for (size_t i = 0; i < file->n_owners; i++)
		*ARENA_PUSH(dev->openers, dev->n_openers) = (struct opener){
			.kind = OPENER_FD,
			.task = file->owners[i].task,
			.fd = file->owners[i].fd,
			.file = file->addr,
			.what = arena_printf("/dev/%s", bdev_name(opened->bdev)),
		};
	for (size_t i = 0; i < file->n_holders; i++)
		*ARENA_PUSH(dev->openers, dev->n_openers) = (struct opener){
			.kind = OPENER_KERNEL,
			.file = file->addr,
			.holder = &file->holders[i],
			.what = bdev_name(opened->bdev),
		};
}

void openers_finish(struct openers *openers)
{
	for (size_t i = 0; i < openers->n_opened; i++)
		add_openers_of(openers->opened[i].bdev->nbd, &openers->opened[i]);
	for (size_t i = 0; i < openers->report->n_devices; i++)
		openers->report->devices[i].openers_found =
			explained(openers, &openers->report->devices[i]);
}
