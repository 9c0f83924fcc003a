// SPDX-License-Identifier: GPL-2.0-or-later
/* The forecast follows the kernel's own order of checks. */
#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "sample.h"
#include "judge/attach.h"
#include "unit.h"

static struct report *report;
static struct device *dev;

static void setup(void)
{
	report = sample_report();
	dev = sample_device(report, 7, 1, "/run/a.sock");
}

static void gets(enum attach_way way, enum attach_result result, const char *why)
{
	const struct attach *a = &dev->attach[way];

	judge_devices(report);
	ck_assert_msg(a->result == result && strstr(a->why, why), "%s gets %d, %s",
		      attach_way_name(way), a->result, a->why);
}

/* Both ioctl ways begin with open(). */
static void ioctls_get(enum attach_result result, const char *why)
{
	gets(ATTACH_SET_SOCK, result, why);
	gets(ATTACH_DO_IT, result, why);
}

/* A device that has sockets, but was never started: an attach by ioctl, half done. */
static void half_done(void)
{
	dev->recv_pid = NUM(0);
	dev->recv_task = NULL;
	dev->task_setup = NUM(0);
	dev->recv_threads = NUM(0);
	dev->capacity_bytes = NUM(0);
}

START_TEST(running)
{
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup belongs to a task that has exited");
	gets(ATTACH_DO_IT, ATTACH_EBUSY, "qemu-kvm (233) is recorded as running it, and it runs");
	gets(ATTACH_NETLINK, ATTACH_EBUSY, "config_refs is 2: \"nbd7 already in use\"");
}
END_TEST

START_TEST(field_case)
{
	dev->runtime_flags = NUM(12);
	dev->recv_threads = NUM(0);
	dev->recv_task = NULL;
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "a task that has exited");
	gets(ATTACH_DO_IT, ATTACH_EBUSY,
	     "pid 233 is still recorded; only the last close clears it");
	gets(ATTACH_NETLINK, ATTACH_EBUSY, "config_refs");
	/* After NBD_CLEAR_SOCK one more socket leaks. */
	dev->task_setup = NUM(0);
	gets(ATTACH_SET_SOCK, ATTACH_OK, "no receiver would read");
}
END_TEST

START_TEST(unconfigured)
{
	dev->config = 0;
	dev->config_known = NUM(0);
	dev->config_refs = dev->recv_pid = dev->task_setup = NUM(0);
	dev->recv_task = NULL;
	dev->runtime_flags = dev->num_connections = dev->recv_threads = NUM_UNKNOWN;
	dev->n_conns = 0;
	gets(ATTACH_SET_SOCK, ATTACH_OK, "no task is recorded");
	gets(ATTACH_DO_IT, ATTACH_EINVAL, "no socket has been set");
	gets(ATTACH_NETLINK, ATTACH_OK, "nobody uses");
	ck_assert_ptr_null(dev->freed_when);
	dev->refs = NUM(0);
	gets(ATTACH_NETLINK, ATTACH_EINVAL, "going down");
}
END_TEST

START_TEST(half_done_attach)
{
	half_done();
	gets(ATTACH_SET_SOCK, ATTACH_OK, "no task");
	gets(ATTACH_DO_IT, ATTACH_OK, "1 connection and nothing runs");
	dev->task_setup = NUM(0xffff000000002000);
	dev->setup_task = report->tasks.v[1];
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup belongs to gMgr (234)");
	dev->num_connections = NUM(2);
	gets(ATTACH_DO_IT, ATTACH_EINVAL, "CAN_MULTI_CONN");
	dev->server_flags = NUM(0x101);
	gets(ATTACH_DO_IT, ATTACH_OK, "2 connections");
	dev->server_flags = NUM_UNKNOWN;
	gets(ATTACH_DO_IT, ATTACH_UNKNOWN, "CAN_MULTI_CONN");
	dev->num_connections = NUM_UNKNOWN;
	gets(ATTACH_DO_IT, ATTACH_UNKNOWN, "num_connections");
	dev->recv_pid = NUM_UNKNOWN;
	gets(ATTACH_DO_IT, ATTACH_UNKNOWN, "EBUSY");
}
END_TEST

