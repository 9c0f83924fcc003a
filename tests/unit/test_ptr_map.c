// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"
#include "base/ptr_map.h"
#include "unit.h"

#define N 100000

START_TEST(finds_what_was_put_in_and_nothing_else)
{
	struct ptr_map map = {0};
	static char values[N];

	ck_assert_ptr_null(ptr_map_get(&map, 0xffff888000000000));
	for (uint64_t i = 0; i < N; i++)
		*ptr_map_at(&map, 0xffff888000000000 + i * 256) = &values[i];
	ck_assert_uint_eq(map.n, N);
	for (uint64_t i = 0; i < N; i++) {
		ck_assert_ptr_eq(ptr_map_get(&map, 0xffff888000000000 + i * 256), &values[i]);
		ck_assert_ptr_null(ptr_map_get(&map, 0xffff888000000000 + i * 256 + 8));
	}
	ck_assert_ptr_null(ptr_map_get(&map, 0));
}
END_TEST

START_TEST(same_key_same_place)
{
	struct ptr_map map = {0};
	int value;

	*ptr_map_at(&map, 42) = &value;
	ck_assert_ptr_eq(*ptr_map_at(&map, 42), &value);
	ck_assert_uint_eq(map.n, 1);
}
END_TEST

/* Slots of 16 bytes, at most half of them used, and 16 bits each in the filter. */
START_TEST(takes_the_room_of_its_slots)
{
	struct ptr_map map = {0};

	for (uint64_t i = 1; i <= N; i++)
		*ptr_map_at(&map, i) = &map;
	ck_assert_uint_le(arena_used(), 262144 * (16 + 2) + 256 * 1024);
	ptr_map_release(&map);
	ck_assert_uint_le(arena_used(), 256 * 1024);
	ck_assert_ptr_null(ptr_map_get(&map, 1));
	*ptr_map_at(&map, 1) = &map;
	ck_assert_ptr_eq(ptr_map_get(&map, 1), &map);
	ck_assert_uint_eq(map.n, 1);
}
END_TEST

TCase *ptr_map_case(void)
{
	TCase *c = tcase_create("ptr_map");

	tcase_add_checked_fixture(c, NULL, arena_free_all);
	tcase_add_test(c, finds_what_was_put_in_and_nothing_else);
	tcase_add_test(c, same_key_same_place);
	tcase_add_test(c, takes_the_room_of_its_slots);
	return c;
}
