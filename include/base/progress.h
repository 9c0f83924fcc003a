// SPDX-License-Identifier: GPL-2.0-or-later
/* A line on the terminal that tells how far a long search has come. crash's own please_wait() is silent once
 * a session has begun. */
#ifndef NBD_BASE_PROGRESS_H
#define NBD_BASE_PROGRESS_H

#include <stddef.h>
#include <stdio.h>

/* To be called when a command begins. Its progress is shown on terminal once it has taken after_ms
 * milliseconds, and nowhere when terminal is NULL. */
void progress_begin(FILE *terminal, unsigned after_ms);

/* Says that done of total things are searched; what is printed before that. Cheap enough to be called for each
 * thing. */
void progress(const char *what, size_t done, size_t total);

/* Removes the line again, before the report is printed. */
void progress_end(void);

#endif
