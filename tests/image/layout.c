// SPDX-License-Identifier: GPL-2.0-or-later
#include "layout.h"

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_LINE 256
/* Structures inside structures: more is one that contains itself. */
#define MAX_DEPTH 16

static const struct {
	const char *name;
	size_t size;
} plain_types[] = {
	{"ptr", 8}, {"long", 8},  {"u64", 8}, {"int", 4},  {"u32", 4},
	{"u16", 2}, {"short", 2}, {"u8", 1},  {"char", 1}, {"bool", 1},
};

struct member {
	char name[LAYOUT_NAME], type[LAYOUT_NAME];
	size_t count; /* elements of an array, else 1 */
	bool beside;  /* in the same place as the member before: a union */
	size_t offset, size;
};

struct type {
	char name[LAYOUT_NAME];
	struct member *members;
	size_t n, size, align;
};

struct layout {
	struct type *v;
	size_t n;
};

static struct type *find_type(const struct layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->n; i++) {
		if (!strcmp(layout->v[i].name, name))
			return &layout->v[i];
	}
	return NULL;
}

static size_t plain_size(const char *name)
{
	for (size_t i = 0; i < sizeof(plain_types) / sizeof(plain_types[0]); i++) {
		if (!strcmp(plain_types[i].name, name))
			return plain_types[i].size;
	}
	return 0;
}

static void *grow(void *array, size_t n, size_t size)
{
	array = realloc(array, (n + 1) * size);
	if (!array)
		err(EXIT_FAILURE, "layout");
	memset((char *)array + n * size, 0, size);
	return array;
}

static void remove_type(struct layout *layout, struct type *type)
{
	free(type->members);
	*type = layout->v[--layout->n];
}

/* A structure that was described before is described anew. */
static struct type *new_type(struct layout *layout, const char *name)
{
	struct type *type = find_type(layout, name);

	if (type)
		remove_type(layout, type);
	layout->v = grow(layout->v, layout->n, sizeof(*layout->v));
	type = &layout->v[layout->n++];
	snprintf(type->name, sizeof(type->name), "%s", name);
	return type;
}

/* "tag_set blk_mq_tag_set", "comm char[16]", "skc_node,skc_nulls_node hlist_node". */
static bool parse_member(struct type *type, char *line)
{
	char names[LAYOUT_NAME * 2], of[LAYOUT_NAME], *rest = names, *name;
	unsigned count = 1;
	int fields = sscanf(line, " %63s %31[^[ \t\n][%u]", names, of, &count);
	bool beside = false;

	while (fields >= 2 && (name = strsep(&rest, ","))) {
		struct member *m;

		type->members = grow(type->members, type->n, sizeof(*type->members));
		m = &type->members[type->n++];
		snprintf(m->name, sizeof(m->name), "%s", name);
		snprintf(m->type, sizeof(m->type), "%s", of);
		m->count = count;
		m->beside = beside;
		beside = true;
	}
	return fields >= 2;
}

static void read_file(struct layout *layout, const char *directory, const char *name);

/* One line, without its comment. False when it is none that is understood. */
static bool read_line(struct layout *layout, const char *directory, struct type **type, char *line)
{
	char word[LAYOUT_NAME];

	if (isspace((unsigned char)*line))
		return *type && parse_member(*type, line);
	if (sscanf(line, "include %31s", word) == 1) {
		read_file(layout, directory, word);
		*type = NULL;
	} else if (sscanf(line, "-%31s", word) == 1) {
		*type = find_type(layout, word);
		if (!*type)
			return false;
		remove_type(layout, *type);
		*type = NULL;
	} else {
		*type = sscanf(line, "%31s", word) == 1 ? new_type(layout, word) : NULL;
		return *type;
	}
	return true;
}

static void read_file(struct layout *layout, const char *directory, const char *name)
{
	char path[4096], line[MAX_LINE];
	struct type *type = NULL;
	unsigned number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	if (!file)
		err(EXIT_FAILURE, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "#\n")] = '\0';
		number++;
		if (line[strspn(line, " \t")] && !read_line(layout, directory, &type, line))
			errx(EXIT_FAILURE, "%s:%u: %s", path, number, line);
	}
	fclose(file);
}

