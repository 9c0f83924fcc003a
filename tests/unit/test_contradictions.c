// SPDX-License-Identifier: GPL-2.0-or-later
/* Each value that cannot be is said, and a healthy device contradicts itself in nothing. */
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "judge/contradictions.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev, *netlink;
static struct sock_info *sock;

static void setup(void)
{
	report = sample_report();
	sample_device(report, 0, 3, "/run/a.sock");
	sample_netlink(report, 1, 2);
	dev = &report->devices[0];
	netlink = &report->devices[1];
	sock = dev->conns[0].sock;
}

static void says_nothing(void)
{
	contradictions_find(report);
	ck_assert_msg(!dev->problems.n, "%s", dev->problems.n ? dev->problems.v[0] : "");
	ck_assert_msg(!netlink->problems.n, "%s",
		      netlink->problems.n ? netlink->problems.v[0] : "");
}

static void damage_name(void)
{
	dev->name = "nbd4";
}

static void damage_config(void)
{
	dev->config = 0;
	dev->config_known = NUM(0);
}

static void damage_refs_zero(void)
{
	dev->refs = NUM(0);
}

static void damage_refs_saturated(void)
{
	dev->refs = NUM(0xc0000000);
}

static void damage_config_refs_more(void)
{
	dev->config_refs = NUM(5);
}

/* A request in flight hides that from config_refs. */
static void damage_openers(void)
{
	dev->openers_expected = NUM(0);
	ARENA_PUSH(dev->requests, dev->n_requests)->queue = 0;
}

static void damage_config_refs_less(void)
{
	dev->config_refs = NUM(3);
}

static void damage_started(void)
{
	dev->recv_pid = NUM(0);
}

static void damage_num_connections(void)
{
	dev->num_connections = NUM(0);
}

static void damage_block_size(void)
{
	dev->block_size = NUM(256);
}

static void damage_request(void)
{
	sample_request(dev, 0)->connection = NUM(-1);
}

static void damage_socket_sk(void)
{
	sock->socket_sk.v++;
}

static void damage_sk_socket(void)
{
	sock->sk_socket = NUM_UNKNOWN;
}

static void damage_peer_socket(void)
{
	sock->peer->socket_sk = NUM_UNKNOWN;
}

static void damage_file(void)
{
	sock->file_socket.v++;
}

static void damage_file_unreadable(void)
{
	sock->file_socket = NUM_UNKNOWN;
}

static void damage_no_file(void)
{
	sock->file = NULL;
}

static void damage_no_peer_file(void)
{
	sock->peer->file = NULL;
}

static void damage_file_refs(void)
{
	sock->file->refs = NUM(0);
}

static void damage_peer_file_refs(void)
{
	sock->peer->file->refs = NUM(0);
}

static void damage_peer_file_refs_more(void)
{
	sock->peer->file->refs = NUM(1ull << 31);
}

static void damage_family(void)
{
	sock->family = NUM(AF_INET);
}

static void damage_value(void)
{
	sock->peer->impossible = "sk_shutdown 4 is impossible";
}

static void damage_shutdown_of_one(void)
{
	sock->shutdown = NUM(1);
}

static void damage_path(void)
{
	sock->peer->name_unreadable = true;
}

static void damage_state(void)
{
	sock->state = NUM(7);
}

static void damage_no_peer(void)
{
	sock->peer_sk = NUM(0);
}

static void damage_own_peer(void)
{
	sock->peer_sk = NUM(sock->sk);
	sock->peer = sock;
}

static void damage_peer_state(void)
{
	sock->peer->state = NUM(10);
}

static void damage_peer_of_peer(void)
{
	sock->peer->peer_sk = NUM(sock->peer->sk);
}

static const struct {
	void (*damage)(void);
	const char *says;
} damages[] = {
	{damage_name, "disk_name is \"nbd4\", yet this is nbd0"},
	{damage_config, "config_refs is 4, yet there is no config"},
	{damage_refs_zero, "refs is 0"},
	{damage_refs_saturated, "refs is -1073741824"},
	{damage_config_refs_more, "config_refs is 5, yet openers, receivers and netlink make 4"},
	{damage_config_refs_less, "config_refs is 3"},
	{damage_openers, "bd_openers is 0, yet there is more that keeps it open: 1"},
	{damage_started, "recv_threads is 3, yet nobody"},
	{damage_num_connections, "yet it has no connection"},
	{damage_block_size, "block size 256"},
	{damage_request, "was sent on connection -1"},
	{damage_socket_sk, "connection 0: its struct socket and struct sock"},
	{damage_sk_socket, "connection 0: its struct socket and struct sock"},
	{damage_peer_socket, "the other end of connection 0: its struct socket and struct sock"},
	{damage_file, "struct file is not of its struct socket"},
	{damage_file_unreadable, "struct file could not be read"},
	{damage_no_file, "its socket has no struct file"},
	{damage_no_peer_file, "the other end of connection 0: its socket has no struct file"},
	{damage_file_refs, "connection 0: its struct file has fewer references"},
	{damage_peer_file_refs,
	 "the other end of connection 0: its struct file has fewer references"},
	{damage_peer_file_refs_more,
	 "the other end of connection 0: its struct file has more references than there can"},
	{damage_family, "its family is not that of its protocol"},
	{damage_value, "the other end of connection 0: sk_shutdown 4 is impossible"},
	{damage_shutdown_of_one, "sk_shutdown of its two ends"},
	{damage_path, "its name could not be read"},
	{damage_state, "its state and its peer contradict"},
	{damage_no_peer, "its state and its peer contradict"},
	{damage_own_peer, "it is its own other end"},
	{damage_peer_state, "the state of its other end"},
	{damage_peer_of_peer, "connected to another socket"},
};

