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
	struct btf *btf;
	unsigned end; /* one more than the last type's id */
	struct named {
		const char *name;
		unsigned id;
	} * structs; /* by name; of a module only its own */
	size_t n_structs;
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

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* libbpf looks a name up by going through all types, which are a hundred thousand. False when memory runs out. */
static bool index_structs(struct btf_types *types, unsigned first)
{
	const struct btf_type *t;
	size_t room = 0;

	for (types->end = first; (t = btf__type_by_id(types->btf, types->end)); types->end++) {
		const char *name =
			btf_is_struct(t) ? btf__name_by_offset(types->btf, t->name_off) : NULL;

		if (!name || !*name)
			continue;
		if (types->n_structs == room) {
			void *more;

			room = room ? 2 * room : 1024;
			more = realloc(types->structs, room * sizeof(*types->structs));
			if (!more)
				return false;
			types->structs = more;
		}
		types->structs[types->n_structs++] = (struct named){name, types->end};
	}
	if (types->n_structs)
		qsort(types->structs, types->n_structs, sizeof(*types->structs), by_name);
	return true;
}

/* Takes what libbpf has parsed; NULL when that is nothing. */
static struct btf_types *take(struct btf *btf, unsigned first)
{
	struct btf_types *types;

	if (libbpf_get_error(btf) || !btf)
		return NULL;
	types = calloc(1, sizeof(*types));
	if (types && (types->btf = btf) && index_structs(types, first))
		return types;
	btf__free(btf);
	if (types)
		free(types->structs);
	free(types);
	return NULL;
}

struct btf_types *btf_types_parse(const void *data, size_t size)
{
	libbpf_print_fn_t print;
	struct btf *btf;

	if (!is_aligned(data, size))
		return NULL;
	print = libbpf_set_print(quiet);
	btf = btf__new(data, (unsigned)size);
	libbpf_set_print(print);
	return take(btf, 1);
}

struct btf_types *btf_types_of_vmlinux(const char *path)
{
	libbpf_print_fn_t print = libbpf_set_print(quiet);
	struct btf *btf = btf__parse_elf(path, NULL);

	libbpf_set_print(print);
	return take(btf, 1);
}

struct btf_types *btf_types_of_module(const struct btf_types *kernel, const void *data, size_t size)
{
	libbpf_print_fn_t print;
	struct btf *btf;

	if (!is_aligned(data, size))
		return NULL;
	print = libbpf_set_print(quiet);
	btf = parse_split(data, size, kernel->btf);
	libbpf_set_print(print);
	return take(btf, kernel->end);
}

const void *btf_types_bytes(const struct btf_types *types, size_t *size)
{
	unsigned bytes = 0;
	const void *data = btf__raw_data(types->btf, &bytes);

	*size = bytes;
	return data;
}

void btf_types_free(struct btf_types *types)
{
	if (!types)
		return;
	free(types->structs);
	btf__free(types->btf);
	free(types);
}

/* The first one of that name, NULL when there is none; *n becomes how many there are. */
static const struct named *find_structs(const struct btf_types *types, const char *name, size_t *n)
{
	const struct named key = {.name = name};
	size_t low = 0, high = types->n_structs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_name(&types->structs[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < types->n_structs && !by_name(&types->structs[low + *n], &key);)
		++*n;
	return *n ? &types->structs[low] : NULL;
}

size_t btf_types_count(const struct btf_types *types, const char *structure)
{
	size_t n;

	find_structs(types, structure, &n);
	return n;
}

/* NULL also when there are several. */
static const struct btf_type *find_struct(const struct btf_types *types, const char *name)
{
	size_t n;
	const struct named *found = find_structs(types, name, &n);

	return n == 1 ? btf__type_by_id(types->btf, found->id) : NULL;
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

	return t ? find_member(types->btf, t, member, size, 0, &left) : -1;
}
