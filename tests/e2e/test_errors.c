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

	snprintf(expected, sizeof(expected), "%salive\n", errors[_i].text);
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

/* Where the image holds no BTF, the message names the command and the package. */
START_TEST(without_debuginfo)
{
	const char *text = output("without-debuginfo");
	char package[128];

	if (!strcmp(getenv("E2E_LAYOUT"), "btf")) {
		ck_has(text, "nbd0  nbd_device");
		return;
	}
	snprintf(package, sizeof(package), "linux-image-%s-dbg", string_at(truth(), "/kernel"));
	ck_has(text, "nbd: nbd's structures are unknown: ");
	ck_has(text, "Try: mod -s nbd PATH/nbd.ko.debug");
	ck_has(text, package);
	/* One line, and the session goes on. */
	ck_assert_str_eq(strchr(text, '\n'), "\nalive\n");
}
END_TEST

START_TEST(no_module)
{
	ck_assert_str_eq(
		output("no-module"),
		"nbd: this kernel image has no nbd module (no symbol nbd_index_idr): the module "
		"was not loaded when the image was taken, or the kernel is older than 4.11\n"
		"alive\n");
}
END_TEST

TCase *errors_case(void)
{
	TCase *c = tcase_create("errors");

	tcase_add_loop_test(c, one_line_and_alive, 0, 9);
	tcase_add_test(c, wrong_options_show_the_usage);
	tcase_add_test(c, one_wrong_device_does_not_hide_the_others);
	tcase_add_test(c, without_debuginfo);
	tcase_add_test(c, no_module);
	return c;
}
