// SPDX-License-Identifier: GPL-2.0-or-later
/* Every finding: shown by a device that has it, and not by a healthy one. */
#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "judge/findings.h"
#include "judge/judge.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev, *netlink;

static void setup(void)
{
	report = sample_report();
	sample_device(report, 0, 3, "/run/a.sock");
	sample_netlink(report, 1, 2);
	dev = &report->devices[0];
	netlink = &report->devices[1];
}

/* The finding of a device, NULL when it has none such. */
static const struct finding *find(const struct device *of, const char *id)
{
	judge_devices(report);
	for (size_t i = 0; i < of->n_findings; i++) {
		if (!strcmp(of->findings[i].id, id))
			return &of->findings[i];
	}
	return NULL;
}

static void shows(const char *id, enum severity severity, const char *text)
{
	const struct finding *f = find(dev, id);

	ck_assert_msg(f != NULL, "no %s", id);
	ck_assert_int_eq(f->severity, severity);
	ck_assert_msg(strstr(f->text, text) != NULL, "no \"%s\" in: %s", text, f->text);
	for (size_t i = 0; i < f->n_evidence; i++)
		ck_assert_str_ne(f->evidence[i], "");
}

static void shows_not(const char *id)
{
	const struct finding *f = find(dev, id);

	ck_assert_msg(!f, "%s: %s", id, f ? f->text : "");
}

START_TEST(healthy_devices_have_infos_only)
{
	judge_devices(report);
	ck_assert_uint_eq(findings_at_least(dev, SEVERITY_WARNING),
			  1); /* no-owner of an ioctl device */
	ck_assert_str_eq(dev->findings[0].id, "no-owner");
	for (size_t i = 0; i < dev->n_conns; i++) {
		struct file *file = dev->conns[i].sock->file;

		file->refs = NUM(2);
		file->n_table_refs = 1;
		*ARENA_PUSH(file->owners, file->n_owners) =
			(struct fd_owner){report->tasks.v[0], 4};
	}
	judge_devices(report);
	ck_assert_uint_eq(findings_at_least(dev, SEVERITY_WARNING), 0);
	ck_assert_uint_eq(findings_at_least(netlink, SEVERITY_WARNING), 0);
	ck_assert_uint_eq(netlink->n_findings, 1);
	ck_assert_str_eq(netlink->findings[0].id, "no-owner");
}
END_TEST

START_TEST(unconfigured_devices_have_none)
{
	struct device *idle = ARENA_PUSH(report->devices, report->n_devices);

	idle->name = "nbd2";
	idle->config_known = NUM(0);
	judge_devices(report);
	ck_assert_uint_eq(idle->n_findings, 0);
	problem_add(&idle->problems, "gendisk could not be read");
	judge_devices(report);
	ck_assert_uint_eq(idle->n_findings, 1);
	ck_assert_str_eq(idle->findings[0].id, "unreadable");
}
END_TEST

START_TEST(worst_comes_first)
{
	dev->conns[0].dead = NUM(1);
	dev->conns[1].sock->peer_status = PEER_CLOSED;
	judge_devices(report);
	for (size_t i = 1; i < dev->n_findings; i++)
		ck_assert_int_ge(dev->findings[i - 1].severity, dev->findings[i].severity);
	ck_assert_str_eq(dev->findings[0].id, "peer-closed");
	ck_assert_str_eq(dev->findings[1].id, "dead-connection");
}
END_TEST

START_TEST(dead_connection)
{
	shows_not("dead-connection");
	dev->conns[0].dead = dev->conns[2].dead = NUM(1);
	shows("dead-connection", SEVERITY_WARNING, "2 of 3 connections marked dead (index 0, 2)");
	ck_assert_str_eq(find(dev, "dead-connection")->evidence[1], "0xffff000030000200");
	dev->conns[0].dead = dev->conns[2].dead = NUM_UNKNOWN;
	shows_not("dead-connection");
}
END_TEST

