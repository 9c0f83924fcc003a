// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "resolve/kernel_btf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* In broken BTF a type may contain itself, without a pointer in between, and more than once. */
#define MAX_DEPTH   8
#define MAX_MEMBERS 65536

struct btf_types {
	struct btf *base, *module;
};

/* libbpf would write its complaints about broken BTF into the user's report. */
static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* libbpf parses split BTF from files only, so the bytes are written to a memfd. */
static struct btf *parse_split(const void *data, size_t size, struct btf *base)
{
	struct btf *btf = NULL;
	char path[64];
	int fd = memfd_create("btf", MFD_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		btf = btf__parse_raw_split(path, base);
		if (libbpf_get_error(btf))
			btf = NULL;
	}
	close(fd);
	return btf;
}

/* libbpf accepts a header of any length. When it is no multiple of 4, the types behind it are not aligned as C
 * demands. */
static bool is_aligned(const void *data, size_t size)
{
	struct btf_header header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	return header.hdr_len % sizeof(uint32_t) == 0;
}

struct btf_types *btf_types_parse(const void *base, size_t base_size, const void *module,
				  size_t module_size)
{
	struct btf_types *types;
	libbpf_print_fn_t print;

	if (!is_aligned(base, base_size) || !is_aligned(module, module_size))
		return NULL;
	types = calloc(1, sizeof(*types));
	if (!types)
		return NULL;
	print = libbpf_set_print(quiet);
	types->base = btf__new(base, (unsigned)base_size);
	if (libbpf_get_error(types->base))
		types->base = NULL;
	else
		types->module = parse_split(module, module_size, types->base);
	libbpf_set_print(print);
	if (types->module)
		return types;
	btf_types_free(types);
	return NULL;
}

void btf_types_free(struct btf_types *types)
{
	btf__free(types->module);
	btf__free(types->base);
	free(types);
}

static const struct btf_type *find_struct(const struct btf_types *types, const char *name)
{
	int id = btf__find_by_name_kind(types->module, name, BTF_KIND_STRUCT);

	return id > 0 ? btf__type_by_id(types->module, (unsigned)id) : NULL;
}

long btf_types_size(const struct btf_types *types, const char *structure)
{
	const struct btf_type *t = find_struct(types, structure);

	return t ? (long)t->size : -1;
}

static long find_member(const struct btf *btf, const struct btf_type *t, const char *name,
			size_t *size, int depth, unsigned *left)
{
	const struct btf_member *m = btf_members(t);

	if (depth > MAX_DEPTH)
		return -1;
	for (unsigned i = 0; i < btf_vlen(t) && *left; i++) {
		const char *found = btf__name_by_offset(btf, m[i].name_off);
		unsigned bit = btf_member_bit_offset(t, i);

		--*left;
		if (!found || btf_member_bitfield_size(t, i) || bit % 8)
			continue;
		if (!*found) {
			const struct btf_type *inner = btf__type_by_id(btf, m[i].type);
			long offset;

			if (!inner || !btf_is_composite(inner))
				continue;
			offset = find_member(btf, inner, name, size, depth + 1, left);
			if (offset >= 0)
				return bit / 8 + offset;
		} else if (!strcmp(found, name)) {
			long long bytes = btf__resolve_size(btf, m[i].type);

			if (bytes < 0)
				return -1;
			*size = (size_t)bytes;
			return bit / 8;
		}
	}
	return -1;
}

long btf_types_member(const struct btf_types *types, const char *structure, const char *member,
		      size_t *size)
{
	const struct btf_type *t = find_struct(types, structure);
	unsigned left = MAX_MEMBERS;

	return t ? find_member(types->module, t, member, size, 0, &left) : -1;
}
