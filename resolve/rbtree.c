// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/rbtree.h"

#include "resolve/kernel_types.h"

/* A tree of this depth has more nodes than memory has room for. */
#define MAX_DEPTH 64
/* The low bits of the parent's address are the colour. */
#define COLOUR 3ull

struct walk {
	bool (*visit)(void *context, uint64_t node);
	void *context;
};

static bool walk_from(const struct walk *walk, uint64_t node, uint64_t parent, int depth)
{
	struct kobj o;
	num up, left, right;
	bool complete;

	if (!node)
		return true;
	if (depth > MAX_DEPTH || k_interrupted())
		return false;
	k_load(&o, K_RB_NODE, node);
	up = k_num(&o, KM_RB_NODE_PARENT);
	left = k_num(&o, KM_RB_NODE_LEFT);
	right = k_num(&o, KM_RB_NODE_RIGHT);
	if (!up.known || (up.v & ~COLOUR) != parent || !left.known || !right.known ||
	    (left.v && left.v == right.v))
		return false;
	complete = walk_from(walk, left.v, node, depth + 1);
	complete &= walk->visit(walk->context, node);
	return walk_from(walk, right.v, node, depth + 1) && complete;
}

bool rbtree_walk(uint64_t root, bool (*visit)(void *context, uint64_t node), void *context)
{
	num top = k_num_at(root, KM_RB_ROOT_NODE);

	return top.known && walk_from(&(struct walk){visit, context}, top.v, 0, 0);
}