START_TEST(peer_closed)
{
	shows_not("peer-closed");
	dev->conns[1].sock->peer_status = PEER_CLOSED;
	sample_listener(dev->conns[1].sock, NULL);
	shows("peer-closed", SEVERITY_ERROR,
	      "other end of 1 connection is closed (index 1, listener (234) exited)");
}
END_TEST

START_TEST(peer_not_accepted)
{
	shows_not("peer-not-accepted");
	dev->conns[1].sock->peer_status = dev->conns[2].sock->peer_status = PEER_NOT_ACCEPTED;
	shows("peer-not-accepted", SEVERITY_WARNING,
	      "2 connections not accepted (index 1-2, listener gMgr (234))");
}
END_TEST

START_TEST(peer_stopped)
{
	struct task *thread = sample_task(report, "gMgr", 235, 'S');

	shows_not("peer-stopped");
	report->tasks.v[1]->state = 'T';
	shows("peer-stopped", SEVERITY_ERROR,
	      "gMgr (234) of 3 connections (index 0-2) is stopped (state T)");
	ck_assert_ptr_nonnull(strstr(find(dev, "peer-stopped")->remedy, "kill -CONT 234"));
	report->tasks.v[1]->state = 'Z';
	shows("peer-stopped", SEVERITY_ERROR, "state Z");
	/* A thread that still runs can serve the same fds. */
	report->tasks.v[1]->files = thread->files;
	thread->tgid = 234;
	shows_not("peer-stopped");
	thread->state = 'T';
	shows("peer-stopped", SEVERITY_ERROR, "gMgr (234)");
	/* Nobody to be stopped. */
	for (size_t i = 0; i < dev->n_conns; i++)
		dev->conns[i].sock->peer->file->n_owners = 0;
	shows_not("peer-stopped");
}
END_TEST

START_TEST(peer_stopped_needs_all_owners)
{
	struct task *child = sample_task(report, "gMgr", 236, 'S');

	report->tasks.v[1]->state = 'T';
	for (size_t i = 0; i < dev->n_conns; i++) {
		struct file *file = dev->conns[i].sock->peer->file;

		*ARENA_PUSH(file->owners, file->n_owners) = (struct fd_owner){child, 5};
	}
	shows_not("peer-stopped");
}
END_TEST

START_TEST(peer_blocked)
{
	shows_not("peer-blocked");
	/* A server may well read a disk; but not while a request waits for it too long. */
	report->tasks.v[1]->state = 'D';
	shows_not("peer-blocked");
	sample_request(dev, 31000);
	shows("peer-blocked", SEVERITY_ERROR, "waits in the kernel");
	/* With a thread that runs it can answer. */
	sample_task(report, "gMgr", 238, 'S')->tgid = 234;
	report->tasks.v[report->tasks.n - 1]->files = report->tasks.v[1]->files =
		0xffff000000777000;
	shows_not("peer-blocked");
	report->tasks.n--;
	dev->n_requests = 0;
	sample_waiter(dev, report->tasks.v[1], "write", 0xffff000050000100);
	shows("peer-blocked", SEVERITY_ERROR, "waits in write on nbd0 itself: a local loop");
	shows_not("peer-stopped");
}
END_TEST

START_TEST(peer_blocked_by_a_thread_that_waits_on_the_device)
{
	struct task *thread = sample_task(report, "gMgr", 237, 'D');

	thread->tgid = 234;
	report->tasks.v[1]->files = thread->files;
	shows_not("peer-blocked");
	sample_waiter(dev, thread, "read", 0xffff000050000100);
	shows("peer-blocked", SEVERITY_ERROR, "gMgr (234, thread 237) state D");
}
END_TEST

START_TEST(leaked_connections)
{
	shows_not("leaked-connections");
	dev->recv_threads = NUM(0);
	dev->runtime_flags = NUM(12);
	shows("leaked-connections", SEVERITY_ERROR, "3 connections without a receiver");
	ck_assert_str_eq(find(dev, "leaked-connections")->kernel_commit, "04d8fb23e520");
	ck_assert_ptr_nonnull(
		strstr(find(dev, "leaked-connections")->remedy, "qemu-kvm (233) fd 3"));
	dev->live_connections = NUM_UNKNOWN;
	shows_not("leaked-connections");
}
END_TEST

