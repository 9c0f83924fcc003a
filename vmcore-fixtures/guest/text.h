/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files of /proc and /sys. */
#ifndef TEXT_H
#define TEXT_H

#include <json-c/json.h>

/* The file's bytes (malloc, NUL-terminated), or NULL if it cannot be read. */
char *text_read(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* JSON values of such a text, which they free; null for NULL. */
struct json_object *json_text(char *text);
struct json_object *json_line(char *text);
struct json_object *json_number(char *text);

#endif
