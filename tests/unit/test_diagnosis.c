// SPDX-License-Identifier: GPL-2.0-or-later
/* Every state and every cause: of a device that has it, and not of one that is well. */
#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "judge/diagnosis.h"
#include "judge/judge.h"
#include "judge/state.h"
#include "printed.h"
#include "render/report.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;
static struct task *server;

static void setup(void)
{
	report = sample_report();
	dev = sample_netlink(report, 1, 2);
	server = report->tasks.v[1];
}

static void is(enum device_state state, const char *cause_id)
{
	judge_devices(report);
	ck_assert_ptr_nonnull(dev->diagnosis);
	ck_assert_msg(dev->diagnosis->state == state, "%s: %s", state_word(dev->diagnosis->state),
		      dev->diagnosis->cause);
	ck_assert_str_eq(dev->diagnosis->cause_id, cause_id);
	ck_assert_str_ne(dev->diagnosis->cause, "");
}

static void cause_has(const char *part)
{
	ck_assert_msg(strstr(dev->diagnosis->cause, part) != NULL, "no \"%s\" in: %s", part,
		      dev->diagnosis->cause);
}

static bool follows(const char *part)
{
	for (size_t i = 0; i < dev->diagnosis->n_consequences; i++) {
		if (strstr(dev->diagnosis->consequences[i], part))
			return true;
	}
	return false;
}

/* The number of the step that says this, from 1 on; 0 when none does. */
static size_t step(const char *part)
{
	for (size_t i = 0; i < dev->diagnosis->n_steps; i++) {
		if (strstr(dev->diagnosis->steps[i].action, part))
			return i + 1;
	}
	return 0;
}

static void lose(size_t which, enum peer_status status, bool listener_lives)
{
	dev->conns[which].dead = NUM(1);
	dev->conns[which].sock->peer_status = status;
	sample_listener(dev->conns[which].sock, listener_lives ? report->tasks.v[1] : NULL);
	dev->n_dead.v++;
	dev->live_connections.v--;
	dev->recv_threads.v--;
}

static void lose_all(void)
{
	lose(0, PEER_CLOSED, false);
	lose(1, PEER_CLOSED, false);
}

START_TEST(idle)
{
	is(STATE_IDLE, "none");
	cause_has("2 connections are live and read; requests: 0 in flight");
	ck_assert_uint_eq(dev->diagnosis->n_steps, 0);
	ck_assert_uint_eq(dev->diagnosis->n_consequences, 0);
	ck_assert(!diagnosis_is_trouble(dev));
}
END_TEST

START_TEST(working)
{
	sample_request(dev, 999);
	is(STATE_WORKING, "none");
	ck_assert_uint_eq(dev->diagnosis->n_steps, 0);
}
END_TEST

/* A request that nbd has not started is one that waits, too. */
START_TEST(working_on_what_is_not_started)
{
	struct request *rq = ARENA_PUSH(dev->waiting, dev->n_waiting);

	rq->place = REQUEST_SCHEDULER;
	is(STATE_WORKING, "none");
	cause_has("0 in flight, 1 in the I/O scheduler");
	dev->runtime_flags = NUM(4 | 8);
	dev->openers_expected = NUM(1);
	is(STATE_DEAD, "unexplained");
	ck_assert_str_eq(dev->diagnosis->steps[0].action,
			 "find who has it open: fuser -v /dev/nbd1, grep nbd1 /proc/*/maps");
}
END_TEST

/* Being well is a claim: it is not made of what could not be read. */
START_TEST(well_only_where_all_was_read)
{
	switch (_i) {
	case 0:
		dev->requests_known = false;
		break;
	case 1:
		dev->runtime_flags = NUM_UNKNOWN;
		break;
	case 2:
		dev->live_connections = NUM_UNKNOWN;
		break;
	case 3:
		dev->recv_threads = NUM_UNKNOWN;
		break;
	case 4:
		problem_add(&dev->problems, "a page is missing");
		break;
	default:
		sample_request(dev, 5)->age_ms = NUM_UNKNOWN;
		break;
	}
	is(STATE_UNKNOWN, "unreadable");
}
END_TEST

START_TEST(not_configured)
{
	dev->config = 0;
	dev->config_known = NUM(0);
	judge_devices(report);
	ck_assert_ptr_null(dev->diagnosis);
	ck_assert(!diagnosis_is_trouble(dev));
}
END_TEST

