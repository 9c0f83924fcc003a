// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks through the kernel's linked lists: list_head, hlist_head, hlist_nulls_head, sk_buff_head.
 *
 * A node of each of them begins with a pointer to the next node and a pointer back to the one before it. So a
 * damaged pointer is noticed at the first wrong step, and no walk goes in a circle: each node has only one before
 * it, and the head has none.
 *
 *	struct klist list = klist_of(head, "super_blocks");
 *
 *	while (klist_next(&list))
 *		... list.node ...
 *	if (!list.complete)
 *		... something is missing ...
 */
#ifndef NBD_RESOLVE_KLIST_H
#define NBD_RESOLVE_KLIST_H

#include "base/num.h"

struct klist {
	uint64_t node; /* address of the list_head (hlist_node, ...) inside the current object */
	bool complete; /* after the walk: every node was seen */
	/* klist.c's own */
	num next, last;
	uint64_t head, end;
	const char *what;
};

/* A circular list (list_head, sk_buff_head), whose head is at that address. When the head is unknown or cannot be
 * read, the walk ends at once and is not complete. what names the list in crash's debug output; it is not copied. */
struct klist klist_of(num head, const char *what);

/* The list of a hlist_head or hlist_nulls_head at the address head, whose value first is. end is the value of next
 * in the last node: 0, or klist_nulls() of the bucket. what as for klist_of(). */
struct klist klist_of_bucket(uint64_t head, uint64_t first, uint64_t end, const char *what);

/* NULLS_MARKER() of include/linux/list_nulls.h: the chain of a bucket ends with it. */
static inline uint64_t klist_nulls(uint64_t bucket)
{
	return bucket << 1 | 1;
}

/* Goes to the next node. Returns false when there is no other: after the last one, where the list is damaged or
 * cannot be read, and after Ctrl-C; list->complete tells the first from the others. */
bool klist_next(struct klist *list);

#endif
