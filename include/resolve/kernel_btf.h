// SPDX-License-Identifier: GPL-2.0-or-later
/* Layouts from BTF, the type information that the kernel carries about itself (for modules from 5.11 on), and that is in
 * its vmlinux, too. Uses libbpf. */
#ifndef NBD_RESOLVE_KERNEL_BTF_H
#define NBD_RESOLVE_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>

struct btf_types;

/* All of these return NULL when that is not valid BTF, and when memory runs out. Free the result with btf_types_free(), a
 * module's before the kernel's. */

/* The kernel proper's types. The bytes are copied. */
struct btf_types *btf_types_parse(const void *data, size_t size);

/* The same from the file of a vmlinux. */
struct btf_types *btf_types_of_vmlinux(const char *path);

/* A module's own types, which build on the kernel's. The bytes are copied. */
struct btf_types *btf_types_of_module(const struct btf_types *kernel, const void *data,
				      size_t size);

void btf_types_free(struct btf_types *types);

/* The bytes that the types were parsed from, valid as long as types. */
const void *btf_types_bytes(const struct btf_types *types, size_t *size);

/* How many structures of that name ("nbd_config") there are: of several the BTF does not tell which one is meant. */
size_t btf_types_count(const struct btf_types *types, const char *structure);

/* Size in bytes of a structure, -1 unless there is exactly one of that name. */
long btf_types_size(const struct btf_types *types, const char *structure);

/* Offset in bytes of a member, also inside anonymous members; its size in *size. -1 when there is none
 * of that name, when it is a bit field, and as above. */
long btf_types_member(const struct btf_types *types, const char *structure, const char *member,
		      size_t *size);

#endif
