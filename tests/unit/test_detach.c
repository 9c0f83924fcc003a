// SPDX-License-Identifier: GPL-2.0-or-later
/* A detach that would hang is never advised. */
#include <string.h>

#include "base/arena.h"
#include "judge/detach.h"
#include "judge/judge.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;
static struct task *worker;

static void setup(void)
{
	report = sample_report();
	dev = sample_netlink(report, 1, 2);
	worker = sample_task(report, "kworker/1:4H", 1158, 'S');
}

/* The worker sleeps in the send of a request that is stuck. */
static void block(struct device *of)
{
	of->conns[1].tx_lock_owner = NUM(worker->addr);
	of->conns[1].sender = worker;
	sample_request(of, 71000)->worker = worker;
}

START_TEST(a_free_device_can_be_detached)
{
	ck_assert_ptr_null(detach_would_hang(report, dev));
	ck_assert_ptr_null(detach_instead(report, dev));
	ck_assert_str_eq(detach_advice(report, dev), "nbd-client -d /dev/nbd1");
}
END_TEST

START_TEST(not_while_somebody_sends)
{
	block(dev);
	ck_assert_str_eq(detach_would_hang(report, dev),
			 "kworker/1:4H (1158) sleeps with tx_lock of connection 1 held");
	ck_assert_str_eq(detach_instead(report, dev), "kill -KILL 234 (the server)");
	worker->state = 'R';
	ck_assert_ptr_null(detach_would_hang(report, dev));
}
END_TEST

START_TEST(not_while_a_lock_is_held_in_d)
{
	struct task *t = sample_task(report, "nbd-client", 900, 'D');

	dev->config_lock_owner = NUM(t->addr);
	ck_assert_str_eq(detach_would_hang(report, dev),
			 "nbd-client (900) holds config_lock and waits in D");
	ck_assert_str_eq(detach_advice(report, dev),
			 "nbd-client -d /dev/nbd1 later (now it would hang: nbd-client (900) holds "
			 "config_lock and waits in D)");
	dev->config_lock_owner = NUM(0);
	report->genl_lock_owner = NUM(t->addr);
	ck_assert_str_eq(detach_would_hang(report, dev),
			 "nbd-client (900) holds genl_mutex and waits in D");
	sample_waiter(sample_netlink(report, 7, 1), t, "ioctl", 0);
	ck_assert_str_eq(detach_would_hang(report, &report->devices[0]),
			 "nbd-client (900) holds genl_mutex and waits in D for nbd7");
	t->state = 'S';
	ck_assert_ptr_null(detach_would_hang(report, &report->devices[0]));
}
END_TEST

/* Another device's send stops netlink: the way out is there. */
START_TEST(what_helps_is_with_the_other_device)
{
	struct task *t = sample_task(report, "nbd-client", 900, 'D');
	struct device *other = sample_netlink(report, 2, 2);

	dev = &report->devices[0];
	block(other);
	*ARENA_PUSH(other->conns[1].behind_sender, other->conns[1].n_behind_sender) = t;
	report->genl_lock_owner = NUM(t->addr);
	ck_assert_str_eq(detach_instead(report, dev), "kill -KILL 234 (the server)");
}
END_TEST

/* No remedy names the command but as what comes later. */
START_TEST(no_remedy_detaches_now)
{
	static const enum peer_status statuses[] = {PEER_OPEN, PEER_NOT_ACCEPTED, PEER_CLOSED};

	block(dev);
	dev->conns[0].dead = NUM(1);
	dev->conns[1].sock->peer_status = statuses[_i];
	report->tasks.v[1]->state = _i ? 'D' : 'T';
	judge_devices(report);
	ck_assert_uint_gt(dev->n_findings, 1);
	ck_assert_str_eq(dev->timeout_rule,
			 "no timeout strikes while kworker/1:4H (1158) sleeps in a send");
	for (size_t i = 0; i < dev->n_findings; i++) {
		const char *remedy = dev->findings[i].remedy;

		ck_assert_msg(!remedy || !strstr(remedy, "nbd-client -d") ||
				      strstr(remedy, "would hang"),
			      "%s: %s", dev->findings[i].id, remedy);
	}
	ck_assert_ptr_nonnull(strstr(dev->freed_when,
				     "the send of kworker/1:4H (1158) on connection 1 has ended"));
}
END_TEST

TCase *detach_case(void)
{
	TCase *c = tcase_create("detach");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, a_free_device_can_be_detached);
	tcase_add_test(c, not_while_somebody_sends);
	tcase_add_test(c, not_while_a_lock_is_held_in_d);
	tcase_add_test(c, what_helps_is_with_the_other_device);
	tcase_add_loop_test(c, no_remedy_detaches_now, 0, 3);
	return c;
}
