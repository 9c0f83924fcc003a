// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/numbering.h"

#include <string.h>

#define LOAD_LENGTH 4

/* What gcc makes of test_bit(): the flags are loaded into %rax, and the bit is tested in %al; bit 7 may be tested as
 * the sign of %al. */
static const struct {
	enum flag_numbering numbering;
	size_t len;
	uint8_t bytes[3];
} tests[] = {
	{FLAGS_B, 2, {0xa8, 0x40}},	  /* test $0x40,%al */
	{FLAGS_A, 2, {0xa8, 0x80}},	  /* test $0x80,%al */
	{FLAGS_A, 3, {0x84, 0xc0, 0x78}}, /* test %al,%al; js */
	{FLAGS_A, 3, {0x84, 0xc0, 0x79}}, /* test %al,%al; jns */
};
#define N_TESTS (sizeof(tests) / sizeof(tests[0]))

/* mov offset(%reg),%rax for each register but %rsp and %r12, which need a longer instruction. */
static bool is_load(const uint8_t *code, size_t offset)
{
	return (code[0] & 0xfe) == 0x48 && code[1] == 0x8b && (code[2] & 0xf8) == 0x40 &&
	       code[2] != 0x44 && code[3] == offset;
}

enum flag_numbering numbering_in_code(const uint8_t *code, size_t len, size_t offset)
{
	enum flag_numbering found = FLAGS_A_OR_B;

	for (size_t i = 0; i + LOAD_LENGTH <= len; i++) {
		size_t at = i + LOAD_LENGTH;

		if (!is_load(code + i, offset))
			continue;
		for (size_t t = 0; t < N_TESTS; t++) {
			if (at + tests[t].len > len ||
			    memcmp(code + at, tests[t].bytes, tests[t].len))
				continue;
			if (found != FLAGS_A_OR_B && found != tests[t].numbering)
				return FLAGS_A_OR_B;
			found = tests[t].numbering;
		}
	}
	return found;
}
