// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "render/renderer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"

/* What is printed meets here, and goes on in one piece: crash's files and pipes have no buffer, so that each number would be a
 * system call. A command that is left by longjmp while it prints leaves this to the next one. */
static struct {
	FILE *stream;
	char *text;
	size_t size;
} held;

static void drop(void)
{
	FILE *stream = held.stream;
	char *text;

	held.stream = NULL;
	if (stream)
		fclose(stream);
	text = held.text;
	held.text = NULL;
	free(text);
}

static FILE *hold_back(void)
{
	drop();
	held.stream = open_memstream(&held.text, &held.size);
	if (!held.stream)
		arena_exhausted();
	return held.stream;
}

/* False when it could not be written as a whole. */
static bool pass_on(FILE *out)
{
	bool whole;

	if (fflush(held.stream))
		arena_exhausted();
	whole = fwrite(held.text, 1, held.size, out) == held.size;
	rewind(held.stream);
	return whole;
}

bool renderer_devices(const struct renderer *renderer, const struct rendering *r)
{
	struct rendering inner = *r;
	bool whole = true;
	int why;

	inner.out = hold_back();
	if (renderer->begin)
		renderer->begin(&inner);
	for (size_t i = 0; i < r->n_devices && whole; i++) {
		renderer->device(&inner, r->devices[i]);
		whole = pass_on(r->out);
	}
	if (whole && renderer->end_of_devices)
		renderer->end_of_devices(&inner);
	whole = whole && pass_on(r->out);
	why = errno;
	drop();
	errno = why;
	return whole;
}

void renderer_files(const struct renderer *renderer, const struct rendering *r,
		    const struct query *query)
{
	const struct opened_file asked = {query->file, query->path};

	if (query->file)
		renderer->file(r, query, &asked);
	for (size_t i = 0; i < query->n_opened; i++)
		renderer->file(r, query, &query->opened[i]);
}
