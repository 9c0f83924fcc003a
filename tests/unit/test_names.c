// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "judge/phrases.h"
#include "unit.h"

START_TEST(plain_text_stays)
{
	ck_assert_str_eq(name_escape("qemu-kvm", 8), "qemu-kvm");
	ck_assert_str_eq(name_escape("", 0), "");
	ck_assert_str_eq(name_escape("gr\xc3\xbc\xc3\x9f", 6), "gr\xc3\xbc\xc3\x9f");
	ck_assert_str_eq(name_escape("\xf0\x9f\x98\x80", 4), "\xf0\x9f\x98\x80");
}
END_TEST

START_TEST(control_characters_are_escaped)
{
	ck_assert_str_eq(name_escape("a\x1b[31mb\n", 8), "a\\x1b[31mb\\x0a");
	ck_assert_str_eq(name_escape("\x7f", 1), "\\x7f");
	/* C1: U+009B is a CSI of its own on some terminals. */
	ck_assert_str_eq(name_escape("\xc2\x9b", 2), "\\xc2\\x9b");
	/* U+202E turns the direction of what follows. */
	ck_assert_str_eq(name_escape("\xe2\x80\xae", 3), "\\xe2\\x80\\xae");
}
END_TEST

START_TEST(backslash_is_doubled_so_that_escapes_cannot_be_forged)
{
	ck_assert_str_eq(name_escape("a\\x1b", 5), "a\\\\x1b");
}
END_TEST

START_TEST(invalid_utf8_is_escaped)
{
	ck_assert_str_eq(name_escape("\xff", 1), "\\xff");
	ck_assert_str_eq(name_escape("\xc3", 1), "\\xc3");		     /* cut */
	ck_assert_str_eq(name_escape("\xc0\x80", 2), "\\xc0\\x80");	     /* overlong NUL */
	ck_assert_str_eq(name_escape("\xed\xa0\x80", 3), "\\xed\\xa0\\x80"); /* surrogate */
	ck_assert_str_eq(name_escape("\x80", 1), "\\x80");
}
END_TEST

START_TEST(string_ends_at_nul_or_at_its_room)
{
	ck_assert_str_eq(name_escape_string("ab\0cd", 5), "ab");
	ck_assert_str_eq(name_escape_string("abcdef", 3), "abc");
}
END_TEST

START_TEST(unix_names)
{
	char full[108];

	ck_assert_ptr_null(name_unix("", 0));
	ck_assert_str_eq(name_unix("/run/x.sock\0junk", 16), "/run/x.sock");
	ck_assert_str_eq(name_unix("\0nbd\0four", 9), "@nbd\\x00four");
	ck_assert_str_eq(name_unix("\0", 1), "@");
	memset(full, 'x', sizeof(full));
	ck_assert_uint_eq(strlen(name_unix(full, sizeof(full))), sizeof(full));
}
END_TEST

START_TEST(inet_names)
{
	static const uint8_t v4[] = {127, 0, 0, 1}, v6[16] = {[15] = 1};

	ck_assert_str_eq(name_inet(v4, 4, 10809), "127.0.0.1:10809");
	ck_assert_str_eq(name_inet(v6, 16, 10809), "[::1]:10809");
}
END_TEST

START_TEST(constants)
{
	ck_assert_str_eq(name_family(NUM(1)), "unix");
	ck_assert_str_eq(name_family(NUM(2)), "inet");
	ck_assert_str_eq(name_family(NUM(10)), "inet6");
	ck_assert_str_eq(name_family(NUM(40)), "40");
	ck_assert_ptr_null(name_family(NUM_UNKNOWN));
	ck_assert_str_eq(name_sock_state(NUM(1)), "ESTABLISHED");
	ck_assert_str_eq(name_sock_state(NUM(8)), "CLOSE_WAIT");
	ck_assert_str_eq(name_sock_state(NUM(0)), "0");
	ck_assert_str_eq(name_sock_state(NUM(99)), "99");
	ck_assert_ptr_null(name_sock_state(NUM_UNKNOWN));
	ck_assert_str_eq(name_sock_type(NUM(1)), "STREAM");
	ck_assert_str_eq(phrase_peer_status(PEER_NOT_ACCEPTED), "not-accepted");
	ck_assert_ptr_null(phrase_peer_status(PEER_UNKNOWN));
}
END_TEST

TCase *names_case(void)
{
	TCase *c = tcase_create("names");

	tcase_add_checked_fixture(c, NULL, arena_free_all);
	tcase_add_test(c, plain_text_stays);
	tcase_add_test(c, control_characters_are_escaped);
	tcase_add_test(c, backslash_is_doubled_so_that_escapes_cannot_be_forged);
	tcase_add_test(c, invalid_utf8_is_escaped);
	tcase_add_test(c, string_ends_at_nul_or_at_its_room);
	tcase_add_test(c, unix_names);
	tcase_add_test(c, inet_names);
	tcase_add_test(c, constants);
	return c;
}
