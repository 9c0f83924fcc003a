// SPDX-License-Identifier: GPL-2.0-or-later
#include "bytes.h"

#include <stdlib.h>

struct json_object *json_from_bytes(const char *bytes, size_t length)
{
	char *utf8 = malloc(2 * length + 1);
	struct json_object *string;
	size_t i, used = 0;

	if (!utf8)
		abort();
	for (i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte < 0x80) {
			utf8[used++] = (char)byte;
		} else {
			utf8[used++] = (char)(0xc0 | byte >> 6);
			utf8[used++] = (char)(0x80 | (byte & 0x3f));
		}
	}
	string = json_object_new_string_len(utf8, (int)used);
	free(utf8);
	return string;
}
