// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "render/ends.h"
#include "render/report.h"
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
	dev->n_dead = NUM(1);
	dev->live_connections = NUM(1310);
}

/* What collecting ends with. */
static void judge(void)
{
	judge_devices(report);
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
	struct render_options options = {0};
	char *text;

	judge();
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "connections    1311: 1310 live, 1 dead, 1311 receivers");
	has(text, "1-1310");
	has(text, "open: gMgr (234) fd 6-1315");
	ck_assert_uint_lt(count_lines(text), 50);
	free(text);
	options.unfolded = true;
	PRINTED(text, report_device(out, report, dev, &options));
	ck_assert_uint_gt(count_lines(text), 1311);
	free(text);
}
END_TEST

START_TEST(a_cause_stands_for_what_follows_from_it)
{
	struct render_options options = {.peers = true};
	char *text;

	dev->conns[1].sock->peer_status = PEER_CLOSED;
	dev->conns[2].sock->peer_status = PEER_NOT_ACCEPTED;
	judge();
	PRINTED(text, report_summary(out, report, &dev, 1));
	has(text, "RECV  REQ  OPEN  WAIT  RUNTIME_FLAGS");
	has(text, "1311    0     1     0  HAS_PID_FILE");
	has(text, "    not-accepted: 1 connection is in the queue of the listener gMgr (234)");
	has_not(text, "peer-closed");
	has(text, "1 of 1 nbd device configured");
	has_not(text, "info");
	free(text);
	PRINTED(text, report_connections(out, report, dev, &options));
	has(text, "CLOSED by the other end; listener gMgr (234)");
	has(text, "refs 1 = 1 nbd; owner none");
	has(text, "path /run/gMgr.sock");
	free(text);
}
END_TEST

/* Without a cause the findings stand for themselves. */
START_TEST(warnings_of_a_device_that_is_well)
{
	struct device *well = sample_netlink(report, 102, 1);
	char *text;

	well->conns[0].sock->file->refs = NUM(2);
	judge();
	PRINTED(text, report_summary(out, report, &well, 1));
	has(text, "\n    warning hidden-holder: the socket of 1 connection is held by more");
	has_not(text, "info");
	free(text);
}
END_TEST

START_TEST(no_owner_is_usual_for_netlink)
{
	char *text;

	dev->runtime_flags = NUM(0xb8);
	judge();
	PRINTED(text, report_summary(out, report, &dev, 1));
	has_not(text, "no-owner");
	free(text);
}
END_TEST

START_TEST(none_is_not_claimed_when_tables_are_missing)
{
	struct render_options options = {0};
	char *text;

	report->scan.tables_unreadable = 3;
	judge();
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "none found");
	has(text, "3 file tables and 0 tasks could not be read");
	has_not(text, "no-owner");
	free(text);
	PRINTED(text, report_coverage(out, report));
	has(text, "owners searched: 2 tasks, 2 file tables, 3 unreadable");
	free(text);
}
END_TEST

/* What was left out is told, and why, unless the user ended the search. */
START_TEST(leaders_only)
{
	char *text;

	report->tasks.v[1]->threads = 0xffff000000003000;
	PRINTED(text, report_coverage(out, report));
	has(text, "  of 1 thread group only the leader was looked at: all references are explained "
		  "without the other threads\n");
	free(text);
	report->scan.interrupted = true;
	PRINTED(text, report_coverage(out, report));
	has(text, "  of 1 thread group only the leader was looked at\n");
	free(text);
}
END_TEST

START_TEST(layout_source)
{
	static const struct {
		const char *source, *line;
	} sources[] = {
		{"debuginfo", "nbd's structures: from debuginfo\n"},
		{"btf", "nbd's structures: from BTF in the image\n"},
		{"computed", "nbd's structures: computed from the order of their members\n"},
	};
	char *text;

	for (size_t i = 0; i < 3; i++) {
		report->layout_source = sources[i].source;
		PRINTED(text, report_layout_source(out, report));
		ck_assert_str_eq(text, sources[i].line);
		free(text);
	}
}
END_TEST

/* Only where it is the less certain one. */
START_TEST(device_source)
{
	char *text;

	PRINTED(text, report_device_source(out, report));
	ck_assert_str_eq(text, "");
	free(text);
	report->devices_from[0] = "nbd_index_idr";
	report->n_devices_from = 1;
	PRINTED(text, report_device_source(out, report));
	ck_assert_str_eq(text, "");
	free(text);
	report->devices_from[0] = "block_class";
	PRINTED(text, report_device_source(out, report));
	ck_assert_str_eq(text, "devices: as block_class lists them; without nbd_index_idr, one "
			       "that is being added or removed may be missing\n");
	free(text);
}
END_TEST

