// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks through the kernel's red-black trees: rb_root. Mirrors lib/rbtree.c.
 *
 * Each node names its parent, so that a damaged pointer is noticed at the first wrong step, and no walk goes in a
 * circle: each node has only one parent, and the root has none.
 */
#ifndef NBD_RESOLVE_RBTREE_H
#define NBD_RESOLVE_RBTREE_H

#include <stdbool.h>
#include <stdint.h>

/* Calls visit with the address of each rb_node of the rb_root at that address, in their order. False when they could
 * not all be read. visit may return false: then the walk is not complete, and goes on. */
bool rbtree_walk(uint64_t root, bool (*visit)(void *context, uint64_t node), void *context);

#endif
