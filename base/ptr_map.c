// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ptr_map.h"

#include "base/arena.h"

#define FIRST_BITS 6

/* Fibonacci hashing: slab addresses differ in the middle bits, the top bits of the product mix them. */
static size_t home(const struct ptr_map *map, uint64_t key)
{
	return (size_t)(key * 0x9e3779b97f4a7c15u >> (64 - map->bits));
}

static struct ptr_map_slot *find(const struct ptr_map *map, uint64_t key)
{
	size_t mask = ((size_t)1 << map->bits) - 1;
	size_t i = home(map, key);

	while (map->slots[i].key && map->slots[i].key != key)
		i = (i + 1) & mask;
	return &map->slots[i];
}

void *ptr_map_get(const struct ptr_map *map, uint64_t key)
{
	return map->n && key ? find(map, key)->value : NULL;
}

static void grow(struct ptr_map *map)
{
	struct ptr_map old = *map;

	map->bits = old.bits ? old.bits + 1 : FIRST_BITS;
	map->slots = arena_alloc(sizeof(*map->slots) << map->bits);
	for (size_t i = 0; old.bits && i < (size_t)1 << old.bits; i++) {
		if (old.slots[i].key)
			*find(map, old.slots[i].key) = old.slots[i];
	}
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
		map->n++;
	}
	return &slot->value;
}
