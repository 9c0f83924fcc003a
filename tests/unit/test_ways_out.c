// SPDX-License-Identifier: GPL-2.0-or-later
/* What the calls that end or mend an attachment would do. */
#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "judge/ways_out.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;

static void setup(void)
{
	report = sample_report();
	dev = sample_netlink(report, 1, 2);
}

static void gets(enum way_out way, enum attach_result result, const char *why)
{
	judge_devices(report);
	ck_assert_msg(dev->ways_out[way].result == result, "%s: %s", ways_out_name(way),
		      dev->ways_out[way].why);
	ck_assert_msg(strstr(dev->ways_out[way].why, why) != NULL, "no \"%s\" in: %s", why,
		      dev->ways_out[way].why);
	ck_assert(ways_out_works(dev, way) == (result == ATTACH_OK));
}

START_TEST(of_a_healthy_device)
{
	gets(OUT_RECONFIGURE, ATTACH_OK, "no connection is dead: the new socket is not taken");
	gets(OUT_NETLINK_DISCONNECT, ATTACH_OK,
	     "no request is in flight, all later I/O fails, and netlink's reference to the config "
	     "goes");
	gets(OUT_DISCONNECT, ATTACH_OK, "the server is asked to close");
	gets(OUT_CLEAR_SOCK, ATTACH_OK, "no request is in flight");
}
END_TEST

START_TEST(reconfigure_replaces_a_dead_connection)
{
	dev->conns[1].dead = NUM(1);
	gets(OUT_RECONFIGURE, ATTACH_OK, "takes the place of connection 1");
	dev->runtime_flags.v |= 4;
	gets(OUT_RECONFIGURE, ATTACH_OK, "but the device is disconnected");
	dev->conns[0].dead = NUM_UNKNOWN;
	gets(OUT_RECONFIGURE, ATTACH_UNKNOWN, "whether connection 0 is dead could not be read");
	dev->recv_pid = NUM(0);
	gets(OUT_RECONFIGURE, ATTACH_EINVAL, "not started");
	dev->runtime_flags = NUM(8);
	gets(OUT_RECONFIGURE, ATTACH_EINVAL, "netlink has not attached the device");
	dev->runtime_flags = NUM_UNKNOWN;
	gets(OUT_RECONFIGURE, ATTACH_UNKNOWN, "runtime_flags could not be read");
	dev->refs = NUM(0);
	gets(OUT_RECONFIGURE, ATTACH_EINVAL, "going down");
}
END_TEST

START_TEST(requests_fail_with_it)
{
	sample_request(dev, 10);
	gets(OUT_NETLINK_DISCONNECT, ATTACH_OK, "1 request fails with EIO");
	gets(OUT_CLEAR_SOCK, ATTACH_OK, "1 request fails with EIO");
	report->traits.clear_sock_resets_setup = NUM(0);
	gets(OUT_CLEAR_SOCK, ATTACH_OK, "requests in flight stay");
	report->traits.clear_sock_resets_setup = NUM_UNKNOWN;
	gets(OUT_CLEAR_SOCK, ATTACH_OK, "is not known of this kernel");
	dev->requests_known = false;
	gets(OUT_NETLINK_DISCONNECT, ATTACH_OK, "whatever is in flight fails with EIO");
}
END_TEST

START_TEST(a_sender_holds_them_up)
{
	struct task *worker = sample_task(report, "kworker/1:4H", 1158, 'S');

	dev->conns[1].sender = worker;
	for (int way = OUT_NETLINK_DISCONNECT; way < WAYS_OUT; way++)
		gets((enum way_out)way, ATTACH_HANGS,
		     "kworker/1:4H (1158) sleeps with tx_lock of connection 1 held");
	gets(OUT_RECONFIGURE, ATTACH_OK, "");
	worker->state = 'R';
	gets(OUT_DISCONNECT, ATTACH_OK, "");
}
END_TEST

START_TEST(so_do_locks_held_in_d)
{
	struct task *t = sample_task(report, "nbd-client", 900, 'D');

	dev->config_lock_owner = NUM(t->addr);
	for (int way = 0; way < WAYS_OUT; way++)
		gets((enum way_out)way, ATTACH_HANGS, "nbd-client (900) holds config_lock");
	dev->config_lock_owner = NUM(0);
	report->genl_lock_owner = NUM(t->addr);
	gets(OUT_RECONFIGURE, ATTACH_HANGS, "genl_mutex");
	gets(OUT_NETLINK_DISCONNECT, ATTACH_HANGS, "genl_mutex");
	ck_assert_int_eq(dev->ways_out[OUT_NETLINK_DISCONNECT].later->result, ATTACH_OK);
	gets(OUT_DISCONNECT, ATTACH_OK, "");
	dev->open_lock_owner = NUM(t->addr);
	gets(OUT_DISCONNECT, ATTACH_HANGS, "open lock");
	gets(OUT_CLEAR_SOCK, ATTACH_HANGS, "open lock");
}
END_TEST

TCase *ways_out_case(void)
{
	TCase *c = tcase_create("ways_out");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, of_a_healthy_device);
	tcase_add_test(c, reconfigure_replaces_a_dead_connection);
	tcase_add_test(c, requests_fail_with_it);
	tcase_add_test(c, a_sender_holds_them_up);
	tcase_add_test(c, so_do_locks_held_in_d);
	return c;
}
