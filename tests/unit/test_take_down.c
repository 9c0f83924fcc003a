// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/take_down.h"

#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "printed.h"
#include "render/renderer.h"
#include "render/report.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;
static struct stacked lv, crypt;

/* nbd7, on that vg-lv, on that a crypt device, in which a file system is mounted. */
static void setup(void)
{
	static struct mount mount;
	static struct opener on_lv, on_crypt;
	static struct level levels[2];

	report = sample_report();
	dev = sample_device(report, 7, 1, "/run/a.sock");
	mount = (struct mount){.vfsmount = 1, .point = "/mnt/a b", .elsewhere = NUM(0)};
	lv = (struct stacked){.name = "dm-0",
			      .gendisk = 0xffff000000d00000,
			      .dm_name = "v--g-l--v",
			      .dm_uuid = "LVM-"
					 "0123456789abcdef0123456789abcdef"
					 "0123456789abcdef0123456789abcdef",
			      .openers = &on_lv,
			      .n_openers = 1,
			      .openers_expected = NUM(1),
			      .openers_found = 1};
	crypt = (struct stacked){.name = "dm-1",
				 .gendisk = 0xffff000000d10000,
				 .dm_name = "secret",
				 .dm_uuid = "CRYPT-LUKS2-made-up",
				 .openers = &on_crypt,
				 .n_openers = 1,
				 .openers_expected = NUM(1),
				 .openers_found = 1};
	on_lv = (struct opener){
		.kind = OPENER_HOLDER, .what = "dm-0", .on = "dm-0", .stacked = &crypt};
	on_crypt = (struct opener){.kind = OPENER_MOUNT,
				   .what = "xfs on /mnt/a b (dm-1)",
				   .on = "dm-1",
				   .mount = &mount};
	levels[0] = (struct level){&lv, "nbd7", 1};
	levels[1] = (struct level){&crypt, "dm-0", 2};
	sample_opener(dev, OPENER_HOLDER, NULL, "nbd7")->stacked = &lv;
	dev->above = levels;
	dev->n_above = 2;
	judge_devices(report);
}

static void step(size_t i, const char *what, const char *command)
{
	size_t n;
	const struct take_down_step *steps = take_down_steps(dev, &n);

	ck_assert_uint_lt(i, n);
	ck_assert_str_eq(steps[i].what, what);
	ck_assert_msg(!command == !steps[i].command &&
			      (!command || !strcmp(command, steps[i].command)),
		      "%s", steps[i].command);
}

START_TEST(from_the_top)
{
	size_t n;

	take_down_steps(dev, &n);
	ck_assert_uint_eq(n, 4);
	step(0, "xfs on /mnt/a b (dm-1) is unmounted", "umount '/mnt/a b'");
	step(1, "dm-1 \"secret\" (on dm-0) is removed", "cryptsetup close secret");
	step(2, "dm-0 \"v--g-l--v\" (on nbd7) is removed", "lvchange -an v-g/l-v");
	step(3, "qemu-kvm (233) fd 3 is closed", NULL);
	ck_assert_str_eq(
		take_down_clause(dev),
		"xfs on /mnt/a b (dm-1) is unmounted, and then dm-1 \"secret\" (on dm-0) is "
		"removed, and then dm-0 \"v--g-l--v\" (on nbd7) is removed, and then "
		"qemu-kvm (233) fd 3 is closed");
	ck_assert_ptr_nonnull(strstr(dev->freed_when, "and then dm-0"));
}
END_TEST