START_TEST(setting_up)
{
	dev = sample_device(report, 2, 1, "/run/b.sock");
	dev->recv_pid = NUM(0);
	dev->recv_task = NULL;
	dev->recv_threads = NUM(0);
	dev->setup_task = report->tasks.v[0];
	dev->task_setup = NUM(dev->setup_task->addr);
	is(STATE_SET_UP, "none");
	cause_has("qemu-kvm (233) sets it up");
}
END_TEST

START_TEST(slow)
{
	sample_request(dev, 1000);
	is(STATE_SLOW, "server-silent");
	cause_has(
		"gMgr (234) lives and has not answered a WRITE of 4 KiB at sector 2048 for 1.0 s; "
		"it has read all that was sent");
	ck_assert_uint_eq(step("bt 234"), 1);
	ck_assert_uint_eq(step("nbd-client -d"), 0);
}
END_TEST

START_TEST(silent_and_stuck)
{
	sample_request(dev, 31000);
	is(STATE_STUCK, "server-silent");
	ck_assert_uint_eq(step("nbd-client -d /dev/nbd1"), 2);
	ck_assert_str_eq(dev->diagnosis->steps[1].costs, "1 request fails with EIO");
	dev->conns[0].sock->peer->receive_queue = NUM(1);
	is(STATE_STUCK, "server-silent");
	cause_has("it has not read all that was sent");
	dev->conns[0].sock->peer->receive_queue = NUM_UNKNOWN;
	is(STATE_STUCK, "server-silent");
	cause_has("whether it has read the request is not known");
}
END_TEST

START_TEST(silent_and_remote)
{
	dev->conns[0].sock->peer_status = PEER_REMOTE;
	dev->conns[0].sock->remote = "10.0.0.1:10809";
	sample_request(dev, 31000);
	is(STATE_STUCK, "server-silent");
	cause_has("the server at 10.0.0.1:10809 has not answered");
}
END_TEST

START_TEST(server_stopped)
{
	server->state = 'T';
	is(STATE_IDLE, "server-stopped");
	ck_assert(diagnosis_is_trouble(dev));
	ck_assert_uint_eq(dev->diagnosis->n_steps, 1);
	sample_request(dev, 500);
	is(STATE_STUCK, "server-stopped");
	cause_has("the server gMgr (234) is stopped (state T)");
	ck_assert_uint_eq(dev->diagnosis->pids[0], 234);
	ck_assert_uint_eq(step("kill -CONT 234"), 1);
	ck_assert_str_eq(dev->diagnosis->steps[0].costs, "nothing");
	ck_assert_uint_eq(step("nbd-client -d"), 2);
	ck_assert(follows("requests: 1 in flight; the oldest for 0.5 s"));
	ck_assert(follows(
		"hangs, scans by LVM or blkid, too: the server gMgr (234) is stopped (state T)"));
	server->state = 't';
	is(STATE_STUCK, "server-stopped");
	ck_assert_uint_eq(step("have the debugger let go gMgr (234)"), 1);
	server->state = 'Z';
	is(STATE_STUCK, "server-stopped");
	ck_assert_uint_eq(step("nbd-client -d"), 1);
}
END_TEST

/* Each has to be continued; what ends the connections comes only where that did not help. */
START_TEST(two_servers_stopped)
{
	struct task *other = report->tasks.v[0];
	struct fd_owner owner = {other, 7};
	struct file file = {
		.addr = 0x7700, .refs = NUM(1), .n_table_refs = 1, .owners = &owner, .n_owners = 1};

	dev = sample_netlink(report, 2, 3);
	dev->conns[1].sock->peer->file = &file;
	server = report->tasks.v[1];
	server->state = other->state = 'T';
	sample_request(dev, 500);
	is(STATE_STUCK, "server-stopped");
	cause_has("the servers gMgr (234), qemu-kvm (233) do not run: they read no request");
	ck_assert_uint_eq(dev->diagnosis->n_pids, 2);
	ck_assert_uint_eq(step("kill -CONT 234"), 1);
	ck_assert_uint_eq(step("kill -CONT 233"), 2);
	ck_assert(!dev->diagnosis->steps[1].otherwise);
	ck_assert_uint_eq(step("nbd-client -d"), 3);
	ck_assert(dev->diagnosis->steps[2].otherwise);
}
END_TEST