/* "ok" is a claim: it takes what says that the device is not going down. */
START_TEST(netlink_needs_to_know_whether_the_device_goes_down)
{
	dev->config_refs = NUM(0);
	dev->device_flags = NUM(0);
	gets(ATTACH_NETLINK, ATTACH_OK, "nobody uses");
	dev->refs = NUM_UNKNOWN;
	gets(ATTACH_NETLINK, ATTACH_UNKNOWN, "EINVAL if the device is going down");
	dev->refs = NUM(1);
	dev->device_flags = NUM_UNKNOWN;
	gets(ATTACH_NETLINK, ATTACH_UNKNOWN, "EINVAL if the device is going down");
	dev->device_flags = NUM_ABSENT;
	gets(ATTACH_NETLINK, ATTACH_OK, "nobody uses");
}
END_TEST

START_TEST(netlink_controls)
{
	dev->runtime_flags = NUM(0xb8);
	ioctls_get(ATTACH_EINVAL, "netlink controls the device");
	dev->runtime_flags = NUM_UNKNOWN;
	ioctls_get(ATTACH_UNKNOWN, "EINVAL if netlink");
}
END_TEST

START_TEST(open_lock)
{
	struct task *holder = sample_task(report, "dd", 500, 'D');

	dev->open_lock_owner = NUM(holder->addr);
	ioctls_get(ATTACH_HANGS, "dd (500) holds the device's open lock and waits in D");
	gets(ATTACH_NETLINK, ATTACH_EBUSY, "config_refs");
	holder->state = 'R';
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->open_lock_owner = NUM(0xffff00000000f000);
	ioctls_get(ATTACH_UNKNOWN, "not among the living");
	dev->open_lock_owner = NUM(holder->addr);
	holder->state = '?';
	ioctls_get(ATTACH_UNKNOWN, "its state could not be read");
	dev->open_lock_owner = NUM_UNKNOWN;
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "who holds the device's open lock could not be read");
	/* Not known, but somebody hangs in there. */
	sample_waiter(dev, holder, "open", 0);
	ioctls_get(ATTACH_HANGS, "dd (500) waits in open");
}
END_TEST

START_TEST(genl_mutex)
{
	struct task *holder = sample_task(report, "nbd-client", 502, 'D');

	report->genl_lock_owner = NUM(holder->addr);
	gets(ATTACH_NETLINK, ATTACH_HANGS, "nbd-client (502) holds genl_mutex and waits in D");
	ck_assert_int_eq(dev->attach[ATTACH_NETLINK].later->result, ATTACH_EBUSY);
	ck_assert_ptr_null(dev->attach[ATTACH_SET_SOCK].later);
	ck_assert_ptr_nonnull(strstr(dev->freed_when, "once netlink answers again"));
	holder->state = 'R';
	gets(ATTACH_NETLINK, ATTACH_EBUSY, "already in use");
}
END_TEST

START_TEST(config_lock)
{
	struct task *holder = sample_task(report, "nbd-client", 501, 'D');

	dev->config_lock_owner = NUM(holder->addr);
	sample_waiter(dev, holder, "freeze", 0);
	for (int way = 0; way < ATTACH_WAYS; way++)
		gets(way, ATTACH_HANGS,
		     "nbd-client (501) holds config_lock and waits in D (freeze)");
	/* The lock comes before the check for netlink. */
	dev->runtime_flags = NUM(0xb8);
	ioctls_get(ATTACH_HANGS, "config_lock");
	dev->config_lock_owner = NUM_UNKNOWN;
	gets(ATTACH_NETLINK, ATTACH_HANGS, "nbd-client (501) waits in freeze");
}
END_TEST

