// SPDX-License-Identifier: GPL-2.0-or-later
/* nbd_release() of real modules, and what a compiler makes of the other numbering. */
#include "resolve/numbering.h"
#include "unit.h"

#define RUNTIME_FLAGS 8

/* Debian 5.10.251, from its start to the test of bd_openers. */
static const uint8_t linux_5_10[] = {
	0xe8, 0x00, 0x00, 0x00, 0x00,			/* call __fentry__ */
	0x41, 0x54,					/* push %r12 */
	0x31, 0xf6,					/* xor %esi,%esi */
	0x55,						/* push %rbp */
	0x4c, 0x8b, 0xa7, 0xb0, 0x03, 0x00, 0x00,	/* mov 0x3b0(%rdi),%r12 */
	0xe8, 0x00, 0x00, 0x00, 0x00,			/* call bdget_disk */
	0x48, 0x89, 0xc5,				/* mov %rax,%rbp */
	0x49, 0x8b, 0x84, 0x24, 0x38, 0x01, 0x00, 0x00, /* mov 0x138(%r12),%rax */
	0x48, 0x8b, 0x40, 0x08,				/* mov 0x8(%rax),%rax */
	0xa8, 0x40,					/* test $0x40,%al */
	0x74, 0x07,					/* je */
	0x8b, 0x45, 0x04,				/* mov 0x4(%rbp),%eax */
	0x85, 0xc0,					/* test %eax,%eax */
	0x74, 0x3b,					/* je */
};

/* Debian 6.1.192: numbering C, whose bit 6 is that of B. */
static const uint8_t linux_6_1[] = {
	0xe8, 0x00, 0x00, 0x00, 0x00,		  /* call __fentry__ */
	0x53,					  /* push %rbx */
	0x48, 0x8b, 0x5f, 0x58,			  /* mov 0x58(%rdi),%rbx */
	0x48, 0x8b, 0x83, 0xb8, 0x00, 0x00, 0x00, /* mov 0xb8(%rbx),%rax */
	0x48, 0x8b, 0x40, 0x08,			  /* mov 0x8(%rax),%rax */
	0xa8, 0x40,				  /* test $0x40,%al */
	0x74, 0x0b,				  /* je */
	0x48, 0x8b, 0x47, 0x40,			  /* mov 0x40(%rdi),%rax */
	0x8b, 0x40, 0x28,			  /* mov 0x28(%rax),%eax */
	0x85, 0xc0,				  /* test %eax,%eax */
	0x74, 0x11,				  /* je */
};

/* Debian 6.12.117: the same behind another entry. */
static const uint8_t linux_6_12[] = {
	0xf3, 0x0f, 0x1e, 0xfa,			  /* endbr64 */
	0xe8, 0x00, 0x00, 0x00, 0x00,		  /* call __fentry__ */
	0x53,					  /* push %rbx */
	0x48, 0x8b, 0x5f, 0x58,			  /* mov 0x58(%rdi),%rbx */
	0x48, 0x8b, 0x83, 0xb8, 0x00, 0x00, 0x00, /* mov 0xb8(%rbx),%rax */
	0x48, 0x8b, 0x40, 0x08,			  /* mov 0x8(%rax),%rax */
	0xa8, 0x40,				  /* test $0x40,%al */
	0x74, 0x0b,				  /* je */
	0x48, 0x8b, 0x47, 0x40,			  /* mov 0x40(%rdi),%rax */
};

/* What gcc 12 makes of the source of 5.10 with bit 7 instead of 6: of bit 6 it makes the bytes above. */
static const uint8_t bit_7[] = {
	0x48, 0x8b, 0x85, 0x38, 0x01, 0x00, 0x00, /* mov 0x138(%rbp),%rax */
	0x48, 0x8b, 0x40, 0x08,			  /* mov 0x8(%rax),%rax */
	0x84, 0xc0,				  /* test %al,%al */
	0x79, 0x07,				  /* jns */
	0x8b, 0x43, 0x04,			  /* mov 0x4(%rbx),%eax */
	0x85, 0xc0,				  /* test %eax,%eax */
};

#define NUMBERING(code) numbering_in_code(code, sizeof(code), RUNTIME_FLAGS)

START_TEST(real_modules)
{
	ck_assert_int_eq(NUMBERING(linux_5_10), FLAGS_B);
	ck_assert_int_eq(NUMBERING(linux_6_1), FLAGS_B);
	ck_assert_int_eq(NUMBERING(linux_6_12), FLAGS_B);
}
END_TEST

START_TEST(the_other_numbering)
{
	static const uint8_t js[] = {0x49, 0x8b, 0x45, 0x08, 0x84, 0xc0, 0x78, 0x20};
	static const uint8_t mask[] = {0x48, 0x8b, 0x42, 0x08, 0xa8, 0x80, 0x75, 0x07};

	ck_assert_int_eq(NUMBERING(bit_7), FLAGS_A);
	ck_assert_int_eq(NUMBERING(js), FLAGS_A);
	ck_assert_int_eq(NUMBERING(mask), FLAGS_A);
}
END_TEST

START_TEST(what_does_not_tell)
{
	/* Another bit, another member, another register, a branch that is none upon the sign. */
	static const uint8_t bit_2[] = {0x48, 0x8b, 0x40, 0x08, 0xa8, 0x04};
	static const uint8_t other_member[] = {0x48, 0x8b, 0x40, 0x10, 0xa8, 0x40};
	static const uint8_t to_rcx[] = {0x48, 0x8b, 0x48, 0x08, 0xa8, 0x40};
	static const uint8_t je[] = {0x48, 0x8b, 0x40, 0x08, 0x84, 0xc0, 0x74, 0x07};
	static const uint8_t with_sib[] = {0x48, 0x8b, 0x44, 0x08, 0xa8, 0x40, 0x00};
	static const uint8_t both[] = {0x48, 0x8b, 0x40, 0x08, 0xa8, 0x40,
				       0x48, 0x8b, 0x40, 0x08, 0xa8, 0x80};

	ck_assert_int_eq(NUMBERING(bit_2), FLAGS_A_OR_B);
	ck_assert_int_eq(NUMBERING(other_member), FLAGS_A_OR_B);
	ck_assert_int_eq(NUMBERING(to_rcx), FLAGS_A_OR_B);
	ck_assert_int_eq(NUMBERING(je), FLAGS_A_OR_B);
	ck_assert_int_eq(NUMBERING(with_sib), FLAGS_A_OR_B);
	ck_assert_int_eq(NUMBERING(both), FLAGS_A_OR_B);
}
END_TEST

/* Nothing behind the end is looked at. */
START_TEST(cut_anywhere)
{
	for (size_t len = 0; len < sizeof(linux_5_10); len++) {
		bool whole = len >= 39; /* the test's last byte is the 39th */

		ck_assert_int_eq(numbering_in_code(linux_5_10, len, RUNTIME_FLAGS),
				 whole ? FLAGS_B : FLAGS_A_OR_B);
	}
	ck_assert_int_eq(numbering_in_code(NULL, 0, RUNTIME_FLAGS), FLAGS_A_OR_B);
}
END_TEST

TCase *numbering_case(void)
{
	TCase *c = tcase_create("numbering");

	tcase_add_test(c, real_modules);
	tcase_add_test(c, the_other_numbering);
	tcase_add_test(c, what_does_not_tell);
	tcase_add_test(c, cut_anywhere);
	return c;
}