static size_t align_of(struct layout *layout, const char *name, int depth);

/* Size and alignment of a structure, and where its members are. */
static void place_members(struct layout *layout, struct type *type, int depth)
{
	size_t end = 0, previous = 0;

	if (type->align)
		return;
	type->align = 1;
	for (size_t i = 0; i < type->n; i++) {
		struct member *m = &type->members[i];
		size_t align = align_of(layout, m->type, depth + 1);

		if (!align)
			errx(EXIT_FAILURE, "layout of %s.%s: no type %s", type->name, m->name,
			     m->type);
		m->size = layout_size(layout, m->type) * m->count;
		m->offset = m->beside ? previous : (end + align - 1) / align * align;
		previous = m->offset;
		end = m->offset + m->size > end ? m->offset + m->size : end;
		type->align = align > type->align ? align : type->align;
	}
	type->size = (end + type->align - 1) / type->align * type->align;
}

static size_t align_of(struct layout *layout, const char *name, int depth)
{
	struct type *type = find_type(layout, name);

	if (depth > MAX_DEPTH)
		errx(EXIT_FAILURE, "layout: %s contains itself", name);
	if (!type)
		return plain_size(name);
	place_members(layout, type, depth);
	return type->align;
}

struct layout *layout_load(const char *directory, const char *name)
{
	struct layout *layout = grow(NULL, 0, sizeof(*layout));

	read_file(layout, directory, name);
	for (size_t i = 0; i < layout->n; i++)
		place_members(layout, &layout->v[i], 0);
	return layout;
}

void layout_free(struct layout *layout)
{
	for (size_t i = 0; i < layout->n; i++)
		free(layout->v[i].members);
	free(layout->v);
	free(layout);
}

size_t layout_size(const struct layout *layout, const char *name)
{
	const struct type *type = find_type(layout, name);

	return type ? type->size : plain_size(name);
}

static const struct member *find_member(const struct type *type, const char *name, size_t len)
{
	for (size_t i = 0; i < type->n; i++) {
		if (strlen(type->members[i].name) == len &&
		    !memcmp(type->members[i].name, name, len))
			return &type->members[i];
	}
	return NULL;
}

bool layout_member(const struct layout *layout, const char *type_name, const char *path,
		   size_t *offset, size_t *size)
{
	size_t at = 0;

	for (;;) {
		const struct type *type = find_type(layout, type_name);
		size_t len = strcspn(path, ".["), bytes;
		const struct member *m = type ? find_member(type, path, len) : NULL;

		if (!m)
			return false;
		at += m->offset;
		bytes = m->size;
		path += len;
		if (*path == '[') {
			char *end;
			size_t i = strtoul(path + 1, &end, 10);

			if (*end != ']' || i >= m->count)
				return false;
			bytes = m->size / m->count;
			at += i * bytes;
			path = end + 1;
		}
		if (!*path) {
			*offset = at;
			if (size)
				*size = bytes;
			return true;
		}
		type_name = m->type;
		path++;
	}
}

struct layout_entry *layout_entries(const struct layout *layout, const char *without, size_t *n)
{
	struct layout_entry *entries = NULL;

	*n = 0;
	for (size_t t = 0; t < layout->n; t++) {
		const struct type *type = &layout->v[t];

		if (without && !strncmp(type->name, without, strlen(without)))
			continue;
		/* The structure itself, then its members. */
		for (size_t i = 0; i <= type->n; i++) {
			const struct member *m = i ? &type->members[i - 1] : NULL;
			struct layout_entry *e;

			entries = grow(entries, *n, sizeof(*entries));
			e = &entries[(*n)++];
			memcpy(e->type, type->name, sizeof(e->type));
			if (m)
				memcpy(e->member, m->name, sizeof(e->member));
			e->offset = m ? (uint32_t)m->offset : 0;
			e->size = m ? (uint32_t)m->size : (uint32_t)type->size;
		}
	}
	qsort(entries, *n, sizeof(*entries), layout_entry_compare);
	return entries;
}
