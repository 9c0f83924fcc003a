// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE (64 * 1024)

struct chunk {
	struct chunk *next;
	size_t used, size;
	max_align_t data[];
};

static struct chunk *chunks;
static void (*exhausted)(void) = abort;
static unsigned long rounds;

void arena_on_exhausted(void (*handler)(void))
{
	exhausted = handler;
}

void arena_exhausted(void)
{
	exhausted();
	abort();
}

static struct chunk *chunk_new(size_t need)
{
	size_t size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
	struct chunk *c = calloc(1, sizeof(*c) + size);

	if (!c)
		arena_exhausted();
	c->size = size;
	/* What is larger gets a chunk of its own, behind the current one, whose free room stays in use. */
	if (chunks && need > CHUNK_SIZE) {
		c->next = chunks->next;
		chunks->next = c;
	} else {
		c->next = chunks;
		chunks = c;
	}
	return c;
}

void *arena_alloc(size_t size)
{
	struct chunk *c = chunks;
	size_t align = _Alignof(max_align_t);
	void *p;

	size = (size + align - 1) / align * align;
	if (!c || c->size - c->used < size)
		c = chunk_new(size);
	p = (char *)c->data + c->used;
	c->used += size;
	return p;
}

char *arena_strndup(const char *s, size_t len)
{
	char *p = arena_alloc(len + 1);

	memcpy(p, s, len);
	return p;
}

char *arena_vprintf(const char *format, va_list list)
{
	va_list again;
	char *p;
	int len;

	va_copy(again, list);
	len = vsnprintf(NULL, 0, format, list);
	p = arena_alloc((size_t)len + 1);
	vsnprintf(p, (size_t)len + 1, format, again);
	va_end(again);
	return p;
}

char *arena_printf(const char *format, ...)
{
	va_list list;
	char *p;

	va_start(list, format);
	p = arena_vprintf(format, list);
	va_end(list);
	return p;
}

void arena_release(void *p, size_t size)
{
	struct chunk **link = &chunks, *c;

	/* What is smaller shares its chunk with others. */
	if (size <= CHUNK_SIZE)
		return;
	while (*link && (void *)(*link)->data != p)
		link = &(*link)->next;
	c = *link;
	if (!c)
		return;
	*link = c->next;
	free(c);
}

void *arena_grow(void *array, size_t n, size_t element_size)
{
	void *p;

	/* The capacity is not stored: it is the next power of two, at least 4. */
	if (n && (n < 4 || (n & (n - 1))))
		return array;
	p = arena_alloc((n < 4 ? 4 : 2 * n) * element_size);
	if (n)
		memcpy(p, array, n * element_size);
	arena_release(array, n * element_size);
	return p;
}

size_t arena_used(void)
{
	size_t used = 0;

	for (const struct chunk *c = chunks; c; c = c->next)
		used += c->used;
	return used;
}

unsigned long arena_round(void)
{
	return rounds;
}

void arena_free_all(void)
{
	rounds++;
	while (chunks) {
		struct chunk *c = chunks;

		chunks = c->next;
		free(c);
	}
}
