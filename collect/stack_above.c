// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/stack_above.h"

#include <string.h>

#include "base/arena.h"
#include "base/ptr_map.h"
#include "base/words.h"
#include "collect/dm_names.h"
#include "resolve/disks.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"

/* So many block devices are not on top of each other: what is deeper stands on itself, in a damaged image. */
#define MAX_DEPTH 64

/* One block device stands on another, whichever they are. */
struct link {
	const struct block_device *lower;
	enum stacked_by by;
	uint64_t upper; /* gendisk, unless it is a loop device: */
	uint32_t loop;	/* then its number */
};

struct search {
	struct report *report;
	struct block_devices *all;
	struct ptr_map by_addr, by_mapping, by_holder_dir; /* block_devices */
	struct link *links;
	size_t n_links;
	struct ptr_map stacked; /* gendisk -> struct stacked */
	struct dm_names dm;
	bool dm_read, unnamed; /* unnamed: a dm device's name was not found */
	struct stack stack;
};

static bool is_based(const struct block_device *b)
{
	return b->nbd || b->stacked;
}

/* The lower device that an entry of gendisk.slave_bdevs names. */
static const struct block_device *slave_of(struct search *search, uint64_t entry)
{
	num bdev = k_num_at(entry, KM_HOLDER_BDEV), dir = k_num_at(entry, KM_HOLDER_DIR);

	if (!bdev.known && !dir.known)
		search->stack.complete = false;
	return k_has(KM_HOLDER_BDEV) ? ptr_map_get(&search->by_addr, bdev.v)
				     : ptr_map_get(&search->by_holder_dir, dir.v);
}

static void add_link(struct search *search, struct link link)
{
	if (link.lower)
		*ARENA_PUSH(search->links, search->n_links) = link;
}

/* The entries of one list of struct bd_holder_disk, which hangs on the lower block_device, or on the upper
 * gendisk. */
static void read_claims(struct search *search, uint64_t head, const struct block_device *lower,
			uint64_t upper)
{
	struct klist claims = klist_of(NUM(head), "bd_holder_disk.list");

	while (klist_next(&claims)) {
		uint64_t entry = k_container(claims.node, KM_HOLDER_LIST);

		if (lower)
			add_link(search, (struct link){lower, STACKED_BY_CLAIM,
						       k_num_at(entry, KM_HOLDER_DISK).v, 0});
		else
			add_link(search, (struct link){slave_of(search, entry), STACKED_BY_CLAIM,
						       upper, 0});
	}
	search->stack.complete &= claims.complete;
}

/* From 5.15 on each disk knows what it stands on. */
static void read_slaves(struct search *search)
{
	for (size_t i = 0; k_has(KM_DISK_SLAVE_BDEVS) && i < search->all->n; i++) {
		const struct block_device *b = &search->all->v[i];

		/* Whole disks only: partitions share their disk's list. */
		if (b->disk && !b->nbd && num_is(k_num_at(b->disk, KM_DISK_PART0), b->addr))
			read_claims(search, k_at(b->disk, KM_DISK_SLAVE_BDEVS), NULL, b->disk);
	}
}

/* The gendisk of a loop device, 0 when there is none. */
static uint64_t loop_disk(struct search *search, uint32_t number)
{
	struct disks loops = disks_of_major(LOOP_MAJOR);

	/* What stands on the loop device in turn is found by the disks of block_devices. */
	search->stack.complete &= loops.complete && search->all->disks_known;
	for (size_t i = 0; i < loops.n; i++) {
		if (num_is(loops.v[i].index, number))
			return loops.v[i].gendisk;
	}
	return 0;
}

/* What a loop device's file is: a block device, or a file of a file system on one. */
static void read_loops(struct search *search, const struct held_files *held)
{
	for (size_t i = 0; i < held->n; i++) {
		const struct held_file *h = &held->v[i];
		const struct block_device *b;
		num bdev;

		if (h->by.kind != HOLDER_LOOP)
			continue;
		b = ptr_map_get(&search->by_mapping, k_num_at(h->file, KM_FILE_MAPPING).v);
		if (b) {
			add_link(search, (struct link){b, STACKED_BY_LOOP, 0, h->by.number});
			continue;
		}
		bdev = k_num_at(k_num_at(k_num_at(h->file, KM_FILE_INODE).v, KM_INODE_SB).v,
				KM_SB_BDEV);
		search->stack.complete &= bdev.known;
		b = ptr_map_get(&search->by_addr, bdev.v);
		add_link(search, (struct link){b, STACKED_BY_FILE, 0, h->by.number});
	}
}

static void read_dm_name(struct search *search, struct stacked *s, uint64_t mapped_device)
{
	const struct dm_name *name;

	if (!search->dm_read)
		search->dm = dm_names_read();
	search->dm_read = true;
	name = ptr_map_get(&search->dm.by_device, mapped_device);
	s->dm_name = name ? name->name : NULL;
	s->dm_uuid = name ? name->uuid : NULL;
	search->unnamed |= !s->dm_name;
}

static struct stacked *stacked_at(struct search *search, uint64_t gendisk)
{
	void **slot = ptr_map_at(&search->stacked, gendisk);
	struct stacked *s;
	struct kobj o;

	if (*slot)
		return *slot;
	s = *slot = arena_alloc(sizeof(*s));
	k_load(&o, K_GENDISK, gendisk);
	s->gendisk = gendisk;
	s->name = block_devices_disk_name(&o);
	if (!s->name)
		s->name = arena_printf("? (gendisk %llx)", (unsigned long long)gendisk);
	if (!strncmp(s->name, "dm-", 3))
		read_dm_name(search, s, k_num(&o, KM_DISK_PRIVATE_DATA).v);
	block_devices_are_stacked(search->all, &o, s);
	return s;
}