/* Whoever freezes the queue stops all that is new. */
START_TEST(frozen_queue)
{
	lose_all();
	dev->dead_conn_timeout_seconds = NUM(0);
	is(STATE_DEAD, "server-exited");
	ck_assert(follows("fails at once"));
	*ARENA_PUSH(dev->waiters, dev->n_waiters) =
		(struct waiter){.task = report->tasks.v[0], .blocked_in = "freeze"};
	is(STATE_DEAD, "server-exited");
	ck_assert(
		follows("now hangs, scans by LVM or blkid, too: qemu-kvm (233) freezes the queue"));
}
END_TEST

START_TEST(server_blocked)
{
	sample_waiter(dev, server, "read", sample_request(dev, 500)->addr);
	server->state = 'D';
	is(STATE_STUCK, "server-blocked");
	cause_has("the server gMgr (234) state D waits in read for nbd1 itself");
}
END_TEST

/* A detach comes after what makes it possible, and never where nothing does. */
START_TEST(send_blocked)
{
	struct task *worker = sample_task(report, "kworker/1:4H", 1158, 'S');

	dev->conns[1].tx_lock_owner = NUM(worker->addr);
	dev->conns[1].sender = worker;
	sample_request(dev, 71000)->worker = worker;
	is(STATE_STUCK, "window-full");
	cause_has("gMgr (234) lives and does not read: kworker/1:4H (1158) sleeps in the send on "
		  "connection 1");
	ck_assert_uint_eq(step("bt 234"), 1);
	ck_assert_uint_eq(step("kill -KILL 234"), 2);
	ck_assert_uint_eq(step("nbd-client -d"), 3);
	ck_assert(follows("a detach would hang: kworker/1:4H (1158)"));
	ck_assert_ptr_null(strstr(dev->diagnosis->steps[1].costs, "EIO"));
	ck_assert_ptr_nonnull(
		strstr(dev->diagnosis->steps[1].frees, "sent again on another connection"));
	ck_assert(dev->diagnosis->steps[2].otherwise);
	/* No other connection is there to send it again: what waits fails with the server, and the rest by the detach. */
	dev->live_connections = NUM(1);
	ARENA_PUSH(dev->waiting, dev->n_waiting)->place = REQUEST_SCHEDULER;
	judge_devices(report);
	ck_assert_ptr_null(strstr(dev->diagnosis->steps[1].frees, "again"));
	ck_assert(!dev->diagnosis->steps[2].otherwise);
	ck_assert_str_eq(dev->diagnosis->steps[2].costs, "1 request fails with EIO");
	ck_assert_str_eq(dev->diagnosis->steps[1].costs,
			 "that process and all else that it serves; what is not sent yet fails "
			 "with EIO");
	dev->conns[1].sock->peer->file->n_owners = 0;
	judge_devices(report);
	ck_assert_uint_eq(step("nbd-client -d"), 0);
}
END_TEST

START_TEST(not_accepted)
{
	dev->conns[0].sock->peer_status = dev->conns[1].sock->peer_status = PEER_NOT_ACCEPTED;
	is(STATE_IDLE, "not-accepted");
	cause_has("2 connections are in the queue of the listener gMgr (234)");
	sample_request(dev, 500);
	is(STATE_STUCK, "not-accepted");
	ck_assert_uint_eq(step("accept"), 1);
	ck_assert_uint_eq(step("nbd-client -d"), 2);
}
END_TEST

START_TEST(disconnecting)
{
	dev->runtime_flags.v |= 2;
	sample_request(dev, 31000);
	is(STATE_DISCONNECTING, "disconnect-ignored");
	cause_has("the server gMgr (234) was told that the client goes, and has not closed the "
		  "connections");
	ck_assert_uint_eq(dev->diagnosis->pids[0], 234);
	ck_assert_uint_eq(step("nbd-client -d"), 1);
	dev->config_lock_owner = NUM(sample_task(report, "nbd-client", 900, 'D')->addr);
	is(STATE_STUCK, "server-silent");
	ck_assert(follows("a detach would hang: nbd-client (900) holds config_lock"));
	ck_assert_uint_eq(step("nbd-client -d"), 0);
}
END_TEST

START_TEST(reconnect_wait)
{
	struct task *t = sample_task(report, "kworker/0:1H", 77, 'D');

	lose_all();
	dev->dead_conn_timeout_seconds = NUM(600);
	*ARENA_PUSH(dev->reconnect_waiters, dev->n_reconnect_waiters) = t;
	is(STATE_STUCK, "reconnect-wait");
	cause_has(
		"the server, pid 234, has exited, and 1 request waits for a new connection, which "
		"may come within dead_conn_timeout (600 s)");
	dev->reconnect_left_ms = NUM(573000);
	is(STATE_STUCK, "reconnect-wait");
	cause_has("dead_conn_timeout (600 s); EIO in 573.0 s");
	ck_assert_uint_eq(step("NBD_CMD_RECONFIGURE"), 1);
	ck_assert_uint_eq(step("nbd-client -d"), 2);
	ck_assert_str_eq(dev->diagnosis->steps[1].costs, "1 request fails with EIO");
	ck_assert_str_eq(dev->timeout_rule, "requests that wait for a new connection fail when "
					    "dead_conn_timeout (600 s) is over; no other timeout "
					    "strikes");
}
END_TEST

