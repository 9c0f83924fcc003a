// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks through the kernel's linked lists: list_head, hlist_head, hlist_nulls_head, sk_buff_head.
 *
 * The nodes of all of them begin with next and with a pointer back to where the one before has its
 * next. So a damaged pointer is noticed at the first wrong step, and no walk goes in a circle: a node
 * has one before it, and nothing comes before the head.
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

/* A circular list (list_head, sk_buff_head). An unknown head is a list that cannot be read. what names
 * the list in crash's debug output. */
struct klist klist_of(num head, const char *what);

/* A list of hlist_head or hlist_nulls_head, which is at head and holds first. end is what stands in for
 * the next of the last node: 0, or klist_nulls() of the bucket. */
struct klist klist_of_bucket(uint64_t head, uint64_t first, uint64_t end, const char *what);

/* NULLS_MARKER() of include/linux/list_nulls.h, by which the chain of a bucket ends. */
static inline uint64_t klist_nulls(uint64_t bucket)
{
	return bucket << 1 | 1;
}

/* Goes to the next node. False behind the last one, where the list is damaged or cannot be read, and
 * after Ctrl-C. */
bool klist_next(struct klist *list);

#endif
