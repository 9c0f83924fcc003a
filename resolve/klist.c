// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/klist.h"

#include "resolve/kernel_types.h"

/* How each node begins, and so do the heads list_head and sk_buff_head. */
struct links {
	uint64_t next, back;
};

struct klist klist_of(num head, const char *what)
{
	struct klist list = {.node = head.v, .head = head.v, .end = head.v, .what = what};
	struct links links;

	if (head.known && k_read(head.v, &links, sizeof(links), what)) {
		list.next = NUM(links.next);
		list.last = NUM(links.back);
	}
	return list;
}

struct klist klist_of_bucket(uint64_t head, uint64_t first, uint64_t end, const char *what)
{
	return (struct klist){
		.node = head, .next = NUM(first), .head = head, .end = end, .what = what};
}

bool klist_next(struct klist *list)
{
	struct links links;

	if (num_is(list->next, list->end)) {
		list->complete = !list->last.known || list->last.v == list->node;
		return false;
	}
	if (!list->next.known || list->next.v == list->head || k_interrupted() ||
	    !k_read(list->next.v, &links, sizeof(links), list->what) || links.back != list->node)
		return false;
	list->node = list->next.v;
	list->next.v = links.next;
	return true;
}
