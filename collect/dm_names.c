// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/dm_names.h"

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/rbtree.h"
#include "resolve/symbols.h"

/* NUM_BUCKETS of _name_buckets */
#define BUCKETS 64
/* DM_UUID_LEN; DM_NAME_LEN is one less. */
#define MAX_TEXT 129
/* struct hash_cell in words: two links, then name, uuid and md. Linux kernel commit b82096afc8af ("dm ioctl: replace
 * device hash with red-black tree") (in v5.13) made the links nodes of trees, with two flags behind them. */
#define LISTED_NAME 4
#define TREE_NAME   7
enum { CELL_NAME, CELL_UUID, CELL_DEVICE, CELL_WORDS };

/* A cell whose name is the first-th word. */
static bool add_cell(struct dm_names *names, uint64_t cell, size_t first)
{
	uint64_t words[CELL_WORDS];
	struct dm_name *name = arena_alloc(sizeof(*name));

	if (!k_read(cell + first * sizeof(*words), words, sizeof(words), "hash_cell"))
		return false;
	if (words[CELL_NAME])
		name->name = k_text(words[CELL_NAME], MAX_TEXT, "hash_cell.name");
	if (words[CELL_UUID])
		name->uuid = k_text(words[CELL_UUID], MAX_TEXT, "hash_cell.uuid");
	if (words[CELL_DEVICE])
		*ptr_map_at(&names->by_device, words[CELL_DEVICE]) = name;
	return name->name && (name->uuid || !words[CELL_UUID]);
}

static bool add_node(void *names, uint64_t node)
{
	return add_cell(names, node, TREE_NAME);
}

static bool add_bucket(struct dm_names *names, uint64_t head)
{
	struct klist cells = klist_of(NUM(head), "_name_buckets");
	bool complete = true;

	while (klist_next(&cells))
		complete &= add_cell(names, cells.node, LISTED_NAME);
	return complete && cells.complete;
}

struct dm_names dm_names_read(void)
{
	num tree = k_symbol("name_rb_tree"), buckets = k_symbol("_name_buckets");
	struct dm_names names = {.complete = true};

	if (tree.known) {
		names.complete = rbtree_walk(tree.v, add_node, &names);
	} else if (buckets.known) {
		for (uint64_t i = 0; i < BUCKETS; i++)
			names.complete &= add_bucket(&names, buckets.v + i * 2 * sizeof(uint64_t));
	} else {
		names.complete = false;
	}
	return names;
}