#define N_DAMAGES (sizeof(damages) / sizeof(damages[0]))

START_TEST(each_damage_is_said)
{
	bool said = false;

	damages[_i].damage();
	contradictions_find(report);
	for (size_t i = 0; i < dev->problems.n; i++)
		said |= strstr(dev->problems.v[i], damages[_i].says) != NULL;
	ck_assert_msg(said, "not \"%s\" but \"%s\" and %zu more", damages[_i].says,
		      dev->problems.n ? dev->problems.v[0] : "", dev->problems.n);
	ck_assert_uint_eq(netlink->problems.n, 0);
}
END_TEST

START_TEST(healthy_devices_contradict_nothing)
{
	says_nothing();
}
END_TEST

START_TEST(a_request_may_hold_the_config)
{
	dev->config_refs.v++;
	sample_request(dev, 0);
	says_nothing();
}
END_TEST

START_TEST(what_is_unknown_contradicts_nothing)
{
	dev->config_refs = dev->refs = dev->recv_pid = dev->num_connections = NUM_UNKNOWN;
	dev->runtime_flags = dev->block_size = dev->conns[0].dead = NUM_UNKNOWN;
	sock->family = sock->prot_family = sock->state = sock->shutdown = NUM_UNKNOWN;
	sock->file->refs = sock->peer_sk = sock->peer->state = NUM_UNKNOWN;
	says_nothing();
}
END_TEST

/* Its last close took the socket away, and its peer with it. */
START_TEST(a_closed_end_contradicts_nothing)
{
	sock->peer->socket = 0;
	sock->peer->file = NULL;
	sock->peer->dead = NUM(1);
	sock->peer->state = NUM(7);
	sock->peer->peer_sk = NUM(0);
	sock->shutdown = sock->peer->shutdown = NUM(3);
	says_nothing();
}
END_TEST

START_TEST(equal_contradictions_are_counted)
{
	for (size_t i = 1; i < dev->n_conns; i++)
		dev->conns[i].sock->family = NUM(3);
	contradictions_find(report);
	ck_assert_uint_eq(dev->problems.n, 1);
	ck_assert_str_eq(dev->problems.v[0],
			 "connection 1 and 1 more: its family is not that of its protocol");
}
END_TEST

START_TEST(different_contradictions_are_told_apart)
{
	dev->conns[0].sock->impossible = "a";
	dev->conns[1].sock->impossible = "b";
	dev->conns[2].sock->impossible = "a";
	contradictions_find(report);
	ck_assert_uint_eq(dev->problems.n, 2);
	ck_assert_str_eq(dev->problems.v[0], "connection 0 and 1 more: a");
	ck_assert_str_eq(dev->problems.v[1], "connection 1: b");
}
END_TEST

START_TEST(two_devices_with_one_config)
{
	dev->config = netlink->config;
	contradictions_find(report);
	ck_assert_str_eq(dev->problems.v[dev->problems.n - 1], "its config is that of nbd1, too");
	ck_assert_str_eq(netlink->problems.v[netlink->problems.n - 1],
			 "its config is that of nbd0, too");
}
END_TEST

TCase *contradictions_case(void)
{
	TCase *c = tcase_create("contradictions");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_loop_test(c, each_damage_is_said, 0, (int)N_DAMAGES);
	tcase_add_test(c, healthy_devices_contradict_nothing);
	tcase_add_test(c, a_request_may_hold_the_config);
	tcase_add_test(c, what_is_unknown_contradicts_nothing);
	tcase_add_test(c, a_closed_end_contradicts_nothing);
	tcase_add_test(c, equal_contradictions_are_counted);
	tcase_add_test(c, different_contradictions_are_told_apart);
	tcase_add_test(c, two_devices_with_one_config);
	return c;
}