START_TEST(what_is_unknown_prints_as_a_question_mark)
{
	struct render_options options = {0};
	char *text;

	dev->num_connections = dev->live_connections = dev->recv_threads = NUM_UNKNOWN;
	dev->runtime_flags = dev->config_refs = dev->timeout_seconds = NUM_UNKNOWN;
	dev->openers_expected = NUM_UNKNOWN;
	dev->n_openers = 0;
	dev->requests_known = false;
	problem_add(&dev->problems, "nbd_config could not be read in one piece");
	judge();
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "connections    ?: ? live");
	has(text, "runtime_flags  ? = ?");
	has(text, "config_refs ?");
	has(text, "timeout        ?");
	has(text, "openers        ?\n");
	has(text, "requests       ?\n");
	has(text, "unreadable          nbd_config could not be read in one piece");
	has(text, "NBD_SET_SOCK unknown  runtime_flags could not be read");
	has_not(text, "freed when");
	has_not(text, "OPENERS");
	free(text);
}
END_TEST

/* file_owner of a socket's file whose sk cannot be read. */
START_TEST(file_of_an_unreadable_socket)
{
	const struct query query = {.addr = 0x1000, .sock = dev->conns[0].sock};
	const struct opened_file opened = {dev->conns[0].sock->file, NULL};
	char *text;

	query.sock->family = NUM_UNKNOWN;
	query.sock->inode = NUM_UNKNOWN;
	PRINTED(text, report_file(out, report, &query, &opened));
	has(text, "socket:[?]  ?\n");
	has_not(text, "null");
	free(text);
}
END_TEST

START_TEST(unknown_layouts)
{
	char *text;

	report->layout_source = NULL;
	PRINTED(text, report_layout_source(out, report));
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

/* Every kind of holder is printed that is counted as explained. */
START_TEST(references_of_every_kind_of_holder)
{
	struct file file = {.refs = NUM(1 + HOLDER_KINDS), .n_table_refs = 1};

	for (enum holder_kind kind = 0; kind < HOLDER_KINDS; kind++)
		*ARENA_PUSH(file.holders, file.n_holders) = (struct holder){
			.kind = kind, .call = "recvmsg", .task = report->tasks.v[1]};
	ck_assert_str_eq(end_references(&file),
			 "6 = 1 nbd + 1 scm_rights + 1 io_uring of gMgr (234) fd 0 + 1 loop + 1 in "
			 "recvmsg by gMgr (234) + 1 fd");
	*ARENA_PUSH(file.holders, file.n_holders) = (struct holder){
		.kind = HOLDER_SYSTEM_CALL, .call = "poll", .task = report->tasks.v[0]};
	file.refs.v++;
	ck_assert_str_eq(end_references(&file),
			 "7 = 1 nbd + 1 scm_rights + 1 io_uring of gMgr (234) fd 0 + 1 loop + 2 "
			 "system_call + 1 fd");
}
END_TEST

START_TEST(references_add_up)
{
	const struct query query = {.addr = dev->conns[0].nbd_sock,
				    .sock = dev->conns[0].sock,
				    .file = dev->conns[0].sock->file};
	const struct opened_file opened = {query.file, NULL};
	char *text;

	query.file->refs = NUM(3);
	query.file->n_table_refs = 1;
	*ARENA_PUSH(query.file->owners, query.file->n_owners) =
		(struct fd_owner){report->tasks.v[0], 3};
	PRINTED(text, report_file(out, report, &query, &opened));
	has(text, "references  3 = 1 nbd + 1 fd + 1 unexplained");
	has(text, "owner       qemu-kvm (233) fd 3");
	has(text, "held by     nbd101 connection 0");
	free(text);
}
END_TEST

START_TEST(unconfigured_device_claims_nothing)
{
	struct render_options options = {0};
	struct device *idle = ARENA_PUSH(report->devices, report->n_devices);
	char *text;

	idle->name = "nbd5";
	idle->config_known = NUM(0);
	idle->config_refs = idle->recv_pid = idle->task_setup = NUM(0);
	idle->config_lock_owner = idle->open_lock_owner = NUM(0);
	judge();
	PRINTED(text, report_device(out, report, idle, &options));
	has(text, "not configured");
	has_not(text, "FINDINGS");
	has(text, "NBD_DO_IT    EINVAL   no socket has been set");
	has_not(text, "live");
	free(text);
}
END_TEST

START_TEST(exited_tasks_are_named_as_such)
{
	struct render_options options = {0};
	char *text;

	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "set up by      task_struct ffff000000009000, EXITED: no living task");
	has(text, "started by     qemu-kvm (233)");
	free(text);
}
END_TEST

