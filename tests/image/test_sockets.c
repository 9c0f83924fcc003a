// SPDX-License-Identifier: GPL-2.0-or-later
/* The other end of a TCP connection, by the values in both. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"

enum { TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_FIN_WAIT2 = 5, TCP_TIME_WAIT = 6, TCP_CLOSE = 7 };

static struct layout *layout;
static struct image *image;
static struct scene scene;
static uint64_t end, peer; /* struct sock */

static void setup(void)
{
	struct json_object *report, *value;

	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	extra_tcp(&scene);
	report = run_report(image);
	json_pointer_get(report, "/1/connections/2/sk", &value);
	end = strtoull(json_object_get_string(value), NULL, 16);
	json_pointer_get(report, "/1/connections/2/peer/sk", &value);
	peer = strtoull(json_object_get_string(value), NULL, 16);
	json_object_put(report);
}

/* The addresses of the peer, which the scene has as an IPv6 server's. */
static void set_family(unsigned family)
{
	static const uint8_t loopback[16] = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}, none[16];
	uint64_t common = image_at(image, peer, "sock", "__sk_common");
	const uint8_t *v6 = family == AF_INET6 ? loopback : none;
	uint32_t v4 = family == AF_INET ? htonl(INADDR_LOOPBACK) : 0;

	image_set(image, common, "sock_common", "skc_family", family);
	image_set(image, common, "sock_common", "skc_daddr", v4);
	image_set(image, common, "sock_common", "skc_rcv_saddr", v4);
	image_write(image, image_at(image, common, "sock_common", "skc_v6_daddr"), v6, 16);
	image_write(image, image_at(image, common, "sock_common", "skc_v6_rcv_saddr"), v6, 16);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static void set_common(uint64_t sk, const char *member, uint64_t value)
{
	image_set(image, image_at(image, sk, "sock", "__sk_common"), "sock_common", member, value);
}

/* NULL: there is none. problems: of the whole search. */
static void is_status(const char *status, size_t problems)
{
	struct json_object *report = run_report(image);

	if (status)
		is_string(report, "/1/connections/2/peer/status", status);
	else
		is_null(report, "/1/connections/2/peer");
	has_elements(report, "/0/unreadable", problems);
	json_object_put(report);
}

/* The peer is taken out of the table: the connection's own state tells. */
static void without_peer(void)
{
	set_common(peer, "skc_state", TCP_TIME_WAIT);
}

static const struct {
	unsigned state;
	const char *status;
} states[] = {
	{TCP_ESTABLISHED, "remote"},
	{TCP_SYN_SENT, NULL},
	{TCP_FIN_WAIT2, "shut-down"},
	{TCP_CLOSE, "closed"},
};

START_TEST(an_end_elsewhere)
{
	without_peer();
	set_common(end, "skc_state", states[_i].state);
	is_status(states[_i].status, 0);
}
END_TEST

/* The ports are the same, and the addresses of another connection; or of another namespace's host. */
START_TEST(another_connection_is_not_the_other_end)
{
	set_family(AF_INET);
	is_status("open", 0);
	set_common(peer, "skc_daddr", htonl(INADDR_LOOPBACK + 1));
	is_status("remote", 0);
	set_common(peer, "skc_daddr", htonl(INADDR_LOOPBACK));
	is_status("open", 0);
	set_common(peer, "skc_net", scene.kernel.net + 64);
	is_status("remote", 0);
}
END_TEST

START_TEST(an_end_that_is_going)
{
	image_set(image, peer, "sock", "sk_shutdown", 2);
	is_status("shut-down", 0);
	image_set(image, peer, "sock", "sk_socket", 0);
	is_status("not-accepted", 0);
	set_common(peer, "skc_flags", 1);
	is_status("closed", 0);
}
END_TEST