/* open() reads the partition table: that depends on who would answer. */
START_TEST(partition_scan)
{
	struct sock_info *s = dev->conns[0].sock;

	dev->partition_scan_due = NUM(1);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	s->peer_status = PEER_NOT_ACCEPTED;
	ioctls_get(ATTACH_HANGS, "partition table first, and the server never accepted");
	dev->timeout_seconds = NUM(10);
	ioctls_get(ATTACH_HANGS, "(timeout 10 s)");
	s->peer_status = PEER_OPEN;
	report->tasks.v[1]->state = 'T';
	ioctls_get(ATTACH_HANGS, "gMgr (234) is stopped (state T)");
	/* A server may well read a disk; it is blocked when a request waits for it too long. */
	report->tasks.v[1]->state = 'D';
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	sample_request(dev, 31000);
	gets(ATTACH_DO_IT, ATTACH_HANGS, "is blocked");
	dev->n_requests = 0;
	/* It fails at once when the other end is gone, or the device disconnected. */
	s->peer_status = PEER_CLOSED;
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->dead_conn_timeout_seconds = NUM(20);
	ioctls_get(ATTACH_HANGS, "up to 20 s for a new connection");
	s->peer_status = PEER_OPEN;
	dev->runtime_flags = NUM(12);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->runtime_flags = NUM(8);
	dev->partition_scan_due = NUM(0);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	/* Not known: only where it would hang does it matter. */
	dev->partition_scan_due = NUM_UNKNOWN;
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	s->peer_status = PEER_NOT_ACCEPTED;
	ioctls_get(ATTACH_UNKNOWN, "whether opening reads the partition table");
	s->peer_status = PEER_OPEN;
	/* Replies that nobody reads. */
	report->tasks.v[1]->state = 'S';
	dev->partition_scan_due = NUM(1);
	dev->recv_threads = NUM(0);
	ioctls_get(ATTACH_HANGS, "no receiver reads replies");
	/* Of nothing, nothing is read. */
	dev->capacity_bytes = NUM(0);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
}
END_TEST

START_TEST(freeze)
{
	sample_request(dev, 100);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->requests[0].age_ms = NUM(31000);
	gets(ATTACH_SET_SOCK, ATTACH_HANGS,
	     "freezes the queue first and waits for a WRITE of 4 KiB at sector 2048: no reply "
	     "came");
	/* A young one, whose connection has just died. */
	dev->requests[0].age_ms = NUM(100);
	dev->conns[0].dead = NUM(1);
	gets(ATTACH_SET_SOCK, ATTACH_HANGS, "its connection is dead, and no reply can come");
	dev->timeout_seconds = NUM(60);
	gets(ATTACH_SET_SOCK, ATTACH_HANGS, "before its timeout (60 s)");
	dev->timeout_seconds = NUM(0);
	dev->conns[0].dead = NUM(0);
	dev->recv_threads = NUM(0);
	gets(ATTACH_SET_SOCK, ATTACH_HANGS, "no receiver reads replies");
	dev->recv_threads = NUM(1);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	report->tasks.v[1]->state = 'T';
	gets(ATTACH_SET_SOCK, ATTACH_HANGS, "is stopped (state T)");
	gets(ATTACH_DO_IT, ATTACH_EBUSY, "recorded");
	/* A kernel that refuses sockets of running devices does so first. */
	report->traits.set_sock_refuses_running = NUM(1);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "adds no socket to a running device");
	report->traits.set_sock_refuses_running = NUM(0);
	report->traits.set_sock_freezes = NUM(0);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	report->traits.set_sock_freezes = NUM(1);
	report->tasks.v[1]->state = 'S';
	dev->n_requests = 0;
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->requests_known = false;
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "could be read");
}
END_TEST

