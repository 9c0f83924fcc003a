// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/idr.h"

#include "resolve/kernel_types.h"
#include "resolve/symbols.h"
#include "base/ptr_map.h"

/* What is numbered like devices has no larger ids. */
#define MAX_ID	  (1u << MINOR_BITS)
#define MAX_SHIFT 24
/* XA_CHUNK_SIZE, and RADIX_TREE_MAP_SIZE before: 64 slots in a node, or 16. */
#define MAX_SLOTS 64

/* The form that the tree of an idr has in this kernel, and the state of the walk through it. */
struct tree {
	enum kmember shift, count, slots;
	uint64_t node_tag; /* the two lowest bits of a pointer to an inner node */
	size_t n_slots;
	struct ptr_map seen; /* nodes that were visited: a second visit is a circle */
	bool damaged;
	idr_visit *visit;
	void *context;
};

static void walk_tree(struct tree *tree, uint64_t entry, uint64_t first, unsigned max_shift)
{
	uint64_t slots[MAX_SLOTS], node = entry - tree->node_tag;
	size_t used = 0;
	num shift, count;
	void **seen;

	if (!entry)
		return;
	if ((entry & 3) != tree->node_tag) {
		/* Only a damaged table has entries that are no pointers. */
		if (entry & 3 || first >= MAX_ID)
			tree->damaged = true;
		else
			tree->visit(tree->context, (uint32_t)first, entry);
		return;
	}
	seen = ptr_map_at(&tree->seen, entry);
	shift = k_num_at(node, tree->shift);
	if (*seen || !shift.known || shift.v > max_shift || k_interrupted() ||
	    !k_read(k_at(node, tree->slots), slots, tree->n_slots * sizeof(*slots),
		    "xa_node.slots")) {
		tree->damaged = true;
		return;
	}
	*seen = tree;
	count = k_num_at(node, tree->count);
	for (size_t i = 0; i < tree->n_slots; i++) {
		used += slots[i] != 0;
		if (!shift.v && (slots[i] & 3) == tree->node_tag && slots[i])
			tree->damaged = true; /* an inner node below the lowest level */
		else
			walk_tree(tree, slots[i], first + (i << shift.v),
				  shift.v ? (unsigned)shift.v - 1 : 0);
	}
	tree->damaged |= count.known && count.v != used;
}

/* The tree became an xarray with tag 2 in v4.20, commit f8d5d0cc145c; before it was a radix tree with tag 1. */
static struct tree tree_of_this_kernel(idr_visit *visit, void *context)
{
	bool xarray = k_has(KM_XARRAY_HEAD);
	struct tree tree = {
		.shift = xarray ? KM_XA_NODE_SHIFT : KM_RADIX_NODE_SHIFT,
		.count = xarray ? KM_XA_NODE_COUNT : KM_RADIX_NODE_COUNT,
		.slots = xarray ? KM_XA_NODE_SLOTS : KM_RADIX_NODE_SLOTS,
		.node_tag = xarray ? 2 : 1,
		.visit = visit,
		.context = context,
	};

	tree.n_slots = k_member_size(tree.slots) / sizeof(uint64_t);
	return tree;
}

static bool walk(num head, uint64_t base, idr_visit *visit, void *context)
{
	struct tree tree = tree_of_this_kernel(visit, context);

	if (!head.known || tree.n_slots > MAX_SLOTS || !tree.n_slots)
		return false;
	walk_tree(&tree, head.v, base, MAX_SHIFT);
	return !tree.damaged;
}

bool idr_walk(const char *symbol, idr_visit *visit, void *context)
{
	num idr = k_has(KM_IDR_RT) ? k_symbol(symbol) : NUM_UNKNOWN;
	uint64_t root = k_at(idr.v, KM_IDR_RT);
	num base = k_num_at(idr.v, KM_IDR_BASE);

	if (!idr.known || (k_has(KM_IDR_BASE) && !base.known))
		return false;
	return walk(k_num_at(root, k_has(KM_XARRAY_HEAD) ? KM_XARRAY_HEAD : KM_RADIX_RNODE), base.v,
		    visit, context);
}

bool idr_walk_xarray(uint64_t xarray, idr_visit *visit, void *context)
{
	return walk(k_num_at(xarray, KM_XARRAY_HEAD), 0, visit, context);
}