START_TEST(server_exited)
{
	lose_all();
	is(STATE_DEAD, "server-exited");
	cause_has("the server, pid 234, has exited: no reply comes any more over any connection");
	ck_assert_uint_eq(dev->diagnosis->pids[0], 234);
	ck_assert_uint_eq(step("NBD_CMD_RECONFIGURE"), 1);
	ck_assert_uint_eq(step("nbd-client -d"), 2);
	ck_assert_str_eq(dev->diagnosis->steps[1].frees, "the device");
	ck_assert_uint_eq(dev->diagnosis->n_steps, 2);
	ck_assert(follows("fails at once with EIO (\"I/O error, dev nbd"));
	ck_assert(follows("an attach fails: netlink gets EBUSY"));
	/* Netlink's reference is still there. */
	dev->runtime_flags.v |= 4;
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("NBD_CMD_RECONFIGURE"), 0);
	ck_assert_uint_eq(step("nbd-client -d"), 1);
	dev->conns[0].sock->listener_pid = NUM_UNKNOWN;
	dev->conns[0].sock->listener_alive = NUM_UNKNOWN;
	dev->conns[0].sock->remote = "10.0.0.1:10809";
	is(STATE_DEAD, "server-exited");
	cause_has("the server at 10.0.0.1:10809 is gone");
	ck_assert_uint_eq(dev->diagnosis->n_pids, 0);
}
END_TEST

/* A detach takes what is netlink's, not what an opener keeps. */
START_TEST(detach_of_what_is_open)
{
	lose_all();
	sample_opener(dev, OPENER_FD, report->tasks.v[0], dev->name);
	dev->openers_expected = NUM(1);
	dev->openers_found = 1;
	is(STATE_DEAD, "server-exited");
	ck_assert_str_eq(dev->diagnosis->steps[step("nbd-client -d") - 1].frees,
			 "netlink's reference to the config; the openers keep theirs");
	setup();
	sample_opener(dev, OPENER_FD, report->tasks.v[0], dev->name);
	dev->runtime_flags = NUM(2 | 8);
	is(STATE_DISCONNECTING, "disconnect-ignored");
	ck_assert_str_eq(dev->diagnosis->steps[step("nbd-client -d") - 1].frees,
			 "the server's end of the connections; the openers keep the config");
}
END_TEST

/* Only what still works gets errors by it, and a mirror has another leg. */
START_TEST(what_a_detach_costs)
{
	struct stacked above = {.name = "loop0"};

	sample_opener(dev, OPENER_HOLDER, NULL, dev->name)->stacked = &above;
	server->state = 'T';
	sample_request(dev, 500);
	is(STATE_STUCK, "server-stopped");
	ck_assert_str_eq(
		dev->diagnosis->steps[1].costs,
		"1 request fails with EIO, and I/O errors from now on for loop0 (on nbd1)");
	above.name = "md37";
	is(STATE_STUCK, "server-stopped");
	ck_assert_str_eq(dev->diagnosis->steps[1].costs,
			 "1 request fails with EIO, and I/O errors from now on for md37 (on nbd1), "
			 "which may go on without it");
	dev->n_requests = 0;
	server->state = 'S';
	lose_all();
	is(STATE_DEAD, "server-exited");
	ck_assert_str_eq(dev->diagnosis->steps[step("nbd-client -d") - 1].costs,
			 "nothing: no request waits, and all I/O fails already");
}
END_TEST

/* The others go on: no state of its own, and nothing to fail. */
START_TEST(one_of_two_lost)
{
	lose(0, PEER_CLOSED, false);
	is(STATE_IDLE, "server-exited");
	cause_has("over 1 of 2 connections");
	ck_assert_uint_eq(step("nbd-client -d"), 0);
	sample_request(dev, 2000)->connection = NUM(1);
	is(STATE_SLOW, "server-silent");
}
END_TEST

