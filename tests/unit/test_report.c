// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "arena.h"
#include "nbd_report.h"
#include "printed.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;

static void setup(void)
{
	report = sample_report();
	dev = sample_device(report, 101, 1311, "/run/gMgr.sock");
	dev->conns[0].dead = NUM(1);
	dev->n_dead = 1;
	dev->live_connections = NUM(1310);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) == NULL, "\"%s\" in:\n%s", part, text);
}

START_TEST(many_connections_fold_into_few_rows)
{
	struct report_options options = {0};
	char *text;

	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "connections    1311: 1310 live, 1 dead, 1311 receivers");
	has(text, "1-1310");
	has(text, "open: gMgr (234) fd 6-1315");
	ck_assert_uint_lt(count_lines(text), 30);
	free(text);
	options.unfolded = true;
	PRINTED(text, report_device(out, report, dev, &options));
	ck_assert_uint_gt(count_lines(text), 1311);
	free(text);
}
END_TEST

START_TEST(trouble_is_flagged_in_plain_words)
{
	struct report_options options = {.peers = true};
	char *text;

	dev->conns[1].sock->peer_status = PEER_CLOSED;
	dev->conns[2].sock->peer_status = PEER_NOT_ACCEPTED;
	PRINTED(text, report_summary(out, report, &dev, 1));
	has(text, "! 1 dead connection: nbd has given it up");
	has(text, "! 1 closed peer");
	has(text, "! 1 connection not accepted");
	has(text, "! 1311 connections without an owner");
	has(text, "1 of 1 nbd device configured");
	free(text);
	PRINTED(text, report_connections(out, report, dev, &options));
	has(text, "CLOSED by the other end; listener gMgr (234)");
	has(text, "refs 1 = 1 nbd; owner none");
	has(text, "path /run/gMgr.sock");
	free(text);
}
END_TEST

START_TEST(no_owner_is_usual_for_netlink)
{
	char *text;

	dev->runtime_flags = NUM(0xb8);
	PRINTED(text, report_summary(out, report, &dev, 1));
	has(text,
	    "- 1311 connections without an owner: no process has their socket open (usual for "
	    "netlink)");
	free(text);
}
END_TEST

START_TEST(none_is_not_claimed_when_tables_are_missing)
{
	struct report_options options = {0};
	char *text;

	report->scan.tables_unreadable = 3;
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "none found");
	has(text, "as far as tables could be");
	free(text);
	PRINTED(text, report_coverage(out, report));
	has(text, "owners searched: 2 tasks, 2 file tables, 3 unreadable");
	free(text);
}
END_TEST

START_TEST(what_is_unknown_prints_as_a_question_mark)
{
	struct report_options options = {0};
	char *text;

	dev->num_connections = dev->live_connections = dev->recv_threads = NUM_UNKNOWN;
	dev->runtime_flags = dev->config_refs = dev->timeout_seconds = NUM_UNKNOWN;
	*ARENA_PUSH(dev->problems, dev->n_problems) = "nbd_config could not be read in one piece";
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "connections    ?: ? live");
	has(text, "runtime_flags  ? = ?");
	has(text, "config_refs ?");
	has(text, "timeout        ?");
	has(text, "! unreadable: nbd_config could not be read in one piece");
	free(text);
}
END_TEST

START_TEST(references_add_up)
{
	const struct query query = {.addr = dev->conns[0].nbd_sock,
				    .sock = dev->conns[0].sock,
				    .file = dev->conns[0].sock->file};
	char *text;

	query.file->refs = NUM(3);
	query.file->n_table_refs = 1;
	*ARENA_PUSH(query.file->owners, query.file->n_owners) =
		(struct fd_owner){&report->tasks.v[0], 3};
	PRINTED(text, report_file(out, report, &query));
	has(text, "references  3 = 1 nbd + 1 fd + 1 unexplained");
	has(text, "owner       qemu-kvm (233) fd 3");
	has(text, "held by     nbd101 connection 0");
	free(text);
}
END_TEST

START_TEST(unconfigured_device_claims_nothing)
{
	struct report_options options = {0};
	struct device *idle = ARENA_PUSH(report->devices, report->n_devices);
	char *text;

	idle->name = "nbd5";
	idle->config_known = NUM(0);
	PRINTED(text, report_device(out, report, idle, &options));
	has(text, "not configured");
	has_not(text, "FLAGGED");
	has_not(text, "live");
	free(text);
}
END_TEST

START_TEST(exited_tasks_are_named_as_such)
{
	struct report_options options = {0};
	char *text;

	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "set up by      task_struct ffff000000009000, EXITED: no living task");
	has(text, "started by     qemu-kvm (233)");
	free(text);
}
END_TEST

TCase *report_case(void)
{
	TCase *c = tcase_create("report");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, many_connections_fold_into_few_rows);
	tcase_add_test(c, trouble_is_flagged_in_plain_words);
	tcase_add_test(c, no_owner_is_usual_for_netlink);
	tcase_add_test(c, none_is_not_claimed_when_tables_are_missing);
	tcase_add_test(c, what_is_unknown_prints_as_a_question_mark);
	tcase_add_test(c, references_add_up);
	tcase_add_test(c, unconfigured_device_claims_nothing);
	tcase_add_test(c, exited_tasks_are_named_as_such);
	return c;
}
