// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of kernel memory that were read a moment ago. A read of a compressed vmcore costs by the page, not by
 * the byte: neighbours in a slab, and members of one structure, shall pay for their page once.
 */
#ifndef NBD_BASE_PAGE_CACHE_H
#define NBD_BASE_PAGE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smallest page of all kernels: no read of it crosses what they map. */
#define PAGE_CACHE_PAGE 4096
/* Pages of which the cache keeps the newest ones together. */
#define PAGE_CACHE_WAYS 8
/* 12 MiB: among a million open files, what nbd's 1311 sockets and their other ends lie in is in there until the last one
 * that asks for it. A third of it would read each of these pages twice. */
#define PAGE_CACHE_SETS	 384
#define PAGE_CACHE_LINES (PAGE_CACHE_SETS * PAGE_CACHE_WAYS)

/* A zero-initialised cache is empty. A line's memory is taken when it is first used, and page_cache_free() gives it back: the
 * arena would keep it until the command has ended. So a cache must be where that is reached however a command is left. */
struct page_cache {
	struct page_cache_set {
		uint64_t page[PAGE_CACHE_WAYS]; /* address, 0: none */
		uint8_t *bytes[PAGE_CACHE_WAYS];
		size_t oldest;
	} * sets;
	size_t n_sets; /* 0: PAGE_CACHE_SETS */
};

/* Reads len bytes at addr into buf. what names them in debug output. False when they cannot be read. */
typedef bool page_cache_fetch(uint64_t addr, void *buf, size_t len, const char *what);

/* Copies len bytes at addr to buf; pages that are not in the cache yet are read with fetch. False when one of
 * them could not be read as a whole; the contents of buf are then undefined. */
bool page_cache_read(struct page_cache *cache, uint64_t addr, void *buf, size_t len,
		     page_cache_fetch *fetch, const char *what);

/* Empties the cache. */
void page_cache_free(struct page_cache *cache);

#endif
