// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/arena.h"
#include "base/page_cache.h"
#include "unit.h"

#define BASE	 0xffff888000000000
#define PAGES	 (2 * PAGE_CACHE_LINES)
#define NO_PAGE	 (BASE + 7 * PAGE_CACHE_PAGE)
#define LAST_NUM (PAGE_CACHE_PAGE / sizeof(uint64_t) - 1)

static struct page_cache cache;
static size_t fetched;

/* Memory in which each 8 bytes hold their own address; one page is missing. */
static bool fetch(uint64_t addr, void *buf, size_t len, const char *what)
{
	uint64_t *words = buf;

	ck_assert_str_eq(what, "test");
	ck_assert_uint_eq(addr % PAGE_CACHE_PAGE, 0);
	ck_assert_uint_eq(len, PAGE_CACHE_PAGE);
	fetched++;
	for (size_t i = 0; i <= LAST_NUM; i++)
		words[i] = addr + i * sizeof(*words);
	return addr != NO_PAGE;
}

static bool get(uint64_t addr, uint64_t *words, size_t n)
{
	return page_cache_read(&cache, addr, words, n * sizeof(*words), fetch, "test");
}

static void setup(void)
{
	memset(&cache, 0, sizeof(cache));
	fetched = 0;
}

static void teardown(void)
{
	page_cache_free(&cache);
}

START_TEST(a_page_is_fetched_once)
{
	uint64_t word;

	for (uint64_t addr = BASE; addr < BASE + PAGE_CACHE_PAGE; addr += sizeof(word)) {
		ck_assert(get(addr, &word, 1));
		ck_assert_uint_eq(word, addr);
	}
	ck_assert_uint_eq(fetched, 1);
}
END_TEST

/* Pages that share a line must not be taken for each other. */
START_TEST(every_page_is_itself)
{
	uint64_t word;

	for (int round = 0; round < 2; round++) {
		for (uint64_t page = 0; page < PAGES; page++) {
			uint64_t addr = BASE + page * PAGE_CACHE_PAGE + 16;

			ck_assert_int_eq(get(addr, &word, 1), addr - 16 != NO_PAGE);
			ck_assert(addr - 16 == NO_PAGE || word == addr);
		}
	}
	ck_assert_uint_eq(fetched, 2 * PAGES);
}
END_TEST

/* As many pages of one set as it has room for stay there, and so do all others meanwhile. */
START_TEST(a_set_keeps_its_newest_pages)
{
	uint64_t word;

	for (int round = 0; round < 3; round++) {
		for (uint64_t way = 0; way < PAGE_CACHE_WAYS; way++) {
			uint64_t page = BASE + (way + 8) * PAGE_CACHE_SETS * PAGE_CACHE_PAGE;

			ck_assert(get(page, &word, 1));
			ck_assert_uint_eq(word, page);
			ck_assert(get(page + PAGE_CACHE_PAGE, &word, 1));
			ck_assert_uint_eq(word, page + PAGE_CACHE_PAGE);
		}
	}
	ck_assert_uint_eq(fetched, 2 * PAGE_CACHE_WAYS);
}
END_TEST

/* What is read only once has a cache of two sets. */
START_TEST(a_small_cache_keeps_less)
{
	uint64_t word;

	cache.n_sets = 2;
	for (int round = 0; round < 2; round++) {
		for (uint64_t page = 8; page < 8 + 2 * PAGE_CACHE_WAYS + 2; page++) {
			ck_assert(get(BASE + page * PAGE_CACHE_PAGE, &word, 1));
			ck_assert_uint_eq(word, BASE + page * PAGE_CACHE_PAGE);
		}
	}
	ck_assert_uint_eq(fetched, 2 * (2 * PAGE_CACHE_WAYS + 2));
}
END_TEST

START_TEST(a_read_may_cross_pages)
{
	uint64_t words[2], addr = BASE + PAGE_CACHE_PAGE - sizeof(*words);

	ck_assert(get(addr, words, 2));
	ck_assert_uint_eq(words[0], addr);
	ck_assert_uint_eq(words[1], BASE + PAGE_CACHE_PAGE);
	ck_assert_uint_eq(fetched, 2);
}
END_TEST

START_TEST(what_was_freed_is_fetched_again)
{
	uint64_t word;

	for (size_t round = 1; round <= 2; round++) {
		ck_assert(get(BASE, &word, 1));
		ck_assert_uint_eq(fetched, round);
		page_cache_free(&cache);
	}
}
END_TEST

/* Not even after the page before it was read, and not from the line that the failure has spoilt. */
START_TEST(what_cannot_be_read_is_not_there)
{
	uint64_t words[2];

	ck_assert(!get(NO_PAGE - sizeof(*words), words, 2));
	ck_assert(!get(NO_PAGE, words, 1));
	ck_assert(!get(NO_PAGE, words, 1));
	ck_assert(!get(16, words, 1));
}
END_TEST

TCase *page_cache_case(void)
{
	TCase *c = tcase_create("page_cache");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_page_is_fetched_once);
	tcase_add_test(c, every_page_is_itself);
	tcase_add_test(c, a_set_keeps_its_newest_pages);
	tcase_add_test(c, a_small_cache_keeps_less);
	tcase_add_test(c, a_read_may_cross_pages);
	tcase_add_test(c, what_was_freed_is_fetched_again);
	tcase_add_test(c, what_cannot_be_read_is_not_there);
	return c;
}
