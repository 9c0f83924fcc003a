// SPDX-License-Identifier: GPL-2.0-or-later
/* A map from kernel addresses to pointers of ours, made for millions of misses. Pure. */
#ifndef NBD_BASE_PTR_MAP_H
#define NBD_BASE_PTR_MAP_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialised: empty. Its memory belongs to the arena. */
struct ptr_map {
	struct ptr_map_slot {
		uint64_t key;
		void *value;
	} * slots;
	size_t n;
	unsigned bits;
};

/* The value of key, NULL when there is none. key 0 is never found. */
void *ptr_map_get(const struct ptr_map *map, uint64_t key);

/* Where the value of key is kept, NULL in there when key is new. key must not be 0. Valid until the
 * next call. */
void **ptr_map_at(struct ptr_map *map, uint64_t key);

#endif
