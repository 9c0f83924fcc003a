// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/page_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void *memory(size_t size)
{
	void *p = malloc(size);

	if (!p)
		arena_exhausted();
	return p;
}

static size_t count_sets(const struct page_cache *cache)
{
	return cache->n_sets ? cache->n_sets : PAGE_CACHE_SETS;
}

static struct page_cache_set *set_of(struct page_cache *cache, uint64_t page)
{
	size_t n = count_sets(cache);

	if (!cache->sets) {
		cache->sets = memory(n * sizeof(*cache->sets));
		memset(cache->sets, 0, n * sizeof(*cache->sets));
	}
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
		set->bytes[oldest] = memory(PAGE_CACHE_PAGE);
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

void page_cache_free(struct page_cache *cache)
{
	for (size_t i = 0; cache->sets && i < count_sets(cache); i++) {
		for (size_t way = 0; way < PAGE_CACHE_WAYS; way++) {
			free(cache->sets[i].bytes[way]);
			cache->sets[i].bytes[way] = NULL;
		}
	}
	free(cache->sets);
	cache->sets = NULL;
}
