// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.h"
#include "judge/fold.h"
#include "sample.h"
#include "unit.h"

static struct device *dev;

static void setup(void)
{
	dev = sample_device(sample_report(), 0, 5, "/run/a.sock");
}

/* Where the run that begins at the first connection ends. */
static size_t run(void)
{
	return fold_run(dev->conns, dev->n_conns);
}

START_TEST(alike_is_one_row)
{
	ck_assert_uint_eq(run(), 5);
	ck_assert_uint_eq(fold_run(dev->conns + 4, 1), 1);
}
END_TEST

START_TEST(each_difference_ends_the_run)
{
	struct connection *c = &dev->conns[3];

	switch (_i) {
	case 0:
		c->dead = NUM(1);
		break;
	case 1:
		c->dead = NUM_UNKNOWN;
		break;
	case 2:
		c->sock->state = NUM(7);
		break;
	case 3:
		c->sock->shutdown = NUM(3);
		break;
	case 4:
		c->sock->remote = "/run/b.sock";
		break;
	case 5:
		c->sock->peer_status = PEER_CLOSED;
		break;
	case 6:
		c->sock->peer = NULL;
		break;
	case 7:
		c->sock->file->refs = NUM(2);
		break;
	case 8:
		c->sock->peer->file->n_owners = 0;
		break;
	case 9:
		c->sock->peer->file->owners[0].task--;
		break;
	case 10:
		c->sock->listener_alive = NUM(0);
		break;
	case 11:
		c->sock->file = NULL;
		break;
	default:
		c->sock->local = "/run/bound.sock";
		break;
	}
	ck_assert_uint_eq(run(), 3);
}
END_TEST

START_TEST(fd_ranges)
{
	ck_assert_str_eq(fold_fds(dev->conns, 1, 0, true), "fd 5");
	ck_assert_str_eq(fold_fds(dev->conns, 5, 0, true), "fd 5-9");
	dev->conns[4].sock->peer->file->owners[0].fd = 20;
	ck_assert_str_eq(fold_fds(dev->conns, 5, 0, true), "5 fds from 5 to 20");
}
END_TEST

TCase *fold_case(void)
{
	TCase *c = tcase_create("fold");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, alike_is_one_row);
	tcase_add_loop_test(c, each_difference_ends_the_run, 0, 13);
	tcase_add_test(c, fd_ranges);
	return c;
}