START_TEST(a_freeze_may_hang_on_a_request_that_was_not_read)
{
	report->traits.set_sock_freezes = NUM(1);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->requests_known = false;
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "not all could be read");
	dev->requests_known = true;
	sample_request(dev, 10);
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	dev->requests[0].age_ms = NUM_UNKNOWN;
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "not all could be read");
}
END_TEST

START_TEST(unknown_behaviour_matters_only_sometimes)
{
	report->traits.set_sock_freezes = report->traits.set_sock_refuses_running = NUM_UNKNOWN;
	gets(ATTACH_SET_SOCK, ATTACH_EBUSY, "task_setup");
	sample_request(dev, 31000);
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "EBUSY (task_setup");
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "hangs (it freezes");
	report->traits.set_sock_freezes = NUM(1);
	dev->n_requests = 0;
	dev->task_setup = NUM(0);
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "ok (no task");
	gets(ATTACH_SET_SOCK, ATTACH_UNKNOWN, "EBUSY (qemu-kvm (233)");
	gets(ATTACH_DO_IT, ATTACH_EBUSY, "recorded");
}
END_TEST

static void freed(const char *when)
{
	const char *text;

	judge_devices(report);
	text = dev->freed_when;
	ck_assert_msg(text && !strcmp(text, when), "freed when %s", text ? text : "nothing");
}

START_TEST(freed_when)
{
	freed("nbd-client -d /dev/nbd7 has disconnected it, and qemu-kvm (233) fd 3 is closed");
	dev->runtime_flags = NUM(12);
	freed("qemu-kvm (233) fd 3 is closed");
	sample_opener(dev, OPENER_FD, report->tasks.v[0], "/dev/nbd7")->fd = 5;
	sample_opener(dev, OPENER_FD, report->tasks.v[1], "/dev/nbd7");
	sample_opener(dev, OPENER_MOUNT, NULL, "ext4 on /mnt (nbd7)");
	sample_opener(dev, OPENER_DETACHED, NULL, "ext4 unmounted lazily (nbd7)");
	sample_opener(dev, OPENER_SWAP, NULL, "swap (nbd7p1)");
	sample_opener(dev, OPENER_HOLDER, NULL, "dm-0");
	sample_opener(dev, OPENER_KERNEL, NULL, "loop0");
	freed("qemu-kvm (233) fd 3+5, gMgr (234) fd 3 are closed, and ext4 on /mnt (nbd7) is "
	      "unmounted, and ext4 unmounted lazily (nbd7) is released, and swap (nbd7p1) is "
	      "switched off, and dm-0 is removed, and loop0 is "
	      "released");
	dev->n_openers = 1;
	dev->openers_expected = NUM(3);
	freed("qemu-kvm (233) fd 3 is closed, and 2 openers that were not found are gone");
	sample_waiter(dev, report->tasks.v[1], "close", 0);
	freed("qemu-kvm (233) fd 3 is closed, and 2 openers that were not found are gone (gMgr "
	      "(234) waits in close)");
	dev->n_openers = dev->openers_found = 0;
	dev->openers_expected = NUM(0);
	dev->config_refs = NUM(1);
	freed("no opener is left, yet 1 reference: whoever holds it must let go");
}
END_TEST

TCase *attach_case(void)
{
	TCase *c = tcase_create("attach");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, running);
	tcase_add_test(c, field_case);
	tcase_add_test(c, unconfigured);
	tcase_add_test(c, half_done_attach);
	tcase_add_test(c, netlink_controls);
	tcase_add_test(c, netlink_needs_to_know_whether_the_device_goes_down);
	tcase_add_test(c, open_lock);
	tcase_add_test(c, genl_mutex);
	tcase_add_test(c, config_lock);
	tcase_add_test(c, partition_scan);
	tcase_add_test(c, freeze);
	tcase_add_test(c, a_freeze_may_hang_on_a_request_that_was_not_read);
	tcase_add_test(c, unknown_behaviour_matters_only_sometimes);
	tcase_add_test(c, freed_when);
	return c;
}
