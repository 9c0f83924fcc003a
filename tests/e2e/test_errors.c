// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad input gets one clear line, and the session goes on. */
#include <string.h>

#include "e2e.h"

/* run.sh prints "alive" after each command: nothing before it ended the session. */
START_TEST(one_line_and_alive)
{
	static const struct {
		const char *file, *text;
	} errors[] = {
		{"error-nbd999",
		 "nbd: nbd999: no such device: this kernel has 128, nbd0 to nbd127\n"},
		{"error-zzz",
		 "nbd: zzz: neither a whole device (nbd7, 7, /dev/nbd7) nor an address\n"},
		{"error-address",
		 "nbd: ffff888000000000: not the address of a gendisk, nbd_device or "
		 "nbd_config\n"},
		{"error-file_owner-0",
		 "file_owner: 0: not a kernel address nor a device (/dev/nbd7)\n"},
		{"error-file_owner-nbd999", "file_owner: nbd999: no such device\n"},
		{"error-file_owner-nbd50",
		 "file_owner: nbd50: no struct file was found that is open on it; the kernel "
		 "counts 0 openers: see nbd -o -d nbd50\n"},
		{"error-file_owner-nbd29",
		 "file_owner: nbd29: no struct file was found that is open on it; the kernel "
		 "counts 1 opener: see nbd -o -d nbd29\n"},
		{"error-unix_peer-deadbeef", "unix_peer: deadbeef: no socket here: give the "
					     "address of a struct socket, sock, file "
					     "of a socket, or nbd_sock\n"},
		{"error-file_owner-deadbeef",
		 "file_owner: deadbeef: no struct file, socket or nbd block device here\n"},
	};
	char expected[256];

	snprintf(expected, sizeof(expected), "%salive\n",
		 _i || keeps_variables()
			 ? errors[_i].text
			 : "nbd: nbd999: not among the 128 devices that could be read\n");
	ck_assert_str_eq(output(errors[_i].file), expected);
}
END_TEST

START_TEST(wrong_options_show_the_usage)
{
	ck_has(output("error-option"), "Usage:\n  nbd ");
	ck_has(output("error-option"), "alive\n");
	ck_has(output("error-operand"), "nbd: nbd0: a device is named with -d\n");
	ck_has(output("error-operand"), "Usage:\n  nbd ");
	ck_has(output("error-no-device"), "Usage:\n  nbd ");
	ck_has_not(output("error-no-device"), "{");
	ck_has(output("error-no-address"), "Usage:\n  unix_peer ");
}
END_TEST

START_TEST(one_wrong_device_does_not_hide_the_others)
{
	const char *text = output("error-mixed");

	ck_has(text, "nbd: zzz: neither");
	ck_has(text, "nbd0  nbd_device");
}
END_TEST

/* run.sh bent one pointer of nbd5, so that no computed layout fits. The message says so, and names the
 * command and the package. */
START_TEST(refused)
{
	const char *release = string_at(truth(), "/kernel"), *text = output("refused-file_owner");
	char expected[640], whole[768];

	snprintf(
		expected, sizeof(expected),
		"nbd's structures are unknown: its debuginfo is not loaded, the image holds no BTF "
		"of it, and none could be computed (nbd5: its gendisk's private_data is not this "
		"nbd_device). Try: mod -s nbd PATH/nbd.ko.debug  (package linux-image-%s-dbg on "
		"Debian, kernel-debuginfo-%s on Fedora, RHEL and openEuler)\n",
		release, release);
	snprintf(whole, sizeof(whole), "nbd: %salive\n", expected);
	ck_assert_str_eq(output("refused"), whole);
	/* This one needs nothing of nbd, and says what it cannot show. */
	snprintf(whole, sizeof(whole), "file_owner: what nbd itself holds is not shown: %sfile ",
		 expected);
	ck_has(text, whole);
	ck_has(text, "\n  owner       ");
	ck_has_not(text, "held by     nbd");
}
END_TEST

/* What the message advises helps: only the bent device differs. */
START_TEST(refused_until_debuginfo_is_loaded)
{
	struct lines bent = output_lines("refused-nbd-j"), sound = output_lines("nbd-j-debuginfo");
	size_t differing = 0;

	ck_assert_uint_eq(bent.n, sound.n);
	for (size_t i = 0; i < bent.n; i++) {
		if (json_object_equal(bent.v[i], sound.v[i]))
			continue;
		differing++;
		ck_assert_str_eq(string_at(bent.v[i], "/name"), "nbd5");
	}
	ck_assert_uint_eq(differing, 1);
}
END_TEST

START_TEST(no_module)
{
	ck_assert_str_eq(
		output("no-module"),
		"nbd: this kernel image has no nbd module (neither a module of that name, nor a "
		"symbol nbd_index_idr or, before 4.11, nbd_dev, nor a disk of its major): it was "
		"not loaded when the image was taken\n"
		"alive\n");
}
END_TEST

/* Where there is no nbd there is nothing of it to miss. */
START_TEST(without_nbd)
{
	const char *text = output("bare-unix_peer");

	ck_assert_ptr_eq(strstr(text, "this end  socket ff"), text);
	ck_has(text, "\nowners searched: ");
	ck_has_not(text, "nbd");
	ck_has_not(text, "unreadable:");
	ck_has(output("bare-file_owner"), ": this socket has no struct file: ");
	ck_has_not(output("bare-file_owner"), "nbd");
}
END_TEST

TCase *errors_case(void)
{
	TCase *c = tcase_create("errors");

	tcase_add_loop_test(c, one_line_and_alive, 0, 9);
	tcase_add_test(c, wrong_options_show_the_usage);
	tcase_add_test(c, one_wrong_device_does_not_hide_the_others);
	if (!strcmp(getenv("E2E_LAYOUT"), "computed")) {
		tcase_add_test(c, refused);
		tcase_add_test(c, refused_until_debuginfo_is_loaded);
	}
	tcase_add_test(c, no_module);
	tcase_add_test(c, without_nbd);
	return c;
}
