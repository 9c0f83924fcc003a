// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"
#include "bytes.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *text_read(const char *format, ...)
{
	char path[512], *text = NULL, *larger;
	size_t used = 0, room = 0;
	va_list arguments;
	ssize_t got;
	int fd;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	for (;;) {
		if (used + 1 >= room) {
			room = room ? 2 * room : 4096;
			larger = realloc(text, room);
			if (!larger)
				abort();
			text = larger;
		}
		got = read(fd, text + used, room - used - 1);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	if (got < 0) {
		free(text);
		return NULL;
	}
	text[used] = '\0';
	return text;
}

struct json_object *json_text(char *text)
{
	struct json_object *value = text ? json_from_bytes(text, strlen(text)) : NULL;

	free(text);
	return value;
}

struct json_object *json_line(char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	return json_text(text);
}

struct json_object *json_number(char *text)
{
	struct json_object *value = text ? json_object_new_int64(strtoll(text, NULL, 10)) : NULL;

	free(text);
	return value;
}
