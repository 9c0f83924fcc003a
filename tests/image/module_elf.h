// SPDX-License-Identifier: GPL-2.0-or-later
/* A module's file as `mod -s` is given it: an ELF file with a build-id, a section of data and a variable there. */
#ifndef NBD_TEST_MODULE_ELF_H
#define NBD_TEST_MODULE_ELF_H

#include <stddef.h>
#include <stdint.h>

struct module_elf {
	const void *build_id; /* NULL: without such a note */
	size_t len;
	const char *symbol; /* NULL: none */
	uint64_t offset;    /* of the symbol in .data */
};

/* Writes it into a new file, whose name is returned; unlink() and free() it. */
char *module_elf_write(const struct module_elf *module);

#endif
