// SPDX-License-Identifier: GPL-2.0-or-later
/* nbd.so's commands over an image that is being built. */
#ifndef NBD_TEST_RUN_H
#define NBD_TEST_RUN_H

#include <json-c/json.h>

#include "builder.h"

/* What a command prints over the image as it is now; format gives the command line. free() it. */
char *run(struct image *image, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The image as nbd.so's functions see it inside a command, until run_close(). */
void run_open(struct image *image);
void run_close(void);

/* The JSON lines of a command's output as an array; json_object_put() it. A line that is no JSON fails
 * the test. */
struct json_object *json_lines(const char *output);

/* The first object of a type; a test fails without one. */
uint64_t image_first(struct image *image, const char *type);

/* run() and json_lines() of "nbd -a -j". */
struct json_object *run_report(struct image *image);

/* A value in a report by its JSON pointer (RFC 6901), "/1/connections/0/dead", against what it should
 * be; null must be asked for as such. */
void is_string(struct json_object *json, const char *pointer, const char *expected);
void is_number(struct json_object *json, const char *pointer, long long expected);
void is_address(struct json_object *json, const char *pointer, uint64_t expected);
void is_true(struct json_object *json, const char *pointer, bool expected);
void is_null(struct json_object *json, const char *pointer);
void has_elements(struct json_object *json, const char *pointer, size_t n);

#endif
