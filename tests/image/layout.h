// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts of kernel structures, computed from small text files (README.md says how they are
 * written): members in the kernel's order, offsets by the natural alignment of their types.
 */
#ifndef NBD_TEST_LAYOUT_H
#define NBD_TEST_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "image_format.h"

struct layout;

/* Reads directory/name and what it includes. A mistake in a file ends the program with its line.
 * Free with layout_free(). */
struct layout *layout_load(const char *directory, const char *name);
void layout_free(struct layout *layout);

/* Size of a structure or a plain type ("ptr") in bytes, 0 when this kernel has none such. */
size_t layout_size(const struct layout *layout, const char *type);

/* Where a member of a structure is: "index", "tag_set.timeout", "numbers[0].nr". False when this
 * kernel has none such. size may be NULL. */
bool layout_member(const struct layout *layout, const char *type, const char *path, size_t *offset,
		   size_t *size);

/* All structures and members, sorted for layout_entry_compare(); those whose structure's name begins
 * with without (may be NULL) are left out. *n becomes their number; free() them. */
struct layout_entry *layout_entries(const struct layout *layout, const char *without, size_t *n);

#endif
