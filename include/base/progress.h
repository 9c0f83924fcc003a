// SPDX-License-Identifier: GPL-2.0-or-later
/* A line on the terminal that tells how far a long search has come. crash's own please_wait() is silent once
 * a session has begun. */
#ifndef NBD_BASE_PROGRESS_H
#define NBD_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* To be called when a command begins. Its progress is shown on terminal once it has taken after_ms
 * milliseconds, and nowhere when terminal is NULL. */
void progress_begin(FILE *terminal, unsigned after_ms);

/* Says that done of total things are searched, total being 0 where it is not known; what is printed before that, and
 * behind it an estimate of the time that the rest will take. Cheap enough to be called for each thing. */
void progress(const char *what, size_t done, size_t total);

/* For progress(), and to be tested: writes its line, for a step that has taken took_ms so far; returns its length. */
int progress_words(char *line, size_t size, const char *what, size_t done, size_t total,
		   int64_t took_ms);

/* Removes the line again, before the report is printed. */
void progress_end(void);

#endif
