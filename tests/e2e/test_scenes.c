// SPDX-License-Identifier: GPL-2.0-or-later
/* What each scene is there to show, in so many words. */
#include <string.h>

#include "e2e.h"

/* "NAME NAME": the runtime flags. */
static const char *runtime_flags(json *dev)
{
	static char text[512];

	*text = '\0';
	for (size_t i = 0; i < length_at(dev, "/runtime_flags/names"); i++) {
		strcat(text, i ? " " : "");
		strcat(text, string_at(dev, "/runtime_flags/names/%zu", i));
	}
	return text;
}

static bool has_flag(json *dev, const char *flag)
{
	return strstr(runtime_flags(dev), flag) != NULL;
}

/* How many connections have this peer status. */
static size_t with_status(json *dev, const char *status)
{
	size_t n = 0;

	for (size_t i = 0; i < length_at(dev, "/connections"); i++) {
		const char *found = string_at(dev, "/connections/%zu/peer/status", i);

		n += found && !strcmp(found, status);
	}
	return n;
}

/* How many connections no process has open. */
static size_t without_owner(json *dev)
{
	size_t n = 0;

	for (size_t i = 0; i < length_at(dev, "/connections"); i++)
		n += !json_object_array_length(at(dev, "/connections/%zu/owners", i));
	return n;
}

START_TEST(healthy_ioctl)
{
	json *dev = scene_device("healthy-ioctl");

	ck_assert_str_eq(runtime_flags(dev), "HAS_PID_FILE");
	ck_assert_int_eq(int_at(dev, "/recv_threads"), 1);
	ck_assert_uint_eq(with_status(dev, "open"), 1);
	ck_assert_uint_eq(without_owner(dev), 0);
	ck_assert_str_eq(string_at(dev, "/connections/0/owners/0/comm"), "nbd-client");
	ck_assert_str_eq(string_at(dev, "/connections/0/peer/owners/0/comm"), "nbd-server");
	ck_assert_str_eq(string_at(dev, "/recv_task/state"), "live");
	ck_assert_str_eq(string_at(dev, "/recv_task/comm"), "nbd-client");
}
END_TEST

START_TEST(field_case)
{
	json *facts = scene("field-case"), *dev = scene_device("field-case");
	size_t servers[2] = {0}, dead = 0;

	ck_assert_str_eq(string_at(dev, "/name"), "nbd101");
	ck_assert_int_eq(int_at(dev, "/num_connections"), 1311);
	ck_assert_int_eq(int_at(dev, "/live_connections"), 1310);
	ck_assert_int_eq(int_at(dev, "/recv_threads"), 0);
	ck_assert_int_eq(int_at(dev, "/runtime_flags/value"), 12);
	ck_assert_str_eq(runtime_flags(dev), "DISCONNECTED HAS_PID_FILE");
	ck_assert_int_eq(int_at(dev, "/connections/0/dead"), 1);
	ck_assert_str_eq(string_at(dev, "/connections/0/peer/status"), "closed");
	ck_assert_str_eq(string_at(dev, "/connections/0/family"), "unix");
	ck_assert_uint_eq(with_status(dev, "closed"), 1);
	ck_assert_uint_eq(without_owner(dev), 1311);
	/* The guest's late attach got EBUSY because this task is no more. */
	ck_assert_str_eq(string_at(facts, "/attempt_set_sock"), "EBUSY");
	ck_assert_str_eq(string_at(dev, "/setup_task/state"), "exited");
	ck_assert_str_eq(string_at(dev, "/recv_task/state"), "exited");
	if (keeps_pid())
		ck_assert_int_eq(int_at(dev, "/recv_task/pid"), int_at(facts, "/client_pid"));
	for (size_t i = 0; i < 1311; i++) {
		const char *path = string_at(dev, "/connections/%zu/peer/path", i);

		dead += (size_t)int_at(dev, "/connections/%zu/dead", i);
		servers[0] += !strcmp(path, string_at(facts, "/first_server_address"));
		servers[1] += !strcmp(path, string_at(facts, "/other_server_address"));
	}
	ck_assert_uint_eq(dead, 1);
	ck_assert_uint_gt(servers[0], 1000);
	ck_assert_uint_gt(servers[1], 0);
	ck_assert_uint_eq(servers[0] + servers[1], 1311);
	/* Who listened: the first server is gone, the second one lives. */
	ck_assert_int_eq(int_at(dev, "/connections/0/peer/listener_pid"),
			 int_at(facts, "/first_server_pid"));
	ck_assert_int_eq(int_at(dev, "/connections/0/peer/listener_alive"), 0);
	ck_assert_int_eq(int_at(dev, "/connections/1/peer/listener_pid"),
			 int_at(facts, "/second_server_pid"));
	ck_assert_int_eq(int_at(dev, "/connections/1/peer/listener_alive"), 1);
	ck_assert_int_eq(int_at(dev, "/connections/1/peer/owners/0/pid"),
			 int_at(facts, "/second_server_pid"));
	ck_assert_str_eq(string_at(dev, "/connections/1/peer/owners/0/comm"), "gMgr");
	/* The server ran out of fds: the rest was never accepted. */
	ck_assert_uint_gt(with_status(dev, "not-accepted"), 200);
}
END_TEST

