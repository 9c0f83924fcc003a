// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An image is one ELF core file: memory in PT_LOAD segments (p_vaddr is the kernel's address, PF_X
 * marks code), the kernel's symbols in .symtab, and in a section of its own what crash would learn
 * from debuginfo.
 */
#ifndef NBD_TEST_IMAGE_FORMAT_H
#define NBD_TEST_IMAGE_FORMAT_H

#include <stdint.h>
#include <string.h>

#define LAYOUT_SECTION ".layout"
#define LAYOUT_NAME    32

/* A member of a structure, or with an empty member the structure itself. The section is an array of
 * these in the order of layout_entry_compare(). */
struct layout_entry {
	char type[LAYOUT_NAME], member[LAYOUT_NAME];
	uint32_t offset, size;
};

static inline int layout_entry_compare(const void *a, const void *b)
{
	const struct layout_entry *x = a, *y = b;
	int by_type = strncmp(x->type, y->type, LAYOUT_NAME);

	return by_type ? by_type : strncmp(x->member, y->member, LAYOUT_NAME);
}

#endif