static void add_edge(struct search *search, const struct link *link)
{
	uint64_t upper = link->by == STACKED_BY_CLAIM ? link->upper : loop_disk(search, link->loop);

	if (upper)
		*ARENA_PUSH(search->stack.edges, search->stack.n_edges) =
			(struct stack_edge){link->lower, stacked_at(search, upper), link->by};
}

/* Those that begin at a block device: first the claims, in all kernels. */
static void add_edges(struct search *search, const struct block_device *lower, bool claims)
{
	for (size_t i = 0; i < search->n_links; i++) {
		const struct link *link = &search->links[i];

		if (link->lower == lower && (link->by == STACKED_BY_CLAIM) == claims)
			add_edge(search, link);
	}
}

/* Goes up from nbd's devices until nothing more is found. */
static void climb(struct search *search)
{
	bool *seen = arena_alloc(search->all->n * sizeof(*seen));
	bool more = true;

	while (more && !k_interrupted()) {
		more = false;
		for (size_t i = 0; i < search->all->n; i++) {
			const struct block_device *b = &search->all->v[i];

			if (!is_based(b) || seen[i])
				continue;
			seen[i] = more = true;
			if (k_has(KM_BDEV_HOLDER_DISKS))
				read_claims(search, k_at(b->addr, KM_BDEV_HOLDER_DISKS), b, 0);
			add_edges(search, b, true);
			add_edges(search, b, false);
		}
	}
}

/* How high each stacked device is above one nbd device. */
struct heights {
	const struct stack *stack;
	const struct device *dev;
	struct ptr_map depth; /* struct stacked -> its level */
	struct level **levels;
	size_t n;
};

static struct level *level_of(const struct heights *heights, const struct stacked *s)
{
	return ptr_map_get(&heights->depth, (uint64_t)(uintptr_t)s);
}

/* One more than what the edge begins at; 0 when that is not above the device. */
static unsigned depth_by(const struct heights *heights, const struct stack_edge *edge)
{
	const struct level *below;

	if (edge->lower->nbd)
		return edge->lower->nbd == heights->dev;
	below = level_of(heights, edge->lower->stacked);
	return below ? below->depth + 1 : 0;
}

static bool raise(struct heights *heights, const struct stack_edge *edge)
{
	struct level *level = level_of(heights, edge->upper);
	unsigned depth = depth_by(heights, edge);

	if (!depth || (level && level->depth >= depth))
		return false;
	if (!level) {
		level = arena_alloc(sizeof(*level));
		level->stacked = edge->upper;
		*ptr_map_at(&heights->depth, (uint64_t)(uintptr_t)edge->upper) = level;
		*ARENA_PUSH(heights->levels, heights->n) = level;
	}
	level->depth = depth;
	return true;
}

static const char *edge_text(const struct stack_edge *edge)
{
	const char *name = block_device_name(edge->lower);

	return edge->by == STACKED_BY_FILE ? arena_printf("a file system on %s", name) : name;
}

static void find_levels(const struct stack *stack, struct device *dev)
{
	struct heights heights = {.stack = stack, .dev = dev};
	bool more = true;

	for (unsigned round = 0; more && round < MAX_DEPTH; round++) {
		more = false;
		for (size_t i = 0; i < stack->n_edges; i++)
			more |= raise(&heights, &stack->edges[i]);
	}
	for (size_t i = 0; i < stack->n_edges; i++) {
		struct level *level = level_of(&heights, stack->edges[i].upper);

		if (level && depth_by(&heights, &stack->edges[i]))
			level->on = word_append(level->on, ", ", edge_text(&stack->edges[i]));
	}
	for (unsigned depth = 1; dev->n_above < heights.n; depth++) {
		for (size_t i = 0; i < heights.n; i++) {
			if (heights.levels[i]->depth == depth)
				*ARENA_PUSH(dev->above, dev->n_above) = *heights.levels[i];
		}
	}
}

struct stack stack_above_collect(struct report *report, struct block_devices *block_devices,
				 const struct held_files *held)
{
	struct search search = {
		.report = report, .all = block_devices, .stack = {.complete = true}};

	for (size_t i = 0; i < block_devices->n; i++) {
		struct block_device *b = &block_devices->v[i];

		*ptr_map_at(&search.by_addr, b->addr) = b;
		if (b->inode)
			*ptr_map_at(&search.by_mapping, k_at(b->inode, KM_INODE_DATA)) = b;
		if (b->holder_dir.v)
			*ptr_map_at(&search.by_holder_dir, b->holder_dir.v) = b;
	}
	read_slaves(&search);
	read_loops(&search, held);
	climb(&search);
	for (size_t i = 0; search.stack.n_edges && i < report->n_devices; i++)
		find_levels(&search.stack, &report->devices[i]);
	if (search.unnamed || (search.dm_read && !search.dm.complete))
		problem_add(&report->problems,
			    "names of device mapper could not be read in full: those of stacked "
			    "devices may be missing");
	if (!search.stack.complete)
		problem_add(&report->problems,
			    "what block devices are made of could not be read in full: stacked "
			    "devices may be missing");
	return search.stack;
}

const struct stacked *stack_loop_on(const struct stack *stack, const struct block_device *lower,
				    uint32_t number)
{
	const char *name = arena_printf("loop%u", number);

	for (size_t i = 0; i < stack->n_edges; i++) {
		const struct stack_edge *edge = &stack->edges[i];

		if (edge->lower == lower && edge->by == STACKED_BY_LOOP &&
		    !strcmp(edge->upper->name, name))
			return edge->upper;
	}
	return NULL;
}
