// SPDX-License-Identifier: GPL-2.0-or-later
/* Layouts from BTF, the type information that the kernel carries about itself (5.11 and later for
 * modules). Uses libbpf. */
#ifndef NBD_RESOLVE_KERNEL_BTF_H
#define NBD_RESOLVE_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>

struct btf_types;

/* Parses a module's BTF, which builds on the kernel's, base. Both byte arrays are copied; free the result with
 * btf_types_free(). NULL when either is not valid BTF, and when memory runs out. */
struct btf_types *btf_types_parse(const void *base, size_t base_size, const void *module,
				  size_t module_size);
void btf_types_free(struct btf_types *types);

/* Size in bytes of a structure ("nbd_config"), -1 when the BTF has none of that name. */
long btf_types_size(const struct btf_types *types, const char *structure);

/* Offset in bytes of a member, also inside anonymous members; its size in *size. -1 when there is none
 * of that name, and when it is a bit field. */
long btf_types_member(const struct btf_types *types, const char *structure, const char *member,
		      size_t *size);

#endif
