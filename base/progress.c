// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/progress.h"

#include <stdint.h>
#include <time.h>

#define REFRESH_MS 200

static FILE *shown_on;
static int64_t next_ms;
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
	width = 0;
}

void progress(const char *what, size_t done, size_t total)
{
	int64_t now = shown_on ? now_ms() : 0;

	if (!shown_on || now < next_ms)
		return;
	next_ms = now + REFRESH_MS;
	width = fprintf(shown_on, "\r%s: %zu of %zu", what, done, total) - 1;
	fflush(shown_on);
}

void progress_end(void)
{
	if (!shown_on || !width)
		return;
	fprintf(shown_on, "\r%*s\r", width, "");
	fflush(shown_on);
	width = 0;
}
