// SPDX-License-Identifier: GPL-2.0-or-later
/* Values in words, as reports, findings and graphs print them. Results are static or live in the arena. */
#ifndef NBD_BASE_WORDS_H
#define NBD_BASE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* An unknown value becomes "?". */
const char *word_decimal(num n);	     /* signed */
const char *word_seconds(num seconds);	     /* "30 s"; "none" for 0 */
const char *word_age(num milliseconds);	     /* "12.3 s" */
const char *word_log_stamp(num nanoseconds); /* "8.583972": seconds, as in the kernel's log */
const char *word_size(num bytes);	     /* "8 MiB": the largest unit that leaves no fraction */

/* Hexadecimal without 0x; "-" for 0. */
const char *word_hex(uint64_t addr);

/* "1 opener", "2 openers". */
const char *word_count(size_t n, const char *noun);

/* Appends more to all, with the separator between them: "a", then "a, b". all is NULL at first. */
const char *word_append(const char *all, const char *separator, const char *more);

#endif
