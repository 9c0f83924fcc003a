// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

#include <err.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of processor time, since others may use the machine too. */
#define MAX_SECONDS 1

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint64_t input_bytes(struct input *input, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n && input->size; i++, input->size--)
		value |= (uint64_t)*input->data++ << 8 * i;
	return value;
}

void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

void must_be_printable(const char *output)
{
	for (const char *c = output; *c; c++)
		must((unsigned char)*c >= ' ' ? *c != 0x7f : *c == '\n', "no control characters");
}

void must_be_json(const char *output)
{
	struct json_tokener *tokener = json_tokener_new();

	must_be_printable(output);
	for (const char *line = output; *line; line += strspn(line, "\n")) {
		size_t len = strcspn(line, "\n");

		if (*line == '{') {
			struct json_object *parsed;

			json_tokener_reset(tokener);
			parsed = json_tokener_parse_ex(tokener, line, (int)len);
			must(parsed != NULL, "each line of JSON is valid");
			json_object_put(parsed);
		}
		line += len;
	}
	json_tokener_free(tokener);
}

static const char *seeds_in;

static void save(const void *data, size_t size)
{
	static unsigned n;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/seed-%02u", seeds_in, n++);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file))
		err(EXIT_FAILURE, "%s", path);
}

/* "fuzz-TARGET --seeds DIRECTORY" writes the inputs to begin with, and ends. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	target_begin();
	if (*argc == 3 && !strcmp((*argv)[1], "--seeds")) {
		seeds_in = (*argv)[2];
		target_seeds(save);
		exit(EXIT_SUCCESS);
	}
	return 0;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	double start = seconds();

	target_run(data, size);
	must(seconds() - start < MAX_SECONDS, "an input takes less than a second");
	return 0;
}
