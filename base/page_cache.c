// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/page_cache.h"

#include <string.h>

#include "base/arena.h"

/* The bytes of the page, NULL when it cannot be read. */
static const uint8_t *find(struct page_cache *cache, uint64_t page, page_cache_fetch *fetch,
			   const char *what)
{
	struct page_cache_line **slot, *line;

	if (!cache->lines)
		cache->lines = arena_alloc(PAGE_CACHE_LINES * sizeof(*cache->lines));
	slot = &cache->lines[page / PAGE_CACHE_PAGE % PAGE_CACHE_LINES];
	if (!*slot)
		*slot = arena_alloc(sizeof(**slot));
	line = *slot;
	if (line->page == page)
		return line->bytes;
	line->page = 0;
	if (!fetch(page, line->bytes, sizeof(line->bytes), what))
		return NULL;
	line->page = page;
	return line->bytes;
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