START_TEST(a_device_that_is_being_set_up_leaks_nothing)
{
	dev->recv_threads = dev->recv_pid = NUM(0);
	dev->recv_task = NULL;
	dev->setup_task = report->tasks.v[0];
	shows_not("leaked-connections");
	shows_not("pinned-by-openers");
	dev->setup_task = NULL;
	shows("leaked-connections", SEVERITY_ERROR, "a request sent there gets no reply");
}
END_TEST

START_TEST(stale_setup_task)
{
	shows("stale-setup-task", SEVERITY_INFO, "no harm while the device works");
	dev->recv_threads = NUM(0);
	shows("stale-setup-task", SEVERITY_ERROR, "task_setup ffff000000009000 is no living task");
	ck_assert_ptr_null(find(dev, "stale-setup-task")->kernel_commit);
	report->traits.clear_sock_resets_setup = NUM(0);
	shows("stale-setup-task", SEVERITY_ERROR, "EBUSY");
	ck_assert_str_eq(find(dev, "stale-setup-task")->kernel_commit, "09dadb598502");
	report->tasks.unreadable = 1;
	shows_not("stale-setup-task");
	report->tasks.unreadable = 0;
	dev->task_setup = NUM(0);
	shows_not("stale-setup-task");
}
END_TEST

START_TEST(setup_by_other_task)
{
	shows_not("setup-by-other-task");
	dev->setup_task = report->tasks.v[0];
	shows("setup-by-other-task", SEVERITY_INFO, "task_setup is qemu-kvm (233)");
	ck_assert_ptr_null(strstr(find(dev, "setup-by-other-task")->text, "exited task"));
}
END_TEST

/* The living task at task_setup is doubtful: an error unless the device works, never just an info. */
static void doubts(const char *why)
{
	shows("stale-setup-task", SEVERITY_INFO, "no harm while the device works");
	dev->recv_threads = NUM(0);
	shows("stale-setup-task", SEVERITY_ERROR, why);
	shows_not("setup-by-other-task");
	ck_assert_str_eq(dev->attach[ATTACH_SET_SOCK].why,
			 arena_printf("task_setup belongs to %s (%u), or to a task that has exited",
				      dev->setup_task->comm, dev->setup_task->pid));
}

START_TEST(a_setup_task_that_has_nothing_open_is_doubtful)
{
	dev->setup_task = sample_task(report, "other", 500, 'S');
	doubts("task_setup is other (500), or an exited task whose memory it has got (it has "
	       "neither the device nor a socket of it open)");
}
END_TEST

/* It has the device open; but whoever began later may have that, too. */
START_TEST(a_setup_task_without_a_time_is_doubtful)
{
	num *times[] = {&dev->started_boottime, &report->tasks.v[0]->start_boottime};

	dev->setup_task = report->tasks.v[0];
	*times[_i] = NUM_UNKNOWN;
	shows("stale-setup-task", SEVERITY_INFO, "no harm while the device works");
	dev->recv_threads = NUM(0);
	shows("stale-setup-task", SEVERITY_ERROR,
	      _i ? "(since when it lives is not known)"
		 : "(when the device was started is not known)");
	shows_not("setup-by-other-task");
	/* Before the start there is no such time, and none is needed. */
	dev->recv_pid = NUM(0);
	dev->recv_task = NULL;
	shows("setup-by-other-task", SEVERITY_INFO, "task_setup is qemu-kvm (233)");
}
END_TEST