START_TEST(closed_by_a_server_that_lives)
{
	lose_all();
	for (size_t i = 0; i < 2; i++)
		sample_listener(dev->conns[i].sock, report->tasks.v[1]);
	is(STATE_DEAD, "server-closed");
	cause_has("though the listener gMgr (234) lives");
}
END_TEST

static void logs(unsigned age_ms, const char *text)
{
	*ARENA_PUSH(dev->log, dev->n_log) =
		(struct log_line){.stamp_ns = NUM(1), .age_ms = NUM(age_ms), .text = text};
}

/* All of the log could be read, and its oldest message is so old. */
static void log_reaches(unsigned age_ms)
{
	report->log_known = true;
	report->log_oldest_age_ms = NUM(age_ms);
	report->slept_ns = NUM(0);
	report->boottime_ns = NUM(100 * 1000000000ull);
}

/* Only the kernel's log tells these: since the start, of a connection that is lost, and with none closed later. */
START_TEST(lost_for_what_the_log_tells)
{
	static const struct {
		const char *message, *cause_id, *cause, *step;
	} rows[] = {
		{"block nbd1: Wrong magic (0x98bb9967)", "server-garbage",
		 "the server gMgr (234) answered with what is no reply, and nbd "
		 "gave the connection up: the kernel's log says \"Wrong magic (0x98bb9967)\", 5.0 "
		 "s "
		 "ago",
		 "see what answers there"},
		{"block nbd1: Send control failed (result -13)", "send-refused",
		 "may not use the socket (EACCES", "see what is denied"},
		{"block nbd1: Send data failed (result -11)", "send-timed-out",
		 "did not take what was sent within the timeout (30 s)", "have the server read"},
	};

	lose_all();
	for (size_t i = 0; i < 2; i++)
		sample_listener(dev->conns[i].sock, report->tasks.v[1]);
	dev->timeout_seconds = NUM(30);
	log_reaches(200000);
	dev->started_boottime = NUM(90 * 1000000000ull);
	logs(11000, rows[_i].message);
	logs(6000, "block nbd1: Connection timed out, retrying (1/2 alive)");
	is(STATE_DEAD, "server-closed");
	logs(5000, rows[_i].message);
	is(STATE_DEAD, rows[_i].cause_id);
	cause_has(rows[_i].cause);
	ck_assert_uint_eq(step(rows[_i].step), 1);
	ck_assert_uint_eq(dev->diagnosis->n_pids, 1);
	logs(4000, "block nbd1: Receive control failed (result -32)");
	is(STATE_DEAD, "server-closed");
	dev->n_log--;
	dev->started_boottime = NUM_UNKNOWN;
	is(STATE_DEAD, "server-closed");
}
END_TEST

START_TEST(a_message_of_another_device)
{
	lose_all();
	log_reaches(200000);
	dev->started_boottime = NUM(90 * 1000000000ull);
	logs(0, "block nbd10: Wrong magic (0x98bb9967)");
	logs(0, "nbd1: Wrong magic (0x98bb9967)");
	is(STATE_DEAD, "server-exited");
}
END_TEST

/* It gave a connection up because of a server that is only stopped. */
START_TEST(given_up_because_of_a_stopped_server)
{
	lose(0, PEER_SHUT_DOWN, true);
	lose(1, PEER_SHUT_DOWN, true);
	dev->runtime_flags.v |= 4;
	server->state = 'T';
	is(STATE_DEAD, "server-stopped");
	ck_assert_uint_eq(step("kill -CONT 234"), 1);
	ck_assert_uint_eq(step("nbd-client -d"), 2);
}
END_TEST

static void pin(void)
{
	lose_all();
	dev->runtime_flags = NUM(4 | 8);
	sample_opener(dev, OPENER_FD, report->tasks.v[0], dev->name);
	dev->openers_expected = NUM(1);
	dev->openers_found = 1;
}

START_TEST(pinned)
{
	pin();
	is(STATE_PINNED, "opener-pins");
	cause_has("the server, pid 234, has exited, and qemu-kvm (233) fd 3 still keeps the device "
		  "open");
	ck_assert_uint_eq(dev->diagnosis->pids[0], 233);
	ck_assert_uint_eq(step("have qemu-kvm (233) close fd 3, or kill 233"), 1);
	ck_assert_uint_eq(dev->diagnosis->n_steps, 1);
	ck_assert(strstr(dev->diagnosis->steps[0].frees, "an attach works") != NULL);
	dev->live_connections = NUM(5);
	is(STATE_PINNED, "opener-pins");
	cause_has("5 connections attached since, which nobody reads");
	dev->n_openers = dev->openers_found = 0;
	is(STATE_PINNED, "opener-pins");
	cause_has("1 opener that was not found still keeps");
	ck_assert_uint_eq(step("find who has it open"), 1);
}
END_TEST

