// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"
#include "base/flags.h"
#include "unit.h"

static const char *runtime(uint64_t value, enum flag_numbering numbering)
{
	const char *names[FLAG_BITS];

	return flags_join(names, flags_runtime_names(value, numbering, names));
}

START_TEST(numbering_by_members)
{
	ck_assert_int_eq(flags_numbering_by_members(true, true, true), FLAGS_C);
	ck_assert_int_eq(flags_numbering_by_members(true, true, false), FLAGS_C);
	ck_assert_int_eq(flags_numbering_by_members(false, false, false), FLAGS_A);
	ck_assert_int_eq(flags_numbering_by_members(false, true, true), FLAGS_B);
	ck_assert_int_eq(flags_numbering_by_members(false, true, false), FLAGS_A_OR_B);
}
END_TEST

START_TEST(numbering_by_release)
{
	ck_assert_int_eq(flags_numbering_by_release("5.10.20", ""), FLAGS_A);
	ck_assert_int_eq(flags_numbering_by_release("5.10.21", ""), FLAGS_B);
	ck_assert_int_eq(flags_numbering_by_release("5.10.0-32-amd64",
						    "#1 SMP Debian 5.10.223-1 (2024-08-10)"),
			 FLAGS_B);
	ck_assert_int_eq(flags_numbering_by_release("4.18.0-305.25.1.el8_4.x86_64", ""), FLAGS_A);
	ck_assert_int_eq(flags_numbering_by_release("4.18.0-348.el8.x86_64", ""), FLAGS_B);
	ck_assert_int_eq(flags_numbering_by_release("4.18.0-305", ""), FLAGS_A_OR_B);
	/* Any stable release may be behind this one. */
	ck_assert_int_eq(flags_numbering_by_release("5.10.0-1045-oem", "#47-Ubuntu SMP"),
			 FLAGS_A_OR_B);
	ck_assert_int_eq(flags_numbering_by_release("5.4.100", ""), FLAGS_A_OR_B);
	ck_assert_int_eq(flags_numbering_by_release("", ""), FLAGS_A_OR_B);
}
END_TEST

START_TEST(numbering_by_values)
{
	ck_assert_int_eq(flags_numbering_by_values(NUM(0xc0), NUM(1)), FLAGS_A);
	ck_assert_int_eq(flags_numbering_by_values(NUM(0x88), NUM_UNKNOWN), FLAGS_A);
	ck_assert_int_eq(flags_numbering_by_values(NUM(0x48), NUM(2)), FLAGS_B);
	ck_assert_int_eq(flags_numbering_by_values(NUM(0x48), NUM(1)), FLAGS_A_OR_B);
	ck_assert_int_eq(flags_numbering_by_values(NUM(0x48), NUM_UNKNOWN), FLAGS_A_OR_B);
	ck_assert_int_eq(flags_numbering_by_values(NUM(0x3f), NUM(0)), FLAGS_A_OR_B);
	ck_assert_int_eq(flags_numbering_by_values(NUM_UNKNOWN, NUM(0)), FLAGS_A_OR_B);
}
END_TEST

/* The two values of the field case. */
START_TEST(field_values)
{
	for (int n = FLAGS_A; n <= FLAGS_A_OR_B; n++)
		ck_assert_str_eq(runtime(12, n), "DISCONNECTED HAS_PID_FILE");
	ck_assert_str_eq(runtime(184, FLAGS_C),
			 "HAS_PID_FILE HAS_CONFIG_REF BOUND HAS_BACKEND_FILE");
	ck_assert_str_eq(runtime(184, FLAGS_A),
			 "HAS_PID_FILE HAS_CONFIG_REF BOUND DISCONNECT_ON_CLOSE");
}
END_TEST

START_TEST(bits_6_and_7)
{
	ck_assert_str_eq(runtime(0x40, FLAGS_A), "DESTROY_ON_DISCONNECT");
	ck_assert_str_eq(runtime(0x40, FLAGS_B), "DISCONNECT_ON_CLOSE");
	ck_assert_str_eq(runtime(0x40, FLAGS_C), "DISCONNECT_ON_CLOSE");
	ck_assert_str_eq(runtime(0x40, FLAGS_A_OR_B),
			 "BIT6(DESTROY_ON_DISCONNECT?DISCONNECT_ON_CLOSE)");
	ck_assert_str_eq(runtime(0x80, FLAGS_B), "BIT7");
}
END_TEST

START_TEST(unknown_bits_show)
{
	ck_assert_str_eq(runtime(0, FLAGS_C), "none");
	ck_assert_str_eq(runtime(1ull << 63 | 1, FLAGS_C), "TIMEDOUT BIT63");
}
END_TEST

START_TEST(server_flags)
{
	const char *names[FLAG_BITS];

	ck_assert_str_eq(
		flags_join(names, flags_server_names(0x16d, names)),
		"HAS_FLAGS SEND_FLUSH SEND_FUA SEND_TRIM SEND_WRITE_ZEROES CAN_MULTI_CONN");
	ck_assert_str_eq(flags_join(names, flags_server_names(0x80, names)), "BIT7");
}
END_TEST

TCase *flags_case(void)
{
	TCase *c = tcase_create("flags");

	tcase_add_checked_fixture(c, NULL, arena_free_all);
	tcase_add_test(c, numbering_by_members);
	tcase_add_test(c, numbering_by_release);
	tcase_add_test(c, numbering_by_values);
	tcase_add_test(c, field_values);
	tcase_add_test(c, bits_6_and_7);
	tcase_add_test(c, unknown_bits_show);
	tcase_add_test(c, server_flags);
	return c;
}