/* The verdict stands before the evidence. */
START_TEST(parts_of_a_device_come_in_order)
{
	static const char *const parts[] = {"nbd101  nbd_device", "\nFINDINGS\n",    "\nATTACH NOW",
					    "freed when",	  "\nCONNECTIONS\n", "\nREQUESTS\n",
					    "\nOPENERS\n",	  "\nWAITERS\n"};
	struct render_options options = {0};
	const char *at;
	char *text;

	sample_waiter(dev, sample_task(report, "dd", 501, 'D'), "read",
		      sample_request(dev, 45000)->addr);
	judge();
	PRINTED(text, report_device(out, report, dev, &options));
	at = text;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		has(at, parts[i]);
		at = strstr(at, parts[i]);
	}
	free(text);
}
END_TEST

START_TEST(findings_have_remedies_and_evidence)
{
	struct render_options options = {0};
	char *text;

	dev->runtime_flags = NUM(12);
	dev->recv_threads = NUM(0);
	judge();
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "error    leaked-connections  1310 connections without a receiver");
	has(text, "remedy: it ends when qemu-kvm (233) fd 3 is closed");
	/* Once, though three findings have it. */
	ck_assert_ptr_null(strstr(strstr(text, "remedy: it ends") + 1, "remedy: it ends"));
	has(text, "fixed by kernel commit 04d8fb23e520");
	has_not(text, "evidence");
	free(text);
	options.unfolded = true;
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "evidence: 0xffff000012065000, nbd_config.live_connections 1310");
	free(text);
}
END_TEST

/* Where the client has named the server it is told; else with -v. */
START_TEST(backend)
{
	struct render_options options = {0};
	const struct {
		num has_backend;
		const char *said;
	} rows[] = {{NUM(0), "backend        not named by the client\n"},
		    {NUM_ABSENT, "backend        not kept by this kernel\n"},
		    {NUM_UNKNOWN, "backend        ?\n"}};
	char *text;

	judge();
	for (size_t i = 0; i < 3; i++) {
		dev->has_backend = rows[i].has_backend;
		options.unfolded = true;
		PRINTED(text, report_device(out, report, dev, &options));
		has(text, rows[i].said);
		free(text);
		options.unfolded = false;
		PRINTED(text, report_device(out, report, dev, &options));
		has_not(text, "backend ");
		free(text);
	}
	dev->has_backend = NUM(1);
	dev->backend = "pool/volume-7";
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, "  backend        pool/volume-7\n");
	free(text);
}
END_TEST

START_TEST(findings_for_scripts)
{
	char *text;

	judge();
	PRINTED(text, report_findings(out, dev, true));
	has(text,
	    "nbd101 warning dead-connection 1 of 1311 connections marked dead (index 0): nbd");
	has(text, "nbd101 info stale-setup-task ");
	has(text, "nbd101 state idle server-closed 1 connection ");
	ck_assert_uint_eq(count_lines(text), 1 + dev->n_findings);
	free(text);
	PRINTED(text, report_findings(out, dev, false));
	has_not(text, " info ");
	has(text, "nbd101 warning dead-connection ");
	free(text);
}
END_TEST

START_TEST(config_refs_add_up)
{
	struct render_options options = {0};
	static const struct {
		uint64_t refs, flags;
		const char *text;
	} sums[] = {
		{1312, 8, "config_refs 1312 = 1 opener + 1311 receivers; refs"},
		{1313, 0x18, "config_refs 1313 = 1 opener + 1311 receivers + 1 netlink; refs"},
		{1314, 8, "config_refs 1314 = 1 opener + 1311 receivers + 2 unexplained; refs"},
		{1310, 8, "config_refs 1310 = 1 opener + 1311 receivers - 2 unexplained; refs"},
	};
	char *text;

	dev->config_refs = NUM(sums[_i].refs);
	dev->runtime_flags = NUM(sums[_i].flags);
	PRINTED(text, report_device(out, report, dev, &options));
	has(text, sums[_i].text);
	free(text);
}
END_TEST