/* By this host, and not for what came from the server: NBD_CLEAR_SOCK, or a signal. */
START_TEST(pinned_and_shut_down_here)
{
	static const char *const before[] = {
		"block nbd1: Receive control failed (result -32)",
		"block nbd1: Send data failed (result -104)",
		"block nbd1: Connection timed out, retrying (0/1 alive)",
		"block nbd1: NBD_DISCONNECT",
		"block nbd1: Wrong magic (0x1)",
	};
	static const char *const here =
		"nbd shut the sockets down 5.0 s ago, for no reason that the kernel's log names: "
		"either a signal ended NBD_DO_IT or NBD_CLEAR_SOCK was called, and qemu-kvm (233) "
		"fd 3";
	static const char *const elsewhere = "the device was disconnected, and qemu-kvm (233) fd 3";

	pin();
	for (size_t i = 0; i < 2; i++)
		sample_listener(dev->conns[i].sock, report->tasks.v[1]);
	log_reaches(200000);
	dev->started_boottime = NUM(90 * 1000000000ull);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		dev->n_log = 0;
		logs(11000, before[i]);
		logs(5000, "block nbd1: shutting down sockets");
		is(STATE_PINNED, "opener-pins");
		cause_has(here);
		dev->n_log = 0;
		logs(6000, before[i]);
		logs(5000, "block nbd1: shutting down sockets");
		is(STATE_PINNED, "opener-pins");
		cause_has(
			strstr(before[i], "NBD_DISCONNECT")
				? "it was disconnected as asked, 6.0 s ago, and qemu-kvm (233) fd 3"
				: elsewhere);
	}
	dev->log[0].age_ms = NUM(11000);
	dev->recv_task = report->tasks.v[0];
	is(STATE_PINNED, "opener-pins");
	cause_has(here);
	report->tasks.v[0]->state = 'T';
	is(STATE_PINNED, "opener-pins");
	cause_has("either the signal that stopped qemu-kvm (233) ended NBD_DO_IT or "
		  "NBD_CLEAR_SOCK was called, and qemu-kvm (233) fd 3");
	ck_assert_uint_eq(step("kill -KILL 233 (qemu-kvm (233), which is stopped and has fd 3)"),
			  1);
	/* What a message was before the machine slept is not known. */
	report->slept_ns = NUM(6 * 1000000000ull);
	is(STATE_PINNED, "opener-pins");
	cause_has(elsewhere);
	report->slept_ns = NUM(0);
	/* The ring has lost what came first. */
	report->log_oldest_age_ms = NUM(8000);
	is(STATE_PINNED, "opener-pins");
	cause_has(elsewhere);
	log_reaches(200000);
	is(STATE_PINNED, "opener-pins");
	cause_has("either the signal");
	report->log_known = false;
	is(STATE_PINNED, "opener-pins");
	cause_has(elsewhere);
}
END_TEST

/* Whoever waits makes it more than a matter of openers. */
START_TEST(not_pinned_while_something_waits)
{
	pin();
	sample_request(dev, 10);
	is(STATE_DEAD, "server-exited");
	/* No process is killed that waits in D: it cannot be. */
	report->tasks.v[0]->state = 'D';
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("kill 233"), 0);
}
END_TEST

/* From the top down, and an attach works with the last of them. */
START_TEST(the_stack_above_comes_down_first)
{
	struct stacked *dm = arena_alloc(sizeof(*dm));
	struct opener *mount;

	lose_all();
	dm->name = "dm-0";
	dm->dm_name = "x-over";
	dm->openers_expected = NUM(1);
	dm->openers_found = 1;
	mount = ARENA_PUSH(dm->openers, dm->n_openers);
	mount->kind = OPENER_MOUNT;
	mount->what = "ext4 on /mnt/x (dm-0)";
	*ARENA_PUSH(dev->above, dev->n_above) = (struct level){dm, "nbd1", 1};
	sample_opener(dev, OPENER_HOLDER, NULL, "nbd1")->stacked = dm;
	dev->openers_expected = NUM(1);
	dev->openers_found = 1;
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("nbd-client -d"), 2);
	ck_assert_uint_eq(step("see to it that ext4 on /mnt/x (dm-0) is unmounted"), 3);
	ck_assert_uint_eq(step("dmsetup remove x-over"), 4);
	ck_assert_uint_eq(dev->diagnosis->n_steps, 4);
	ck_assert(strstr(dev->diagnosis->steps[3].frees, "an attach works") != NULL);
	/* Whoever else has it open comes behind. */
	sample_opener(dev, OPENER_FD, report->tasks.v[0], dev->name);
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("have qemu-kvm (233) close fd 3"), 5);
	ck_assert_ptr_null(strstr(dev->diagnosis->steps[3].frees, "an attach works"));
}
END_TEST

