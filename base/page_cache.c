// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/page_cache.h"

#include <string.h>

#include "base/arena.h"

static struct page_cache_set *set_of(struct page_cache *cache, uint64_t page)
{
	size_t n = cache->n_sets ? cache->n_sets : PAGE_CACHE_SETS;

	if (!cache->sets)
		cache->sets = arena_alloc(n * sizeof(*cache->sets));
	return &cache->sets[page / PAGE_CACHE_PAGE % n];
}

/* The bytes of the page, NULL when it cannot be read. */
static const uint8_t *find(struct page_cache *cache, uint64_t page, page_cache_fetch *fetch,
			   const char *what)
{
	struct page_cache_set *set = set_of(cache, page);
	size_t oldest = set->oldest;

	for (size_t i = 0; i < PAGE_CACHE_WAYS; i++) {
		if (set->page[i] == page)
			return set->bytes[i];
	}
	if (!set->bytes[oldest])
		set->bytes[oldest] = arena_alloc(PAGE_CACHE_PAGE);
	set->page[oldest] = 0;
	if (!fetch(page, set->bytes[oldest], PAGE_CACHE_PAGE, what))
		return NULL;
	set->page[oldest] = page;
	set->oldest = (oldest + 1) % PAGE_CACHE_WAYS;
	return set->bytes[oldest];
}

bool page_cache_read(struct page_cache *cache, uint64_t addr, void *buf, size_t len,
		     page_cache_fetch *fetch, const char *what)
{
	uint8_t *to = buf;

	while (len) {
		size_t offset = addr % PAGE_CACHE_PAGE;
		size_t n = PAGE_CACHE_PAGE - offset < len ? PAGE_CACHE_PAGE - offset : len;
		/* No kernel has anything in page 0. */
		const uint8_t *bytes =
			addr < PAGE_CACHE_PAGE ? NULL : find(cache, addr - offset, fetch, what);

		if (!bytes)
			return false;
		memcpy(to, bytes + offset, n);
		to += n;
		addr += n;
		len -= n;
	}
	return true;
}
