// SPDX-License-Identifier: GPL-2.0-or-later
/* A line that tells how far a long search is, on a terminal. crash's own please_wait() is silent once a
 * session has begun. Pure. */
#ifndef NBD_BASE_PROGRESS_H
#define NBD_BASE_PROGRESS_H

#include <stddef.h>
#include <stdio.h>

/* A command begins: its progress is shown on terminal (NULL: nowhere) once it has taken so many
 * milliseconds. */
void progress_begin(FILE *terminal, unsigned after_ms);

/* done of total are searched. Cheap: to be called for each of them. */
void progress(const char *what, size_t done, size_t total);

/* Takes the line away again, before the report is printed. */
void progress_end(void);

#endif
