// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/arena.h"
#include "judge/judge.h"
#include "render/renderer.h"
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
	dev->conns[0].sock->peer_status = PEER_CLOSED;
	dev->n_dead = NUM(1);
	dev->conns[1310].sock->peer_status = PEER_NOT_ACCEPTED;
	judge_devices(report);
}

static void draw(FILE *out, struct device *device)
{
	renderer_devices(&renderer_dot, &(struct rendering){out, report, &device, 1, {0}});
}

static char *graph(void)
{
	char *text;

	PRINTED(text, draw(out, dev));
	return text;
}

static void has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

START_TEST(connections_are_folded)
{
	char *text = graph();

	has(text, "digraph nbd {");
	has(text, "1309 connections\\nindex 1-1309");
	has(text, "\"nbd101_1\" -> \"nbd101_1_peer\" [label=\"1309\"]");
	has(text, "label=\"qemu-kvm (233)\"");
	has(text, "[label=\"open, fd 3\"]");
	has(text, "[label=\"fd 6-1314\"]");
	has(text, "[style=dashed, label=\"listens\"]");
	has(text, "error peer-closed: the other end of 1 connection");
	ck_assert_ptr_null(strstr(text, "nbd101_2\""));
	ck_assert_uint_lt(strlen(text), 6000);
	free(text);
}
END_TEST

/* A label ends where the graph says, whatever a name holds. */
/* The device's colour is that of its state, and its label says why. */
START_TEST(the_state_is_seen)
{
	char *text;

	dev = sample_netlink(report, 2, 1);
	judge_devices(report);
	text = graph();
	has(text, "\"nbd2\" [shape=box3d, fillcolor=\"#d9efd7\", label=\"nbd2: idle\\n");
	free(text);
	report->tasks.v[1]->state = 'T';
	sample_request(dev, 500);
	judge_devices(report);
	text = graph();
	has(text, "fillcolor=\"#f8d0d0\", label=\"nbd2: stuck\\nthe server gMgr (234) is stopped");
	free(text);
}
END_TEST

START_TEST(names_cannot_leave_their_label)
{
	char *text;

	memcpy(report->tasks.v[0]->comm, "a\"]; x\\N\n", 10);
	dev->name = "nbd\"evil";
	text = graph();
	has(text, "label=\"a\\\"]; x\\\\\\\\N\\\\x0a (233)\"");
	has(text, "label=\"nbd\\\"evil: idle\\n");
	ck_assert_ptr_null(strstr(text, "\"nbd\"evil"));
	free(text);
}
END_TEST

START_TEST(unknown_and_unconfigured_devices_can_be_drawn)
{
	struct device *idle = ARENA_PUSH(report->devices, report->n_devices);
	char *text;

	idle->name = "nbd5";
	idle->index = 5;
	idle->config_known = NUM(0);
	PRINTED(text, draw(out, idle));
	has(text, "not configured");
	free(text);
}
END_TEST

TCase *dot_case(void)
{
	TCase *c = tcase_create("dot");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, connections_are_folded);
	tcase_add_test(c, the_state_is_seen);
	tcase_add_test(c, names_cannot_leave_their_label);
	tcase_add_test(c, unknown_and_unconfigured_devices_can_be_drawn);
	return c;
}