START_TEST(requests)
{
	struct request *rq = sample_request(dev, 24350);
	char *text;

	sample_waiter(dev, sample_task(report, "dd", 501, 'D'), "write", rq->addr);
	judge_devices(report);
	PRINTED(text, report_requests(out, dev));
	has(text, "nbd101  requests 1 in flight");
	has(text,
	    "  8      0  ffff000050000100  WRITE    2048   4 KiB  24.3 s     0  yes         2  dd "
	    "(501)\n");
	has(text, "gives up the connection of a request that gets no reply for 30 s");
	free(text);
	dev->num_connections = NUM(1);
	rq->op = rq->sent = rq->retries = rq->connection = rq->age_ms = NUM_UNKNOWN;
	dev->requests_known = false;
	judge_devices(report);
	PRINTED(text, report_requests(out, dev));
	has(text, "nbd101  requests 1 in flight are known, not all");
	has(text, "?     2048   4 KiB    ?     ?  ?           ?  dd (501)\n");
	has(text, "nbd never gives up a request: one connection and no timeout");
	free(text);
}
END_TEST

START_TEST(when_requests_are_given_up)
{
	static const struct {
		num retries, timeout, connections;
		const char *text;
	} rules[] = {
		{{1, true, false}, {0, true, false}, {1, true, false}, "never gives up"},
		{{1, true, false},
		 {9, true, false},
		 {1, true, false},
		 "the connection of a request that gets no reply for 9 s"},
		{{1, true, false},
		 {0, true, false},
		 {2, true, false},
		 "the connection of a request that gets no reply for 30 s"},
		{{0, true, false},
		 {0, true, false},
		 {1, true, false},
		 "fails a request that gets no reply for 30 s"},
		{{0, true, false},
		 {9, true, false},
		 {1, true, false},
		 "fails a request that gets no reply for 9 s"},
		{{0, false, false}, {0, true, false}, {1, true, false}, "is not known"},
		{{1, true, false}, {0, false, false}, {1, true, false}, "is not known"},
		{{1, true, false}, {0, true, false}, {0, false, false}, "is not known"},
	};
	char *text;

	report->traits.keeps_retries = rules[_i].retries;
	dev->timeout_seconds = rules[_i].timeout;
	dev->num_connections = rules[_i].connections;
	judge_devices(report);
	PRINTED(text, report_requests(out, dev));
	has(text, rules[_i].text);
	free(text);
}
END_TEST

START_TEST(openers)
{
	struct task *waiting = sample_task(report, "dd", 501, 'D');
	char *text;

	sample_opener(dev, OPENER_MOUNT, NULL, "ext4 on /mnt (nbd101)");
	dev->openers_expected = NUM(3);
	dev->openers_found = 2;
	sample_waiter(dev, waiting, "open", 0);
	dev->config_refs = NUM(1315);
	PRINTED(text, report_openers(out, dev));
	has(text, "nbd101  openers 3 by the kernel's count, 2 found, 1 still in open; config_refs "
		  "1315 = 3 openers + 1311 "
		  "receivers + 1\n        in open (dd (501))\n");
	has(text, "fd     qemu-kvm (233)   3  ffff000060000100  nbd101\n");
	has(text, "mount  -                -  -                 ext4 on /mnt (nbd101)\n");
	has(text, "dd (501) state D  ffff0000001f5000    ?  open  request\n");
	free(text);
}
END_TEST

/* What no terminal is wide enough for goes on below itself. */
START_TEST(lines_are_not_too_long)
{
	struct render_options options = {.peers = true, .unfolded = true};
	struct device *small;
	char *text, *line;

	for (int i = 0; i < 9; i++)
		sample_opener(dev, OPENER_FD, sample_task(report, "a-long-command-x", 700 + i, 'D'),
			      "/dev/nbd101");
	dev->runtime_flags = NUM(0xff);
	small = sample_device(report, 1, 2, "/run/a.sock");
	small->runtime_flags = NUM(12);
	small->n_openers = 0;
	for (int i = 0; i < 9; i++)
		sample_opener(small, OPENER_FD, report->tasks.v[2 + i], "/dev/nbd1");
	judge();
	PRINTED(text, report_summary(out, report, &small, 1);
		report_device(out, report, small, &options);
		report_connections(out, report, small, &options); report_openers(out, small));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 120, "%s", line);
	free(text);
}
END_TEST

