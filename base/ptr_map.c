// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ptr_map.h"

#include <stdbool.h>

#include "base/arena.h"

#define FIRST_BITS 6
/* Bits of the filter for each slot, as a power of two: of 32 keys that are not in a full map 31 end there. */
#define FILTER_BITS 4

/* Fibonacci hashing: slab addresses differ in the middle bits, the top bits of the product mix them. */
static size_t hash(uint64_t key, unsigned bits)
{
	return (size_t)(key * 0x9e3779b97f4a7c15u >> (64 - bits));
}

static bool may_have(const struct ptr_map *map, uint64_t key)
{
	size_t bit = hash(key, map->bits + FILTER_BITS);

	return map->filter[bit / 64] >> bit % 64 & 1;
}

static void mark(struct ptr_map *map, uint64_t key)
{
	size_t bit = hash(key, map->bits + FILTER_BITS);

	map->filter[bit / 64] |= 1ull << bit % 64;
}

static struct ptr_map_slot *find(const struct ptr_map *map, uint64_t key)
{
	size_t mask = ((size_t)1 << map->bits) - 1;
	size_t i = hash(key, map->bits);

	while (map->slots[i].key && map->slots[i].key != key)
		i = (i + 1) & mask;
	return &map->slots[i];
}

void *ptr_map_get(const struct ptr_map *map, uint64_t key)
{
	return map->n && key && may_have(map, key) ? find(map, key)->value : NULL;
}

static size_t size_of_slots(const struct ptr_map *map)
{
	return sizeof(*map->slots) << map->bits;
}

static size_t size_of_filter(const struct ptr_map *map)
{
	return ((size_t)1 << (map->bits + FILTER_BITS)) / 8;
}

void ptr_map_release(struct ptr_map *map)
{
	if (map->bits) {
		arena_release(map->slots, size_of_slots(map));
		arena_release(map->filter, size_of_filter(map));
	}
	*map = (struct ptr_map){0};
}

static void grow(struct ptr_map *map)
{
	struct ptr_map old = *map;

	map->bits = old.bits ? old.bits + 1 : FIRST_BITS;
	map->slots = arena_alloc(size_of_slots(map));
	map->filter = arena_alloc(size_of_filter(map));
	for (size_t i = 0; old.bits && i < (size_t)1 << old.bits; i++) {
		if (!old.slots[i].key)
			continue;
		*find(map, old.slots[i].key) = old.slots[i];
		mark(map, old.slots[i].key);
	}
	ptr_map_release(&old);
}

void **ptr_map_at(struct ptr_map *map, uint64_t key)
{
	struct ptr_map_slot *slot;

	/* Half full at most, so that a miss looks at one or two slots. */
	if (!map->bits || 2 * map->n >= (size_t)1 << map->bits)
		grow(map);
	slot = find(map, key);
	if (!slot->key) {
		slot->key = key;
		mark(map, key);
		map->n++;
	}
	return &slot->value;
}
