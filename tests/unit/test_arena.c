// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"
#include "unit.h"

#define N     100000
#define SLACK (256 * 1024) /* what is too small to be given back */

/* A host may have a hundred thousand tasks: the room that they take is theirs, not that of all shorter arrays, too. */
START_TEST(a_large_array_leaves_no_shorter_copies)
{
	uint64_t *array = NULL;
	size_t n = 0;

	for (uint64_t i = 0; i < N; i++)
		*ARENA_PUSH(array, n) = i;
	for (uint64_t i = 0; i < N; i++)
		ck_assert_uint_eq(array[i], i);
	ck_assert_uint_le(arena_used(), 131072 * sizeof(*array) + SLACK);
}
END_TEST

/* What lies between in the arena stays where it is. */
START_TEST(what_is_given_back_is_nobody_elses)
{
	char *before = arena_printf("before"), *large = arena_alloc(N), *after;

	after = arena_printf("after");
	arena_release(large, N);
	large = arena_alloc(N);
	for (size_t i = 0; i < N; i++)
		ck_assert_int_eq(large[i], 0);
	arena_release(before, sizeof("before"));
	ck_assert_str_eq(before, "before");
	ck_assert_str_eq(after, "after");
}
END_TEST

TCase *arena_case(void)
{
	TCase *c = tcase_create("arena");

	tcase_add_checked_fixture(c, NULL, arena_free_all);
	tcase_add_test(c, a_large_array_leaves_no_shorter_copies);
	tcase_add_test(c, what_is_given_back_is_nobody_elses);
	return c;
}