/* What nbd has in hand and has not started waits, too, and has references. */
/* In flight alone means that nothing waits anywhere. */
START_TEST(requests_that_are_not_started)
{
	struct request rq = {.place = REQUEST_SCHEDULER,
			     .addr = 0xffff000050000000,
			     .tag = REQUEST_NO_TAG,
			     .op = NUM(1),
			     .sector = NUM(2048),
			     .bytes = NUM(4096)};
	const struct task *sleeper = sample_task(report, "dd", 1150, 'D');
	char *text;

	dev->waiting = &rq;
	dev->n_waiting = 1;
	dev->tag_waiters = &sleeper;
	dev->n_tag_waiters = 1;
	PRINTED(text, report_requests(out, dev));
	has(text, "requests 0 in flight, 1 in the I/O scheduler; 1 task waits for a tag\n");
	has(text, "  scheduler  ffff000050000000  WRITE    2048   4 KiB");
	has(text, "  waits for a tag: dd (1150) state D\n");
	free(text);
	dev->waiting_known = dev->tag_waiters_known = false;
	PRINTED(text, report_requests(out, dev));
	has(text,
	    "1 in the I/O scheduler; how many wait to be started is not known; 1 task waits for a "
	    "tag; who waits for a tag is not known\n");
	free(text);
	PRINTED(text, report_summary(out, report, &dev, 1));
	has(text, " 0+? ");
	free(text);
}
END_TEST

START_TEST(requests_that_wait_in_nbd)
{
	static const struct task *waiting[2];
	char *text;

	waiting[0] = sample_task(report, "kworker/1:3H", 1145, 'D');
	waiting[1] = sample_task(report, "nbd-client", 1146, 'D');
	dev->reconnect_waiters = waiting;
	dev->n_reconnect_waiters = 1;
	dev->conns[0].behind_sender = waiting;
	dev->conns[0].n_behind_sender = 2;
	/* This one detaches. */
	dev->config_lock_owner = NUM(waiting[1]->addr);
	dev->config_refs = NUM(1 + 1311 + 2);
	PRINTED(text, report_requests(out, dev));
	has(text, "in flight, 1 waiting for a reconnect, 1 waiting behind a sender");
	free(text);
	PRINTED(text, report_openers(out, dev));
	has(text, "+ 2 requests in nbd");
	has_not(text, "unexplained");
	free(text);
	/* Its timeout is handled: that waits behind the sender, and is in flight. */
	sample_request(dev, 31000)->worker = waiting[0];
	PRINTED(text, report_requests(out, dev));
	has(text, "in flight, 1 waiting for a reconnect\n");
	free(text);
	PRINTED(text, report_openers(out, dev));
	has(text, "+ 2 requests in nbd");
	has_not(text, "unexplained");
	free(text);
}
END_TEST

TCase *report_case(void)
{
	TCase *c = tcase_create("report");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, many_connections_fold_into_few_rows);
	tcase_add_test(c, requests_that_are_not_started);
	tcase_add_test(c, requests_that_wait_in_nbd);
	tcase_add_test(c, a_cause_stands_for_what_follows_from_it);
	tcase_add_test(c, warnings_of_a_device_that_is_well);
	tcase_add_test(c, no_owner_is_usual_for_netlink);
	tcase_add_test(c, none_is_not_claimed_when_tables_are_missing);
	tcase_add_test(c, leaders_only);
	tcase_add_test(c, layout_source);
	tcase_add_test(c, device_source);
	tcase_add_test(c, what_is_unknown_prints_as_a_question_mark);
	tcase_add_test(c, file_of_an_unreadable_socket);
	tcase_add_test(c, unknown_layouts);
	tcase_add_test(c, references_of_every_kind_of_holder);
	tcase_add_test(c, references_add_up);
	tcase_add_test(c, unconfigured_device_claims_nothing);
	tcase_add_test(c, exited_tasks_are_named_as_such);
	tcase_add_test(c, parts_of_a_device_come_in_order);
	tcase_add_test(c, findings_have_remedies_and_evidence);
	tcase_add_test(c, backend);
	tcase_add_test(c, findings_for_scripts);
	tcase_add_loop_test(c, config_refs_add_up, 0, 4);
	tcase_add_test(c, requests);
	tcase_add_loop_test(c, when_requests_are_given_up, 0, 8);
	tcase_add_test(c, openers);
	tcase_add_test(c, lines_are_not_too_long);
	return c;
}
