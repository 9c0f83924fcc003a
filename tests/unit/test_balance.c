// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/balance.h"

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

static void setup(void)
{
	report = sample_report();
	dev = sample_device(report, 7, 2, "/run/a.sock");
}

static void is(const char *expected)
{
	ck_assert_str_eq(balance_phrase(report), expected);
}

/* Whoever waits for the device, in whichever list he is, is explained; the others are named. */
START_TEST(each_list_explains)
{
	const struct task *t[7], *behind[1];
	struct blocked blocked;

	is("0 tasks in D");
	for (uint32_t i = 0; i < 7; i++)
		t[i] = sample_task(report, "dd", 500 + i, 'D');
	is("7 tasks in D: 0 explained by nbd devices, 7 not: dd (500), dd (501), dd (502), dd "
	   "(503), "
	   "dd (504), dd (505), dd (506)");
	sample_waiter(dev, t[0], "read", 0);
	dev->conns[0].sender = t[1];
	behind[0] = t[2];
	dev->conns[1].behind_sender = behind;
	dev->conns[1].n_behind_sender = 1;
	dev->reconnect_waiters = &t[3];
	dev->n_reconnect_waiters = 1;
	blocked = (struct blocked){.task = t[4], .owner = t[0], .kind = "rwsem", .lock = 0x10};
	dev->behind = &blocked;
	dev->n_behind = 1;
	dev->tag_waiters = &t[5];
	dev->n_tag_waiters = 1;
	is("7 tasks in D: 6 explained by nbd devices (nbd7 6), 1 not: dd (506)");
}
END_TEST

START_TEST(what_was_not_read_is_said)
{
	sample_task(report, "sh", 600, '?');
	is("0 tasks in D; the state of 1 task could not be read");
	report->tasks.unreadable = 1;
	is("0 tasks in D; the state of 1 task could not be read; not all tasks could be read");
}
END_TEST

START_TEST(many_are_counted)
{
	for (uint32_t i = 0; i < 13; i++)
		sample_task(report, "a", 700 + i, 'D');
	ck_assert_ptr_nonnull(strstr(balance_phrase(report), "a (711) and 1 more"));
}
END_TEST

START_TEST(text_of_who_is_behind)
{
	struct task *owner = sample_task(report, "dd", 500, 'D'),
		    *t = sample_task(report, "sh", 501, 'D');
	struct blocked blocked[2] = {
		{.task = t, .owner = owner, .kind = "rwsem", .of = "inode 11 of ext4 on nbd7"},
		{.task = t, .owner = owner, .kind = "mutex", .lock = 0xffff000000000010},
	};
	static const struct stacked md = {.name = "md1"};
	char *printed;

	dev->behind = blocked;
	dev->n_behind = 2;
	sample_waiter(dev, owner, "read", 0xffff000000000020)->above = &md;
	PRINTED(printed, report_openers(out, dev));
	ck_assert_ptr_nonnull(strstr(printed, ", on md1\n"));
	ck_assert_ptr_nonnull(strstr(printed, "?  read"));
	ck_assert_ptr_nonnull(strstr(printed, "  2 tasks blocked behind:\n"));
	ck_assert_ptr_nonnull(
		strstr(printed, "    sh (501) waits for the rwsem of inode 11 of ext4 on nbd7, "
				"owner dd (500)\n"));
	owner->ran_ago_ms = NUM(69400);
	t->ran_ago_ms = NUM(38100);
	free(printed);
	PRINTED(printed, report_openers(out, dev));
	ck_assert_ptr_nonnull(strstr(printed, "69.4 s  read"));
	ck_assert_ptr_nonnull(
		strstr(printed, "    sh (501) waits for at least 38.1 s for the rwsem of"));
	t->ran_ago_ms = NUM_UNKNOWN;
	blocked[0].shared = true;
	free(printed);
	PRINTED(printed, report_openers(out, dev));
	ck_assert_ptr_nonnull(
		strstr(printed, "ext4 on nbd7, which readers hold, the last dd (500)\n"));
	blocked[0].shared = false;
	free(printed);
	PRINTED(printed, report_openers(out, dev));
	ck_assert_ptr_nonnull(
		strstr(printed, "sh (501) waits for mutex ffff000000000010, owner dd (500)\n"));
	free(printed);
	judge_devices(report);
	PRINTED(printed,
		renderer_devices(&renderer_text, &(struct rendering){out, report, &dev, 1, {0}}));
	ck_assert_ptr_nonnull(
		strstr(printed, "\n2 tasks in D: 2 explained by nbd devices (nbd7 2)\n"));
	free(printed);
}
END_TEST

TCase *balance_case(void)
{
	TCase *c = tcase_create("balance");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, each_list_explains);
	tcase_add_test(c, what_was_not_read_is_said);
	tcase_add_test(c, many_are_counted);
	tcase_add_test(c, text_of_who_is_behind);
	return c;
}
