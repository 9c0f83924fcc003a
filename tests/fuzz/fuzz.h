// SPDX-License-Identifier: GPL-2.0-or-later
/* What the fuzz targets have in common. Each is a program of its own. */
#ifndef NBD_FUZZ_H
#define NBD_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* To be defined by each target: what it does once, what it does with an input, and the inputs that it
 * begins with, each of which it gives to save. */
void target_begin(void);
void target_run(const uint8_t *data, size_t size);
void target_seeds(void (*save)(const void *data, size_t size));

/* An input that is used up from its beginning; behind its end there are zeros. */
struct input {
	const uint8_t *data;
	size_t size;
};

uint64_t input_bytes(struct input *input, size_t n);

static inline uint8_t input_byte(struct input *input)
{
	return (uint8_t)input_bytes(input, 1);
}

/* Ends the program, as a crash does, unless ok. */
void must(bool ok, const char *what);

/* Output for people: text without control characters. JSON: each line that begins with { is valid. */
void must_be_printable(const char *output);
void must_be_json(const char *output);

#endif