START_TEST(a_younger_task_did_not_set_up)
{
	report->tasks.v[0]->start_boottime = NUM(SAMPLE_DEVICES_START + 12345000000);
	dev->setup_task = report->tasks.v[0];
	dev->recv_threads = NUM(0);
	shows("stale-setup-task", SEVERITY_ERROR,
	      "task_setup is a task that has exited, whose memory belongs to qemu-kvm (233), which "
	      "began 12.3 s after the device was started: NBD_SET_SOCK gets EBUSY from every task "
	      "but qemu-kvm (233) (\"Device being setup by another task\")");
	shows_not("setup-by-other-task");
	ck_assert_str_eq(dev->attach[ATTACH_SET_SOCK].why,
			 "task_setup belongs to a task that has exited; qemu-kvm (233) has its "
			 "memory");
	ck_assert_ptr_eq(dev->setup_reuser, report->tasks.v[0]);
	/* It had the same place among those that run the device: a pid is used again, too. */
	ck_assert_ptr_eq(dev->recv_reuser, report->tasks.v[0]);
	shows("recv-task-gone", SEVERITY_WARNING, "pid 233 started the device");
}
END_TEST

/* The time of the start is a tick early. */
START_TEST(a_tick_is_no_proof)
{
	report->tasks.v[0]->start_boottime = NUM(SAMPLE_DEVICES_START + 10000000);
	dev->setup_task = report->tasks.v[0];
	dev->recv_threads = NUM(0);
	shows("setup-by-other-task", SEVERITY_INFO, "task_setup is qemu-kvm (233)");
	ck_assert_ptr_null(dev->setup_reuser);
}
END_TEST

/* NBD_CLEAR_SOCK has forgotten task_setup and disconnected the device; a later task appended a connection. */
START_TEST(a_younger_task_may_have_set_up_again)
{
	struct file *file = dev->conns[2].sock->file;

	dev->setup_task = sample_task(report, "again", 500, 'S');
	report->tasks.v[2]->start_boottime = NUM(SAMPLE_DEVICES_START + 12345000000);
	dev->runtime_flags = NUM(12);
	shows("stale-setup-task", SEVERITY_ERROR,
	      "it began 12.3 s after the device was started, and has no socket of it open");
	*ARENA_PUSH(file->owners, file->n_owners) = (struct fd_owner){dev->setup_task, 4};
	shows("setup-by-other-task", SEVERITY_INFO, "task_setup is again (500)");
	/* There was one connection when the device was started: none has been appended. */
	dev->num_connections = NUM(1);
	shows("stale-setup-task", SEVERITY_ERROR, "whose memory belongs to again (500)");
}
END_TEST

/* Where NBD_CLEAR_SOCK does not forget, or was not called, nobody can have set it up again. */
START_TEST(a_younger_task_cannot_have_set_up_again)
{
	dev->setup_task = sample_task(report, "again", 500, 'S');
	report->tasks.v[2]->start_boottime = NUM(SAMPLE_DEVICES_START + 12345000000);
	dev->recv_threads = NUM(0);
	dev->runtime_flags = NUM(_i ? 12 : 8);
	report->traits.clear_sock_resets_setup = NUM(!_i);
	shows("stale-setup-task", SEVERITY_ERROR, "whose memory belongs to again (500)");
}
END_TEST

START_TEST(pinned_by_openers)
{
	shows_not("pinned-by-openers");
	dev->runtime_flags = NUM(12);
	shows("pinned-by-openers", SEVERITY_ERROR,
	      "disconnected, but kept open by qemu-kvm (233) fd 3");
	sample_opener(dev, OPENER_MOUNT, NULL, "ext4 on /mnt (nbd0)");
	shows("pinned-by-openers", SEVERITY_ERROR, "ext4 on /mnt (nbd0)");
	dev->runtime_flags = NUM(8);
	dev->recv_threads = NUM(0);
	shows("pinned-by-openers", SEVERITY_ERROR, "without receivers");
	/* The config of a netlink device stays without any opener. */
	dev->runtime_flags = NUM(0xb8);
	shows_not("pinned-by-openers");
	dev->runtime_flags = NUM(8);
	dev->n_openers = dev->openers_found = 0;
	shows("pinned-by-openers", SEVERITY_ERROR, "1 opener (the kernel's count; not found)");
	dev->openers_expected = NUM_UNKNOWN;
	shows_not("pinned-by-openers");
	dev->openers_expected = NUM(0);
	shows_not("pinned-by-openers");
}
END_TEST

