// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/writeback.h"

#include <string.h>

#include "resolve/kernel_types.h"

static bool writes_back(const struct kernel_stack *stack)
{
	for (size_t i = 0; i < stack->n_frames; i++) {
		if (!strcmp(stack->frames[i].function, "writeback_sb_inodes"))
			return true;
	}
	return false;
}

const struct block_device *writeback_of(const struct kernel_stack *stack,
					const struct block_devices *block_devices,
					uint64_t *super_block)
{
	bool may = writes_back(stack) && k_has(KM_SB_BDEV);

	for (size_t w = 0; may && w < stack->n_words; w++) {
		num bdev =
			stack->words[w] >> 63 ? k_num_at(stack->words[w], KM_SB_BDEV) : NUM_UNKNOWN;

		for (size_t i = 0; bdev.v && i < block_devices->n; i++) {
			const struct block_device *b = &block_devices->v[i];

			if (b->addr != bdev.v || (!b->nbd && !b->stacked))
				continue;
			*super_block = stack->words[w];
			return b;
		}
	}
	return NULL;
}
