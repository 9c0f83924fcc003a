// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/progress.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#define REFRESH_MS 200
/* An estimate that rests on less is none. */
#define TELLING_MS 200
#define LINE_SIZE  128

static FILE *shown_on;
static int64_t next_ms, began_ms;
static const char *step; /* what was searched last, */
static size_t so_far;	 /* and how far */
static int width;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(FILE *terminal, unsigned after_ms)
{
	shown_on = terminal;
	next_ms = terminal ? now_ms() + after_ms : 0;
	step = NULL;
	width = 0;
}

int progress_words(char *line, size_t size, const char *what, size_t done, size_t total,
		   int64_t took_ms)
{
	uint64_t left_s;

	/* The total may be unknown, or an estimate itself. */
	if (!total || total < done)
		return snprintf(line, size, "%s: %zu", what, done);
	if (!done || took_ms < TELLING_MS)
		return snprintf(line, size, "%s: %zu of %zu", what, done, total);
	left_s = ((uint64_t)took_ms * (total - done) / done + 999) / 1000;
	if (left_s < 100)
		return snprintf(line, size, "%s: %zu of %zu, about %u s left", what, done, total,
				(unsigned)left_s);
	return snprintf(line, size, "%s: %zu of %zu, about %u min left", what, done, total,
			(unsigned)((left_s + 59) / 60));
}

/* Each step has an estimate of its own; a second search of the same kind is another step. */
static void note_step(const char *what, size_t done, int64_t now)
{
	if (!step || strcmp(step, what) || done < so_far)
		began_ms = now;
	step = what;
	so_far = done;
}

void progress(const char *what, size_t done, size_t total)
{
	char line[LINE_SIZE];
	int64_t now;
	int n;

	if (!shown_on)
		return;
	now = now_ms();
	note_step(what, done, now);
	if (now < next_ms)
		return;
	next_ms = now + REFRESH_MS;
	n = progress_words(line, sizeof(line), what, done, total, now - began_ms);
	/* What is left of a longer line before is blanked out. */
	fprintf(shown_on, "\r%-*s", width, line);
	fflush(shown_on);
	width = n > width ? n : width;
}

void progress_end(void)
{
	if (!shown_on || !width)
		return;
	fprintf(shown_on, "\r%*s\r", width, "");
	fflush(shown_on);
	width = 0;
}
