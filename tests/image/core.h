// SPDX-License-Identifier: GPL-2.0-or-later
/* An image as it is read: image_format.h. */
#ifndef NBD_TEST_CORE_H
#define NBD_TEST_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;

/*
 * Opens an ELF file of size bytes. They are not copied: they must stay until core_close(), and what
 * is changed in them, in a segment for instance, is seen by the next read. Opening is cheap, nothing
 * is parsed but ELF's own tables. NULL when it is no image.
 */
struct core *core_open(void *elf, size_t size);
void core_close(struct core *core);

/* Where the memory at an address is in the file: *len becomes how much of what was asked for there is
 * in one piece. NULL when there is none. */
uint8_t *core_memory(const struct core *core, uint64_t addr, size_t *len);

/* Copies len bytes of memory. False when some are not in the image. */
bool core_read(const struct core *core, uint64_t addr, void *buf, size_t len);

/* From now on these len bytes cannot be read, as if the dump lacked them; until core_uncut(). Further
 * cuts than CORE_MAX_CUTS are ignored. */
#define CORE_MAX_CUTS 16
void core_cut(struct core *core, uint64_t addr, size_t len);
void core_uncut(struct core *core);

/* Whether the address is in a segment with code. */
bool core_is_code(const struct core *core, uint64_t addr);

/* Address of a symbol; false when there is none. */
bool core_symbol(const struct core *core, const char *name, uint64_t *addr);

/* The symbol with the highest address that is not above addr, NULL when there is none. */
const char *core_symbol_at(const struct core *core, uint64_t addr, uint64_t *start);

/* Size of a structure (member NULL) or of a member of it, and the member's offset. False when this
 * kernel has none such. */
bool core_layout(const struct core *core, const char *type, const char *member, size_t *offset,
		 size_t *size);

#endif