START_TEST(pinned_though_nothing_was_attached)
{
	dev->num_connections = dev->live_connections = dev->recv_threads = NUM(0);
	dev->n_conns = 0;
	shows("pinned-by-openers", SEVERITY_ERROR, "not attached, but kept open by qemu-kvm");
}
END_TEST

START_TEST(recv_task_gone)
{
	shows_not("recv-task-gone");
	dev->recv_threads = NUM(0);
	dev->recv_task = NULL;
	shows("recv-task-gone", SEVERITY_WARNING, "pid 233 started the device");
	dev->recv_pid = NUM_UNKNOWN;
	dev->recv_task_addr = NUM(0xffff00000000a000);
	shows("recv-task-gone", SEVERITY_WARNING, "task_struct ffff00000000a000");
	/* The address has become another task's: that did not start it. */
	dev->recv_task = report->tasks.v[1];
	shows("recv-task-gone", SEVERITY_WARNING, "task_struct ffff00000000a000 started");
	dev->recv_task = report->tasks.v[0];
	shows("recv-task-gone", SEVERITY_WARNING,
	      "qemu-kvm (233) started the device and no receiver is left: NBD_DO_IT gets EBUSY");
	dev->runtime_flags = NUM(0xb8);
	shows("recv-task-gone", SEVERITY_WARNING, "it cannot be started anew");
	dev->recv_task_addr = NUM(0);
	shows_not("recv-task-gone");
}
END_TEST

START_TEST(stuck_requests)
{
	sample_request(dev, 29000);
	shows_not("stuck-requests");
	sample_request(dev, 31500);
	shows("stuck-requests", SEVERITY_ERROR,
	      "1 of 2 requests in flight is stuck, the oldest since 31.5 s (WRITE of 4 KiB at "
	      "sector "
	      "2048)");
	dev->timeout_seconds = NUM(60);
	shows_not("stuck-requests");
	dev->requests[1].age_ms = NUM(60001);
	shows("stuck-requests", SEVERITY_ERROR, "60.0 s");
	dev->requests[1].age_ms = NUM_UNKNOWN;
	shows_not("stuck-requests");
}
END_TEST

START_TEST(no_timeout)
{
	shows_not("no-timeout");
	dev->num_connections = dev->live_connections = dev->recv_threads = NUM(1);
	dev->n_conns = 1;
	shows("no-timeout", SEVERITY_INFO, "one connection and no timeout");
	report->traits.keeps_retries = NUM_UNKNOWN;
	shows_not("no-timeout");
	report->traits.keeps_retries = NUM(0);
	shows_not("no-timeout");
	report->traits.keeps_retries = NUM(1);
	dev->timeout_seconds = NUM(30);
	shows_not("no-timeout");
	/* There is nothing to give up any more. */
	dev->timeout_seconds = NUM(0);
	dev->runtime_flags = NUM(12);
	shows_not("no-timeout");
}
END_TEST

START_TEST(netlink_stopped)
{
	struct task *t = sample_task(report, "nbd-client", 900, 'D');

	dev = &report->devices[0];
	netlink = &report->devices[1];
	report->genl_lock_owner = NUM(t->addr);
	shows_not("netlink-stopped");
	sample_waiter(dev, t, "ioctl", 0);
	shows("netlink-stopped", SEVERITY_ERROR,
	      "nbd-client (900) waits in D for nbd0 and holds genl_mutex");
	ck_assert_ptr_null(find(netlink, "netlink-stopped"));
	t->state = 'S';
	shows_not("netlink-stopped");
}
END_TEST

START_TEST(size_zero)
{
	shows_not("size-zero");
	dev->capacity_bytes = NUM(0);
	shows("size-zero", SEVERITY_WARNING, "of size 0");
	dev->recv_threads = NUM(0);
	shows_not("size-zero");
}
END_TEST

START_TEST(listener_exited)
{
	shows_not("listener-exited");
	sample_listener(dev->conns[1].sock, NULL);
	shows("listener-exited", SEVERITY_INFO, "1 connection (index 1, pid 234) has exited");
	dev->conns[1].sock->peer_status = PEER_CLOSED;
	shows_not("listener-exited");
}
END_TEST

