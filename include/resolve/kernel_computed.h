// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts of nbd's structures computed from the order of their members, for images that hold neither
 * nbd's debuginfo nor BTF of it.
 *
 * The order differs between kernels. What nbd's module contains leaves a few candidates; which of them is right
 * must be seen in the image (anchors.h).
 */
#ifndef NBD_RESOLVE_KERNEL_COMPUTED_H
#define NBD_RESOLVE_KERNEL_COMPUTED_H

#include <stddef.h>

#include "base/num.h"

#define COMPUTED_STRUCTS 4
/* No more candidates than this, whatever the module contains. */
#define COMPUTED_MAX 64

/* What is asked about the kernel image. */
struct computed_image {
	/* Size in bytes of a structure of the kernel proper ("mutex"), -1 when there is none. */
	long (*size_of)(const char *structure);
	/* 1 or 0: whether module nbd has this function, contains this text. Unknown when that cannot be told. */
	num (*has_function)(const char *name);
	num (*has_text)(const char *text);
};

/* One order of members for each structure. */
struct computed_layout {
	const struct computed_image *image;
	const struct computed_variant *variants[COMPUTED_STRUCTS];
};

/* Fills layouts[] with all candidates that the contents of the module allow, and returns their number. What is
 * unknown about the module excludes none. The candidates use image: it must live as long as they do. */
size_t computed_candidates(const struct computed_image *image,
			   struct computed_layout layouts[COMPUTED_MAX]);

/* Size in bytes of a structure ("nbd_cmd"), -1 when there is none or the size of a member's type is
 * unknown. nbd_config and nbd_sock are without their last members, which nothing reads. */
long computed_size(const struct computed_layout *layout, const char *structure);

/* Offset in bytes of a member; its size in *size. -1 when there is none, or when the size of a type
 * before it is unknown. */
long computed_member(const struct computed_layout *layout, const char *structure,
		     const char *member, size_t *size);

/* Compares a candidate with the image. Returns NULL when it fits, else a sentence that says why not; *held becomes
 * the number of checks that held before. */
typedef const char *computed_check(const struct computed_layout *layout, size_t *held);

/* The only candidate that fits, in static memory until the next call. NULL when none fits or several do; *why then
 * becomes the reason as a sentence: where none fits, what is wrong with the one that came closest. */
const struct computed_layout *computed_choose(const struct computed_image *image,
					      computed_check *check, const char **why);

#endif
