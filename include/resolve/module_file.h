// SPDX-License-Identifier: GPL-2.0-or-later
/* A module's file (ELF), such as `mod -s` has been given. */
#ifndef NBD_RESOLVE_MODULE_FILE_H
#define NBD_RESOLVE_MODULE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which build something is of, as the linker has noted it; len is 0 where that is unknown. 20 bytes are usual. */
struct build_id {
	size_t len;
	uint8_t bytes[64];
};

struct build_id module_file_build_id(const char *path);

/* Where a symbol is: in which section, and how far from its beginning. */
#define MODULE_SECTION_NAME 64
struct module_place {
	char section[MODULE_SECTION_NAME];
	uint64_t offset;
};

/* False when the file has no such symbol in a section of its own, and when it cannot be read. */
bool module_file_symbol(const char *path, const char *name, struct module_place *place);

#endif
