// SPDX-License-Identifier: GPL-2.0-or-later
/* A map from kernel addresses to our own pointers, made for millions of look-ups most of which find nothing. */
#ifndef NBD_BASE_PTR_MAP_H
#define NBD_BASE_PTR_MAP_H

#include <stddef.h>
#include <stdint.h>

/* A zero-initialised map is empty. Its memory belongs to the arena. */
struct ptr_map {
	struct ptr_map_slot {
		uint64_t key;
		void *value;
	} * slots;
	/* A bit for each key, which others may share: it fits in a nearer cache of the processor. */
	uint64_t *filter;
	size_t n;
	unsigned bits;
};

/* The value of key, NULL when there is none, as for key 0. */
void *ptr_map_get(const struct ptr_map *map, uint64_t key);

/* The place where the value of key is kept; it holds NULL when key is new. key must not be 0. The place is valid
 * until the next call. */
void **ptr_map_at(struct ptr_map *map, uint64_t key);

/* Empties a map that is not needed any more, and gives back its memory early. */
void ptr_map_release(struct ptr_map *map);

#endif