/* Nobody unmounts the root file system of a running host. */
START_TEST(root_and_swap_on_the_device)
{
	static struct mount root = {.point = "/", .elsewhere = NUM(0)};
	struct opener *o;

	lose_all();
	dev->n_openers = 0;
	o = ARENA_PUSH(dev->openers, dev->n_openers);
	*o = (struct opener){.kind = OPENER_SWAP, .what = "swap (nbd1)", .on = "nbd1"};
	o = ARENA_PUSH(dev->openers, dev->n_openers);
	*o = (struct opener){.kind = OPENER_MOUNT, .what = "ext4 on / (nbd1)", .mount = &root};
	dev->openers_expected = NUM(2);
	dev->openers_found = 2;
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("swapoff /dev/nbd1"), 3);
	ck_assert_str_eq(dev->diagnosis->steps[2].costs, "the processes whose memory lies there");
	ck_assert_uint_eq(step("umount"), 0);
	ck_assert_uint_eq(step("reboot"), 4);
	ck_assert_ptr_nonnull(strstr(dev->diagnosis->steps[3].costs, "root file system"));
	ck_assert_str_eq(dev->diagnosis->steps[1].costs,
			 "nothing: no request waits, and all I/O fails already");
	root.elsewhere = NUM(1);
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("reboot"), 0);
}
END_TEST

START_TEST(size_zero)
{
	dev->capacity_bytes = NUM(0);
	is(STATE_IDLE, "size-zero");
	ck_assert_uint_eq(step("nbd-client -d"), 1);
	ck_assert_uint_eq(step("attach it with a size"), 2);
	/* Another device stops netlink: no detach, and no reboot for that. */
	report->genl_lock_owner = NUM(sample_task(report, "nbd-client", 900, 'D')->addr);
	is(STATE_IDLE, "size-zero");
	ck_assert_uint_eq(step("nbd-client -d"), 0);
	ck_assert_uint_eq(step("reboot"), 0);
	ck_assert_uint_eq(dev->diagnosis->n_steps, 1);
}
END_TEST

START_TEST(dead_for_no_known_reason)
{
	dev->recv_threads = NUM(0);
	dev->conns[0].sock->peer_status = dev->conns[1].sock->peer_status = PEER_UNKNOWN;
	is(STATE_DEAD, "unexplained");
}
END_TEST

/* A loop on itself, and a lock held in D: something is said all the same. */
START_TEST(a_local_loop_behind_a_lock)
{
	sample_waiter(dev, server, "read", sample_request(dev, 500)->addr);
	server->state = 'D';
	dev->config_lock_owner = NUM(sample_task(report, "nbd-client", 900, 'D')->addr);
	is(STATE_STUCK, "server-blocked");
	ck_assert_uint_eq(step("nbd-client -d"), 0);
	ck_assert_uint_eq(step("reboot"), 1);
}
END_TEST

/* Nothing ends the wait of who holds config_lock: no step pretends to. */
START_TEST(nothing_but_a_reboot)
{
	lose_all();
	sample_request(dev, 10);
	dev->config_lock_owner = NUM(sample_task(report, "nbd-client", 900, 'D')->addr);
	is(STATE_DEAD, "server-exited");
	ck_assert_uint_eq(step("reboot"), 1);
	ck_assert_uint_eq(dev->diagnosis->n_steps, 1);
}
END_TEST