/* By name and by what made it; no command where a name is not known, or is none that a shell could be given. */
START_TEST(commands)
{
	static const struct {
		const char *name, *dm_name, *dm_uuid, *command;
	} expected[] = {
		{"dm-0", "vg-lv", "LVM-short", "vgchange -an vg"},
		{"dm-0", "vg-lv-real", "LVM-short", "vgchange -an vg"},
		{"dm-0", "mpatha", "mpath-360000", "multipath -f mpatha"},
		{"dm-0", "a;b", NULL, "dmsetup remove 'a;b'"},
		{"dm-0", "a'b", NULL, NULL},
		{"dm-0", "a\\x1b", NULL, NULL},
		{"dm-0", NULL, NULL, NULL},
		{"md127", NULL, NULL, "mdadm --stop /dev/md127"},
		{"loop3", NULL, NULL, "losetup -d /dev/loop3"},
		{"bcache0", NULL, NULL, "echo 1 > /sys/block/bcache0/bcache/stop"},
		{"drbd0", NULL, NULL, NULL},
	};
	size_t n;

	lv.name = expected[_i].name;
	lv.dm_name = expected[_i].dm_name;
	lv.dm_uuid = expected[_i].dm_uuid;
	step(2, take_down_steps(dev, &n)[2].what, expected[_i].command);
}
END_TEST

START_TEST(openers_of_what_is_stacked)
{
	static struct mount elsewhere = {.point = "/pod", .elsewhere = NUM(1)};
	struct task *t = sample_task(report, "dd", 501, 'D');
	struct opener openers[3] = {
		{.kind = OPENER_FD, .task = t, .fd = 4, .what = "/dev/dm-1", .on = "dm-1"},
		{.kind = OPENER_SWAP, .what = "swap (dm-1)", .on = "dm-1"},
		{.kind = OPENER_MOUNT, .what = "xfs on /pod (dm-1)", .mount = &elsewhere},
	};

	crypt.openers = openers;
	crypt.n_openers = 3;
	crypt.openers_expected = NUM(5);
	crypt.openers_found = 3;
	step(0, "dd (501) fd 4 of /dev/dm-1 is closed (those in D when their requests end)", NULL);
	step(1, "xfs on /pod (dm-1) in a mount namespace in which no task was found is unmounted",
	     NULL);
	step(2, "swap (dm-1) is switched off", "swapoff /dev/dm-1");
	step(3, "2 openers of dm-1 that were not found are gone", NULL);
	elsewhere.inhabitant = t;
	step(1,
	     "xfs on /pod (dm-1) in the mount namespace of dd (501): nsenter -t 501 -m is "
	     "unmounted",
	     "nsenter -t 501 -m umount /pod");
}
END_TEST

/* In the table of openers the stack is indented; one that two ways lead to is told once. */
START_TEST(text)
{
	struct opener twice[2] = {lv.openers[0], lv.openers[0]};
	char *printed;

	lv.openers = twice;
	lv.n_openers = 2;
	crypt.openers_expected = NUM_UNKNOWN;
	PRINTED(printed, report_openers(out, dev));
	ck_assert_ptr_nonnull(strstr(printed, " dm-0 \"v--g-l--v\" (on nbd7)\n"));
	ck_assert_ptr_nonnull(strstr(printed, "   dm-1 \"secret\" (on dm-0)\n"));
	ck_assert_ptr_nonnull(strstr(printed, "     xfs on /mnt/a b (dm-1)\n"));
	ck_assert_ptr_nonnull(strstr(printed, "(on dm-0): above\n"));
	ck_assert_ptr_nonnull(
		strstr(printed, "dm-1: the kernel's count of openers could not be read"));
	free(printed);
}
END_TEST

START_TEST(graph)
{
	char *printed;

	PRINTED(printed,
		renderer_devices(&renderer_dot, &(struct rendering){out, report, &dev, 1, {0}}));
	ck_assert_ptr_nonnull(strstr(printed, "\"gendisk_ffff000000d00000\" -> \"nbd7\""));
	ck_assert_ptr_nonnull(
		strstr(printed, "\"gendisk_ffff000000d10000\" -> \"gendisk_ffff000000d00000\""));
	ck_assert_ptr_nonnull(strstr(printed, "dm-1 \\\"secret\\\"\\non dm-0"));
	free(printed);
}
END_TEST

TCase *take_down_case(void)
{
	TCase *c = tcase_create("take_down");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, from_the_top);
	tcase_add_loop_test(c, commands, 0, 11);
	tcase_add_test(c, openers_of_what_is_stacked);
	tcase_add_test(c, text);
	tcase_add_test(c, graph);
	return c;
}