START_TEST(netlink_exited)
{
	json *dev = scene_device("netlink-exited");

	ck_assert_int_eq(int_at(dev, "/num_connections"), 2);
	ck_assert_int_eq(int_at(dev, "/recv_threads"), 2);
	ck_assert(has_flag(dev, "BOUND") && has_flag(dev, "HAS_CONFIG_REF"));
	ck_assert(!has_flag(dev, "DISCONNECTED"));
	ck_assert_uint_eq(with_status(dev, "open"), 2);
	ck_assert_uint_eq(without_owner(dev), 2);
	/* 5.10 remembers a task_struct, which may be another task's by now. */
	if (keeps_pid())
		ck_assert_str_eq(string_at(dev, "/recv_task/state"), "exited");
	ck_assert_ptr_null(at(dev, "/setup_task"));
}
END_TEST

START_TEST(abstract_name)
{
	json *dev = scene_device("abstract");

	ck_assert_int_eq(int_at(dev, "/num_connections"), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_str_eq(string_at(dev, "/connections/%d/peer/path", i),
				 "@nbd\\x00four\\x1b[31m");
	ck_assert_uint_eq(with_status(dev, "open"), 4);
}
END_TEST

START_TEST(tcp4)
{
	json *dev = scene_device("tcp4");

	ck_assert_str_eq(string_at(dev, "/connections/0/family"), "inet");
	ck_assert_int_eq(strncmp(string_at(dev, "/connections/0/local"), "127.0.0.1:", 10), 0);
	ck_assert_uint_eq(with_status(dev, "open"), 1);
	ck_assert_int_eq(int_at(dev, "/connections/0/peer/owners/0/tgid"),
			 int_at(scene("tcp4"), "/server_pid"));
}
END_TEST

START_TEST(tcp6)
{
	json *dev = scene_device("tcp6");

	ck_assert_str_eq(string_at(dev, "/connections/0/family"), "inet6");
	ck_assert_int_eq(strncmp(string_at(dev, "/connections/0/local"), "[::1]:", 6), 0);
	ck_assert_uint_eq(with_status(dev, "open"), 1);
	ck_assert_int_eq(int_at(dev, "/connections/0/peer/owners/0/tgid"),
			 int_at(scene("tcp6"), "/server_pid"));
}
END_TEST

START_TEST(server_killed)
{
	static const char *const scenes[] = {"server-killed-unix", "server-killed-tcp"};
	json *dev = scene_device(scenes[_i]);

	ck_assert_int_eq(int_at(dev, "/live_connections"), 0);
	ck_assert_int_eq(int_at(dev, "/recv_threads"), 0);
	ck_assert_uint_eq(with_status(dev, "closed"), 1);
	ck_assert_uint_eq(without_owner(dev), 1);
	ck_assert_int_eq(truth_state(int_at(scene(scenes[_i]), "/server_pid")), 0);
}
END_TEST

START_TEST(server_stopped)
{
	json *facts = scene("server-stopped"), *dev = scene_device("server-stopped");

	ck_assert_str_eq(string_at(dev, "/connections/0/peer/status"), "open");
	ck_assert_str_eq(string_at(dev, "/connections/0/peer/owners/0/state"), "T");
	ck_assert_int_eq(int_at(dev, "/connections/0/peer/owners/0/pid"),
			 int_at(facts, "/server_pid"));
	/* The request that the stopped server never read. */
	ck_assert_int_gt(int_at(dev, "/connections/0/peer/receive_queue"), 0);
	ck_assert_int_gt(int_at(dev, "/connections/0/send_queue_bytes"), 0);
	ck_assert_int_eq(truth_state(int_at(facts, "/reader_tid")), 'D');
	ck_assert_int_eq(truth_state(int_at(facts, "/reader_pid")), 'Z');
}
END_TEST

START_TEST(not_accepted)
{
	json *dev = scene_device("not-accepted");

	ck_assert_uint_eq(with_status(dev, "not-accepted"), 1);
	ck_assert_ptr_null(at(dev, "/connections/0/peer/socket"));
	ck_assert_int_eq(int_at(dev, "/connections/0/peer/listener_alive"), 1);
}
END_TEST

/* A reference that is no fd is found and named. */
START_TEST(scm_rights)
{
	json *facts = scene("scm-rights"), *dev = scene_device("scm-rights");

	ck_assert_uint_eq(without_owner(dev), 1);
	ck_assert_int_eq(int_at(dev, "/connections/0/file_refs"), 2);
	ck_assert_str_eq(string_at(dev, "/connections/0/holders/1/kind"), "scm_rights");
	ck_assert_uint_eq(length_at(dev, "/connections/0/holders/1/tasks"), 1);
	ck_assert_str_eq(report_owners(at(dev, "/connections/0/holders/1/tasks")),
			 truth_owners(int_at(facts, "/message_sockets/1")));
}
END_TEST

START_TEST(io_uring)
{
	json *facts = scene("io-uring"), *dev = scene_device("io-uring");
	char what[64];

	ck_assert_uint_eq(without_owner(dev), 1);
	ck_assert_int_eq(int_at(dev, "/connections/0/file_refs"), 2);
	snprintf(what, sizeof(what), "(%d) fd %d", (int)int_at(facts, "/client_pid"),
		 (int)int_at(facts, "/ring_fd"));
	ck_has(string_at(dev, "/connections/0/holders/1/what"), what);
	ck_assert_int_eq(int_at(dev, "/connections/0/holders/1/tasks/0/pid"),
			 int_at(facts, "/client_pid"));
	ck_assert_int_eq(int_at(dev, "/connections/0/holders/1/tasks/0/fd"),
			 int_at(facts, "/ring_fd"));
}
END_TEST

START_TEST(shared_socket)
{
	json *facts = scene("shared-socket"), *dev = scene_device("shared-socket");

	ck_assert_uint_eq(length_at(dev, "/connections/0/owners"), 2);
	ck_assert_int_eq(int_at(dev, "/connections/0/owners/0/pid"), int_at(facts, "/client_pid"));
	ck_assert_int_eq(int_at(dev, "/connections/0/owners/1/pid"), int_at(facts, "/child_pid"));
	ck_assert_int_eq(int_at(dev, "/connections/0/file_refs"), 3);
}
END_TEST

START_TEST(real_tcp)
{
	json *dev = scene_device("real-tcp");

	ck_assert_str_eq(runtime_flags(dev), "HAS_PID_FILE");
	ck_assert_str_eq(string_at(dev, "/connections/0/family"), "inet");
	ck_assert_str_eq(string_at(dev, "/connections/0/owners/0/comm"), "nbd-client");
	ck_assert_str_eq(string_at(dev, "/connections/0/peer/owners/0/comm"), "nbd-server");
}
END_TEST

START_TEST(qemu_nbd)
{
	json *dev = scene_device("qemu-nbd");

	/* One process is at both ends. */
	ck_assert_str_eq(string_at(dev, "/connections/0/owners/0/comm"), "qemu-nbd");
	ck_assert_str_eq(string_at(dev, "/connections/0/peer/owners/0/comm"), "qemu-nbd");
	ck_assert_int_eq(int_at(dev, "/connections/0/owners/0/tgid"),
			 int_at(dev, "/connections/0/peer/owners/0/tgid"));
	/* One of its threads has set the device up and runs it. */
	ck_assert_str_eq(string_at(dev, "/setup_task/state"), "live");
	ck_assert_str_eq(string_at(dev, "/setup_task/comm"), "qemu-nbd");
	ck_assert_int_eq(int_at(dev, "/setup_task/pid"), int_at(dev, "/recv_task/pid"));
}
END_TEST

/* Devices that are all right show none of the states that are reported as trouble. */
START_TEST(healthy_devices_show_no_trouble)
{
	static const char *const healthy[] = {"healthy-ioctl", "netlink-exited", "abstract",
					      "tcp4",	       "tcp6",		 "shared-socket",
					      "real-tcp",      "qemu-nbd"};
	json *dev = scene_device(healthy[_i]);

	ck_assert_int_eq(int_at(dev, "/dead_connections"), 0);
	ck_assert_int_eq(int_at(dev, "/live_connections"), int_at(dev, "/recv_threads"));
	ck_assert_uint_eq(with_status(dev, "open"), (size_t)int_at(dev, "/num_connections"));
}
END_TEST

TCase *scenes_case(void)
{
	TCase *c = tcase_create("scenes");

	tcase_add_test(c, healthy_ioctl);
	if (scene("field-case"))
		tcase_add_test(c, field_case);
	tcase_add_test(c, netlink_exited);
	tcase_add_test(c, abstract_name);
	tcase_add_test(c, tcp4);
	tcase_add_test(c, tcp6);
	tcase_add_loop_test(c, server_killed, 0, 2);
	tcase_add_test(c, server_stopped);
	tcase_add_test(c, not_accepted);
	tcase_add_test(c, scm_rights);
	tcase_add_test(c, io_uring);
	tcase_add_test(c, shared_socket);
	tcase_add_test(c, real_tcp);
	tcase_add_test(c, qemu_nbd);
	tcase_add_loop_test(c, healthy_devices_show_no_trouble, 0, 8);
	return c;
}