START_TEST(one_cause_of_several_devices)
{
	struct device *devices[3];
	char *text;

	sample_netlink(report, 2, 1);
	sample_netlink(report, 3, 1);
	for (size_t i = 0; i < 3; i++) {
		devices[i] = &report->devices[i];
		if (i == 1)
			continue;
		dev = devices[i];
		for (size_t k = 0; k < dev->n_conns; k++)
			lose(k, PEER_CLOSED, false);
	}
	judge_devices(report);
	ck_assert_uint_eq(report->n_shared, 1);
	ck_assert_uint_eq(report->shared[0].n_devices, 2);
	ck_assert_ptr_eq(report->shared[0].devices[0], devices[0]);
	ck_assert_ptr_eq(report->shared[0].devices[1], devices[2]);
	PRINTED(text, report_summary(out, report, devices, 3));
	ck_assert_ptr_nonnull(
		strstr(text, "2 devices, one cause: the server, pid 234, has exited"));
	ck_assert_ptr_nonnull(strstr(text, "(nbd1, nbd3)"));
	ck_assert_ptr_null(strstr(text, "    server-exited"));
	free(text);
	/* Another server's end is another cause. */
	devices[2]->conns[0].sock->listener_pid = NUM(999);
	judge_devices(report);
	ck_assert_uint_eq(report->n_shared, 0);
}
END_TEST

START_TEST(in_words)
{
	char *text;

	server->state = 'T';
	sample_request(dev, 500);
	judge_devices(report);
	PRINTED(text, report_diagnosis(out, dev));
	ck_assert_ptr_nonnull(strstr(text,
				     "DIAGNOSIS  stuck: server-stopped\n"
				     "  cause    the server gMgr (234) is stopped (state T)"));
	ck_assert_ptr_nonnull(strstr(text, "\n  so       requests: 1 in flight"));
	ck_assert_ptr_nonnull(strstr(text, "\n  step 1   kill -CONT 234\n"
					   "           costs nothing; frees the server"));
	free(text);
}
END_TEST

/* What an array of the schema holds are the words in turn. */
static void are(struct json_object *schema, const char *pointer, const char *(*word)(size_t i))
{
	struct json_object *words;
	size_t n;

	ck_assert(!json_pointer_get(schema, pointer, &words));
	n = json_object_array_length(words);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(words, i)),
				 word(i));
	ck_assert_ptr_null(word(n));
}

static const char *word_of_state(size_t i)
{
	return i < DEVICE_STATES ? state_word((enum device_state)i) : NULL;
}

START_TEST(the_schema_has_the_words)
{
	struct json_object *schema = json_object_from_file("doc/report.schema.json");

	ck_assert_ptr_nonnull(schema);
	are(schema, "/definitions/diagnosis/anyOf/1/properties/state/enum", word_of_state);
	are(schema, "/definitions/diagnosis/anyOf/1/properties/cause_id/enum", diagnosis_cause_id);
	json_object_put(schema);
}
END_TEST

TCase *diagnosis_case(void)
{
	TCase *c = tcase_create("diagnosis");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, idle);
	tcase_add_test(c, working);
	tcase_add_test(c, working_on_what_is_not_started);
	tcase_add_loop_test(c, well_only_where_all_was_read, 0, 6);
	tcase_add_test(c, not_configured);
	tcase_add_test(c, setting_up);
	tcase_add_test(c, slow);
	tcase_add_test(c, silent_and_stuck);
	tcase_add_test(c, silent_and_remote);
	tcase_add_test(c, server_stopped);
	tcase_add_test(c, two_servers_stopped);
	tcase_add_test(c, frozen_queue);
	tcase_add_test(c, server_blocked);
	tcase_add_test(c, send_blocked);
	tcase_add_test(c, not_accepted);
	tcase_add_test(c, disconnecting);
	tcase_add_test(c, reconnect_wait);
	tcase_add_test(c, server_exited);
	tcase_add_test(c, detach_of_what_is_open);
	tcase_add_test(c, what_a_detach_costs);
	tcase_add_test(c, one_of_two_lost);
	tcase_add_test(c, closed_by_a_server_that_lives);
	tcase_add_loop_test(c, lost_for_what_the_log_tells, 0, 3);
	tcase_add_test(c, a_message_of_another_device);
	tcase_add_test(c, given_up_because_of_a_stopped_server);
	tcase_add_test(c, pinned);
	tcase_add_test(c, pinned_and_shut_down_here);
	tcase_add_test(c, not_pinned_while_something_waits);
	tcase_add_test(c, the_stack_above_comes_down_first);
	tcase_add_test(c, root_and_swap_on_the_device);
	tcase_add_test(c, size_zero);
	tcase_add_test(c, dead_for_no_known_reason);
	tcase_add_test(c, a_local_loop_behind_a_lock);
	tcase_add_test(c, nothing_but_a_reboot);
	tcase_add_test(c, one_cause_of_several_devices);
	tcase_add_test(c, in_words);
	tcase_add_test(c, the_schema_has_the_words);
	return c;
}
