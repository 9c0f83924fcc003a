// SPDX-License-Identifier: GPL-2.0-or-later
/* Values in words, as reports, findings and graphs have them. Memory: arena. */
#ifndef NBD_BASE_WORDS_H
#define NBD_BASE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* What is unknown is "?". */
const char *word_decimal(num n);
const char *word_seconds(num seconds); /* "none" for 0 */
const char *word_age(num milliseconds);
const char *word_size(num bytes);

/* Without 0x; "-" for 0. */
const char *word_hex(uint64_t addr);

/* "1 opener", "2 openers". */
const char *word_count(size_t n, const char *noun);

/* "a", then "a, b", and so on; all may be NULL at first. */
const char *word_append(const char *all, const char *separator, const char *more);

#endif