START_TEST(detached_mount)
{
	struct mount mount = {.vfsmount = 0xffff000070000000, .detached = NUM(0)};
	struct opener *o = sample_opener(dev, OPENER_DETACHED, NULL, "ext4 on nbd0");

	o->mount = &mount;
	shows_not("detached-mount");
	mount.detached = NUM(1);
	shows("detached-mount", SEVERITY_INFO, "has no mount point any more");
}
END_TEST

/* Also one that is on what is stacked on the device. */
START_TEST(frozen_filesystem)
{
	struct mount mount = {.point = "/srv"};
	struct opener above = {.kind = OPENER_MOUNT,
			       .what = "ext4 on /srv (dm-0)",
			       .mount = &mount,
			       .frozen = NUM(0)};
	struct stacked stacked = {.name = "dm-0", .openers = &above, .n_openers = 1};
	struct level level = {.stacked = &stacked, .on = "nbd0", .depth = 1};

	dev->above = &level;
	dev->n_above = 1;
	shows_not("frozen-filesystem");
	above.frozen = NUM(1);
	shows("frozen-filesystem", SEVERITY_WARNING, "ext4 on /srv (dm-0) is frozen (fsfreeze)");
	ck_assert_str_eq(find(dev, "frozen-filesystem")->remedy, "fsfreeze --unfreeze /srv");
	above.frozen = NUM_UNKNOWN;
	shows_not("frozen-filesystem");
}
END_TEST

START_TEST(no_owner)
{
	shows("no-owner", SEVERITY_WARNING, "nbd alone holds the socket of 3 connections");
	dev->runtime_flags = NUM(0xb8);
	shows("no-owner", SEVERITY_INFO, "usual after a netlink client");
	dev->live_connections = NUM(0);
	shows("no-owner", SEVERITY_WARNING, "index 0-2");
	report->scan.tables_unreadable = 1;
	shows_not("no-owner");
	report->scan.tables_unreadable = 0;
	for (size_t i = 0; i < dev->n_conns; i++)
		dev->conns[i].sock->file->refs = NUM(2);
	shows_not("no-owner");
}
END_TEST

START_TEST(hidden_peer)
{
	struct file *file = dev->conns[1].sock->peer->file;

	file->n_table_refs = file->n_owners = 0;
	shows("hidden-holder", SEVERITY_WARNING,
	      "the other end of 1 connection is open (index 1), yet nobody was found");
	report->scan.tables_unreadable = 1;
	shows_not("hidden-holder");
}
END_TEST

START_TEST(hidden_holder)
{
	struct file *file = dev->conns[1].sock->file;

	shows_not("hidden-holder");
	file->refs = NUM(2);
	shows("hidden-holder", SEVERITY_WARNING, "(index 1; 2 references, 1 found)");
	*ARENA_PUSH(file->holders, file->n_holders) =
		(struct holder){.kind = HOLDER_IO_URING, .task = report->tasks.v[0]};
	shows_not("hidden-holder");
	file->refs = NUM_UNKNOWN;
	shows_not("hidden-holder");
}
END_TEST

/* The fd is closed, and no table shows who has the socket. */
START_TEST(held_by_a_system_call)
{
	struct file *file = dev->conns[1].sock->file;

	file->refs = NUM(2);
	*ARENA_PUSH(file->holders, file->n_holders) = (struct holder){
		.kind = HOLDER_SYSTEM_CALL, .call = "poll", .task = report->tasks.v[0]};
	shows("hidden-holder", SEVERITY_WARNING, "a system call keeps it: poll by qemu-kvm (233)");
	file->n_table_refs = 1;
	file->refs = NUM(3);
	shows_not("hidden-holder");
}
END_TEST

