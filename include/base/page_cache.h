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
/* 4 MiB. Twice as many would save 3 of 100 reads. */
#define PAGE_CACHE_LINES 1024

/* A zero-initialised cache is empty. Its memory belongs to the arena; a line's is taken when it is first used. */
struct page_cache {
	struct page_cache_line {
		uint64_t page; /* address, 0: none */
		uint8_t bytes[PAGE_CACHE_PAGE];
	} * *lines;
};

/* Reads len bytes at addr into buf. what names them in debug output. False when they cannot be read. */
typedef bool page_cache_fetch(uint64_t addr, void *buf, size_t len, const char *what);

/* Copies len bytes at addr to buf; pages that are not in the cache yet are read with fetch. False when one of
 * them could not be read as a whole; the contents of buf are then undefined. */
bool page_cache_read(struct page_cache *cache, uint64_t addr, void *buf, size_t len,
		     page_cache_fetch *fetch, const char *what);

#endif