/* An IPv6 server has an IPv4 connection as ::ffff:127.0.0.1. */
START_TEST(an_end_of_the_other_family)
{
	set_family(AF_INET6);
	is_status("open", 0);
	/* With the addresses of the one family and the number of the other it is nobody's. */
	set_family(AF_INET);
	set_common(peer, "skc_family", AF_INET6);
	is_status("remote", 0);
}
END_TEST

/* One socket that cannot be told: the other end may have been that one. */
START_TEST(a_table_not_read_in_full)
{
	set_common(peer, "skc_family", AF_UNIX);
	is_status(NULL, 1);
}
END_TEST

static void send_queue_is_known(bool known)
{
	struct json_object *report = run_report(image);

	is_string(report, "/1/connections/2/socket_type", "STREAM");
	if (known)
		is_number(report, "/1/connections/2/send_queue_bytes", 5);
	else
		is_null(report, "/1/connections/2/send_queue_bytes");
	has_elements(report, "/1/unreadable", 0);
	json_object_put(report);
}

/* What lies where a struct tcp_sock has its counters tells nothing of another protocol's socket, nor of one
 * that has sent nothing yet; another sk_prot, as kTLS has, is no matter. */
START_TEST(when_the_send_queue_is_known)
{
	send_queue_is_known(true);
	set_common(end, "skc_prot", scene.kernel.net);
	send_queue_is_known(true);
	image_set(image, end, "sock", "sk_protocol", IPPROTO_MPTCP);
	send_queue_is_known(false);
	image_set(image, end, "sock", "sk_protocol", IPPROTO_TCP);
	set_common(end, "skc_state", TCP_SYN_SENT);
	send_queue_is_known(false);
	set_common(end, "skc_state", TCP_CLOSE);
	send_queue_is_known(true);
	image_set(image, end, "tcp_sock", "snd_una", 1u << 31);
	send_queue_is_known(false);
}
END_TEST

/* An MPTCP socket has the addresses of its first subflow, and it is the subflows that stand in the table: what
 * is found there is not its other end, and what is not found there may be in this kernel all the same. */
START_TEST(an_mptcp_socket_has_no_end_that_is_known)
{
	image_set(image, end, "sock", "sk_protocol", IPPROTO_MPTCP);
	is_status(NULL, 0);
	without_peer();
	is_status(NULL, 0);
	image_set(image, end, "sock", "sk_protocol", IPPROTO_TCP);
	is_status("remote", 0);
}
END_TEST

/* What is behind it belongs to somebody else. */
START_TEST(an_end_without_a_whole_sock)
{
	struct json_object *report;

	set_common(end, "skc_state", TCP_TIME_WAIT);
	image_set(image, end, "sock", "sk_shutdown", 64);
	report = run_report(image);
	is_string(report, "/1/connections/2/state", "TIME_WAIT");
	is_string(report, "/1/connections/2/remote", "127.0.0.1:10809");
	is_null(report, "/1/connections/2/shutdown");
	is_null(report, "/1/connections/2/receive_queue");
	json_object_put(report);
}
END_TEST

START_TEST(a_socket_without_connection)
{
	struct json_object *report;

	set_common(end, "skc_dport", 0);
	report = run_report(image);
	is_null(report, "/1/connections/2/remote");
	json_object_put(report);
}
END_TEST

TCase *sockets_case(void)
{
	TCase *tc = tcase_create("sockets");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, an_end_elsewhere, 0, sizeof(states) / sizeof(states[0]));
	tcase_add_test(tc, another_connection_is_not_the_other_end);
	tcase_add_test(tc, an_end_that_is_going);
	tcase_add_test(tc, an_end_of_the_other_family);
	tcase_add_test(tc, a_table_not_read_in_full);
	tcase_add_test(tc, when_the_send_queue_is_known);
	tcase_add_test(tc, an_mptcp_socket_has_no_end_that_is_known);
	tcase_add_test(tc, an_end_without_a_whole_sock);
	tcase_add_test(tc, a_socket_without_connection);
	return tc;
}