START_TEST(unaccounted_opener)
{
	shows_not("unaccounted-opener");
	dev->openers_expected = NUM(2);
	shows("unaccounted-opener", SEVERITY_WARNING, "counts 2 openers, 1 found");
	sample_waiter(dev, sample_task(report, "dd", 501, 'D'), "close", 0);
	shows("unaccounted-opener", SEVERITY_WARNING, "being closed by dd (501) state D");
	/* A task that hangs in the partition scan of its open() may be counted already. */
	dev->waiters[0].blocked_in = "open";
	shows_not("unaccounted-opener");
	dev->waiters[0].object_what = "open_mutex";
	shows("unaccounted-opener", SEVERITY_WARNING, "counts 2 openers, 1 found");
	dev->openers_expected = NUM_UNKNOWN;
	shows_not("unaccounted-opener");
}
END_TEST

START_TEST(live_count_mismatch)
{
	shows_not("live-count-mismatch");
	dev->live_connections = NUM(2);
	shows("live-count-mismatch", SEVERITY_WARNING, "live_connections is 2, yet 3 connections");
	dev->conns[0].dead = NUM_UNKNOWN;
	shows_not("live-count-mismatch");
	dev->conns[0].dead = NUM(0);
	dev->num_connections = NUM(4);
	shows_not("live-count-mismatch");
}
END_TEST

START_TEST(unreadable)
{
	shows_not("unreadable");
	switch (_i) {
	case 0:
		problem_add(&dev->problems, "connection 3 could not be read");
		shows("unreadable", SEVERITY_WARNING, "connection 3 could not be read");
		break;
	case 1:
		dev->requests_known = false;
		shows("unreadable", SEVERITY_WARNING, "requests in flight");
		break;
	case 2:
		dev->openers_expected = NUM_UNKNOWN;
		shows("unreadable", SEVERITY_WARNING, "count of openers");
		break;
	case 3:
		dev->conns[1].sock->peer_status = PEER_UNKNOWN;
		shows("unreadable", SEVERITY_WARNING, "other end of 1 connection is unknown");
		break;
	default:
		report->scan.tables_unreadable = 3;
		shows("unreadable", SEVERITY_WARNING, "3 file tables and 0 tasks");
		break;
	}
}
END_TEST

/* Nothing is known: nothing is claimed but that. */
START_TEST(the_unknown_supports_no_finding)
{
	struct device *blank = ARENA_PUSH(report->devices, report->n_devices);
	struct sock_info *s = arena_alloc(sizeof(*s));

	blank->name = "nbd9";
	blank->nbd_device = 0xffff000011009000;
	blank->config = 0xffff000012009000;
	blank->config_known = NUM(blank->config);
	ARENA_PUSH(blank->conns, blank->n_conns)->sock = s;
	report->traits = (struct traits){0};
	judge_devices(report);
	ck_assert_uint_eq(blank->n_findings, 1);
	ck_assert_str_eq(blank->findings[0].id, "unreadable");
	for (int way = 0; way < ATTACH_WAYS; way++) {
		ck_assert_int_eq(blank->attach[way].result, ATTACH_UNKNOWN);
		ck_assert_ptr_nonnull(blank->attach[way].why);
	}
	ck_assert_ptr_null(blank->freed_when);
}
END_TEST

/* A living task with that pid which lived when the device was started is the one, whatever it has open now. */
START_TEST(who_started_the_device_needs_no_file_of_it)
{
	struct task *client = sample_task(report, "nbd-client", 300, 'S');

	dev->recv_pid = NUM(300);
	dev->recv_task = client;
	judge_devices(report);
	ck_assert_ptr_eq(dev->recv_task, client);
	ck_assert_ptr_null(dev->recv_doubt);
	dev->started_boottime = NUM_UNKNOWN;
	judge_devices(report);
	ck_assert_ptr_nonnull(dev->recv_doubt);
}
END_TEST

/* 30 s are the block layer's when no timeout is set, not when it could not be read. */
START_TEST(an_unknown_timeout_is_not_30_seconds)
{
	sample_request(dev, 31000);
	shows("stuck-requests", SEVERITY_ERROR, "1 of 1 request");
	dev->timeout_seconds = NUM_UNKNOWN;
	shows_not("stuck-requests");
	shows("unreadable", SEVERITY_WARNING, "its timeout is not known");
	ck_assert_ptr_null(dev->timeout_rule);
}
END_TEST

