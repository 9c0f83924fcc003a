// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls in real code: of Debian's 6.1 for both machines, but for what that does not have. */
#include <string.h>

#include "resolve/machine_code.h"
#include "unit.h"

#define ADDR 0xffff800008001000ull

static bool arm64_calls(uint32_t instruction, uint64_t *callee)
{
	uint8_t code[4];

	memcpy(code, &instruction, sizeof(code));
	return code_calls(CODE_ARM64, code, sizeof(code), ADDR, callee);
}

START_TEST(names_of_machines)
{
	ck_assert_int_eq(code_machine("x86_64"), CODE_X86_64);
	ck_assert_int_eq(code_machine("aarch64"), CODE_ARM64);
	ck_assert_int_eq(code_machine("s390x"), CODE_UNKNOWN);
}
END_TEST

START_TEST(calls_of_x86)
{
	static const uint8_t call[] = {0xe8, 0xfb, 0xff, 0xff, 0xff};
	uint64_t callee;

	ck_assert(code_calls(CODE_X86_64, call, 5, ADDR, &callee));
	ck_assert_uint_eq(callee, ADDR);
	ck_assert(!code_calls(CODE_X86_64, call, 4, ADDR, &callee));
	ck_assert(!code_calls(CODE_X86_64, call + 1, 4, ADDR, &callee));
	ck_assert(!code_calls(CODE_UNKNOWN, call, 5, ADDR, &callee));
}
END_TEST

START_TEST(calls_of_arm64)
{
	static const uint8_t bl[] = {0x01, 0x00, 0x00, 0x94};
	uint64_t callee;

	ck_assert(arm64_calls(0x94000001, &callee)); /* bl .+4 */
	ck_assert_uint_eq(callee, ADDR + 4);
	ck_assert(arm64_calls(0x97ffffff, &callee)); /* bl .-4 */
	ck_assert_uint_eq(callee, ADDR - 4);
	ck_assert(arm64_calls(0x14000010, &callee)); /* b .+0x40 */
	ck_assert_uint_eq(callee, ADDR + 0x40);
	ck_assert(!arm64_calls(0xd63f0020, &callee)); /* blr x1 */
	ck_assert(!arm64_calls(0x54000041, &callee)); /* b.ne .+8 */
	ck_assert(!arm64_calls(0xa9bf7bfd, &callee)); /* stp x29, x30, [sp, #-16]! */
	/* Instructions are aligned. */
	ck_assert(!code_calls(CODE_ARM64, bl, 4, ADDR + 1, &callee));
	ck_assert(!code_calls(CODE_ARM64, bl, 3, ADDR, &callee));
}
END_TEST

START_TEST(veneers)
{
	/* adrp x16, .+0x1003000; add x16, x16, #0x7d8; br x16 */
	static const uint32_t whole[] = {0xf0008010, 0x911f6210, 0xd61f0200};
	/* The same, 0x1000 back. */
	static const uint32_t back[] = {0xf0fffff0, 0x911f6210, 0xd61f0200};
	uint32_t other[3];
	uint8_t code[CODE_VENEER_LENGTH];
	uint64_t callee;

	memcpy(code, whole, sizeof(code));
	ck_assert(code_is_veneer(code, ADDR + 8, &callee));
	ck_assert_uint_eq(callee, ADDR + 0x1003000 + 0x7d8);
	memcpy(code, back, sizeof(code));
	ck_assert(code_is_veneer(code, ADDR + 8, &callee));
	ck_assert_uint_eq(callee, ADDR - 0x1000 + 0x7d8);
	for (size_t i = 0; i < 3; i++) {
		static const uint32_t others[] = {0xf0008011, 0x911f6230, 0xd61f0220};

		/* The instruction is another one, or of another register. */
		memcpy(other, whole, sizeof(other));
		other[i] = others[i];
		memcpy(code, other, sizeof(code));
		ck_assert(!code_is_veneer(code, ADDR, &callee));
		other[i] = 0xd503201f; /* nop */
		memcpy(code, other, sizeof(code));
		ck_assert(!code_is_veneer(code, ADDR, &callee));
	}
}
END_TEST

static bool ends(enum code_machine machine, const char *bytes, size_t len)
{
	uint8_t code[CODE_MAX_CALL] = {0};

	memcpy(code + CODE_MAX_CALL - len, bytes, len);
	return code_ends_with_call(machine, code);
}

START_TEST(what_ends_with_a_call)
{
	ck_assert(ends(CODE_X86_64, "\xe8\1\2\3\4", 5));
	ck_assert(ends(CODE_X86_64, "\xff\xd0", 2));		 /* call *%rax */
	ck_assert(ends(CODE_X86_64, "\xff\x14\x25\1\2\3\4", 7)); /* call *0x4030201 */
	ck_assert(!ends(CODE_X86_64, "\xff\xe0", 2));		 /* jmp *%rax */
	ck_assert(ends(CODE_ARM64, "\x01\x00\x00\x94", 4));	 /* bl */
	ck_assert(ends(CODE_ARM64, "\x20\x00\x3f\xd6", 4));	 /* blr x1 */
	ck_assert(ends(CODE_ARM64, "\x3f\x08\x3f\xd6", 4));	 /* blraaz x1 */
	ck_assert(ends(CODE_ARM64, "\x22\x08\x3f\xd7", 4));	 /* blraa x1, x2 */
	ck_assert(!ends(CODE_ARM64, "\x10\x00\x00\x14", 4));	 /* b */
	ck_assert(!ends(CODE_ARM64, "\x20\x00\x1f\xd6", 4));	 /* br x1 */
	ck_assert(!ends(CODE_ARM64, "\xfd\x7b\xbf\xa9", 4));	 /* stp x29, x30, [sp, #-16]! */
	ck_assert(ends(CODE_UNKNOWN, "\0\0\0\0", 4));
}
END_TEST

TCase *machine_code_case(void)
{
	TCase *tc = tcase_create("machine code");

	tcase_add_test(tc, names_of_machines);
	tcase_add_test(tc, calls_of_x86);
	tcase_add_test(tc, calls_of_arm64);
	tcase_add_test(tc, veneers);
	tcase_add_test(tc, what_ends_with_a_call);
	return tc;
}