static size_t count_evidence(const struct finding *f, const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_evidence; i++)
		n += !strcmp(f->evidence[i], what);
	return n;
}

/* Connections whose owners were only counted are no evidence of what could not be read. */
START_TEST(counting_connections_is_no_evidence)
{
	const char *nbd_sock = arena_printf("0x%llx", (unsigned long long)dev->conns[0].nbd_sock);
	const struct finding *f;

	report->scan.tables_unreadable = 3;
	f = find(dev, "unreadable");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->n_evidence, 1);
	dev->conns[0].sock->peer_status = PEER_UNKNOWN;
	f = find(dev, "unreadable");
	ck_assert_uint_eq(count_evidence(f, nbd_sock), 1);
	ck_assert_uint_eq(f->n_evidence, 2);
}
END_TEST

/* The schema knows each rule's id and no other. */
START_TEST(the_schema_has_the_ids)
{
	struct json_object *schema = json_object_from_file("doc/report.schema.json"), *ids;
	size_t n = 0;

	ck_assert_ptr_nonnull(schema);
	ck_assert(
		!json_pointer_get(schema, "/definitions/findings/items/properties/id/enum", &ids));
	for (; findings_rule_id(n); n++) {
		ck_assert_uint_lt(n, json_object_array_length(ids));
		ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(ids, n)),
				 findings_rule_id(n));
	}
	ck_assert_uint_eq(json_object_array_length(ids), n);
	json_object_put(schema);
}
END_TEST

TCase *findings_case(void)
{
	TCase *c = tcase_create("findings");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, healthy_devices_have_infos_only);
	tcase_add_test(c, unconfigured_devices_have_none);
	tcase_add_test(c, worst_comes_first);
	tcase_add_test(c, dead_connection);
	tcase_add_test(c, peer_closed);
	tcase_add_test(c, peer_not_accepted);
	tcase_add_test(c, peer_stopped);
	tcase_add_test(c, peer_stopped_needs_all_owners);
	tcase_add_test(c, peer_blocked);
	tcase_add_test(c, peer_blocked_by_a_thread_that_waits_on_the_device);
	tcase_add_test(c, leaked_connections);
	tcase_add_test(c, a_device_that_is_being_set_up_leaks_nothing);
	tcase_add_test(c, stale_setup_task);
	tcase_add_test(c, setup_by_other_task);
	tcase_add_test(c, a_setup_task_that_has_nothing_open_is_doubtful);
	tcase_add_loop_test(c, a_setup_task_without_a_time_is_doubtful, 0, 2);
	tcase_add_test(c, a_younger_task_did_not_set_up);
	tcase_add_test(c, a_tick_is_no_proof);
	tcase_add_test(c, a_younger_task_may_have_set_up_again);
	tcase_add_loop_test(c, a_younger_task_cannot_have_set_up_again, 0, 2);
	tcase_add_test(c, pinned_by_openers);
	tcase_add_test(c, pinned_though_nothing_was_attached);
	tcase_add_test(c, recv_task_gone);
	tcase_add_test(c, stuck_requests);
	tcase_add_test(c, no_timeout);
	tcase_add_test(c, netlink_stopped);
	tcase_add_test(c, size_zero);
	tcase_add_test(c, listener_exited);
	tcase_add_test(c, detached_mount);
	tcase_add_test(c, frozen_filesystem);
	tcase_add_test(c, no_owner);
	tcase_add_test(c, hidden_holder);
	tcase_add_test(c, held_by_a_system_call);
	tcase_add_test(c, hidden_peer);
	tcase_add_test(c, unaccounted_opener);
	tcase_add_test(c, live_count_mismatch);
	tcase_add_loop_test(c, unreadable, 0, 5);
	tcase_add_test(c, the_unknown_supports_no_finding);
	tcase_add_test(c, who_started_the_device_needs_no_file_of_it);
	tcase_add_test(c, an_unknown_timeout_is_not_30_seconds);
	tcase_add_test(c, counting_connections_is_no_evidence);
	tcase_add_test(c, the_schema_has_the_ids);
	return c;
}
