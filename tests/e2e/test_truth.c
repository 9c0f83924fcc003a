// SPDX-License-Identifier: GPL-2.0-or-later
/* Each fact of each scene's device and of each of its connections, against the guest's record. */
#include <string.h>

#include "e2e.h"

/* CONFIG_HZ of Debian's kernels. */
#define DEBIAN_HZ 250

static json *facts, *dev;
static const char *name;

/* The scene of this round of a loop test. */
static void scene_of_round(int i)
{
	name = scene_name((size_t)i);
	facts = scene(name);
	dev = scene_device(name);
}

/* The scenes name the dead connections, unless all are. */
static bool is_dead(int64_t index)
{
	for (size_t i = 0; i < length_at(facts, "/dead"); i++) {
		if (int_at(facts, "/dead/%zu", i) == index)
			return true;
	}
	return !int_at(facts, "/live_connections");
}

/* pid: what /sys/block/nbdN/pid shows. 5.10 reads that from a task_struct, which may be anybody's once
 * the client has exited: there only living clients can be compared. */
static void check_recv_task(int64_t pid)
{
	json *thread = truth_thread(pid);

	if (!keeps_pid() &&
	    (!at(facts, "/client_pid") || !truth_thread(int_at(facts, "/client_pid"))))
		return;
	ck_assert_str_eq(string_at(dev, "/recv_task/state"), thread ? "live" : "exited");
	ck_assert_int_eq(int_at(dev, "/recv_task/pid"), pid);
	if (thread)
		ck_assert_str_eq(string_at(dev, "/recv_task/comm"), string_at(thread, "/comm"));
}

START_TEST(device_counts)
{
	json *sys;

	scene_of_round(_i);
	sys = at(truth(), "/devices/%s", string_at(facts, "/device"));
	ck_assert_int_eq(int_at(dev, "/num_connections"), int_at(facts, "/connections"));
	ck_assert_uint_eq(length_at(dev, "/connections"), (size_t)int_at(facts, "/connections"));
	ck_assert_int_eq(int_at(dev, "/live_connections"), int_at(facts, "/live_connections"));
	/* Every connection is either live or dead. */
	ck_assert_int_eq(int_at(dev, "/dead_connections"),
			 int_at(facts, "/connections") - int_at(facts, "/live_connections"));
	for (size_t i = 0; i < length_at(dev, "/connections"); i++)
		ck_assert_int_eq(int_at(dev, "/connections/%zu/dead", i), is_dead((int64_t)i));
	/* Where no request was sent in part, nothing of one was. */
	for (size_t i = 0; i < length_at(dev, "/connections"); i++)
		ck_assert(at(dev, "/connections/%zu/pending", i) ||
			  !int_at(dev, "/connections/%zu/pending_sent", i));
	ck_assert_int_eq(int_at(dev, "/capacity_bytes"), int_at(sys, "/sectors") * 512);
	/* What sysfs shows of a server that was not named is empty. */
	ck_assert_str_eq(at(dev, "/backend") ? string_at(dev, "/backend") : "",
			 at(sys, "/backend") ? string_at(sys, "/backend") : "");
	check_recv_task(int_at(sys, "/pid"));
	/* A live connection has its receiver, but for those that the field case leaks. */
	ck_assert_int_eq(int_at(dev, "/recv_threads"),
			 strcmp(name, "field-case") ? int_at(facts, "/live_connections") : 0);
	ck_assert_uint_eq(length_at(dev, "/unreadable"), 0);
}
END_TEST

/* How each scene's device was set up says which flags it has. */
START_TEST(device_flags)
{
	static const char *const bits[] = {"TIMEDOUT",
					   "DISCONNECT_REQUESTED",
					   "DISCONNECTED",
					   "HAS_PID_FILE",
					   "HAS_CONFIG_REF",
					   "BOUND",
					   "DISCONNECT_ON_CLOSE",
					   "HAS_BACKEND_FILE"};
	/* Kernels whose nbd has the attribute "backend" set its flag with every netlink connect. */
	int64_t expected = keeps_pid() ? 0xb8 : 0x38;
	size_t n = 0;

	scene_of_round(_i);
	if (at(facts, "/runtime_flags"))
		expected = int_at(facts, "/runtime_flags");
	if (at(facts, "/attached_by") && !strcmp(string_at(facts, "/attached_by"), "ioctl"))
		expected = 0x08;
	if (at(facts, "/disconnect_requested"))
		expected |= 0x02;
	if (at(facts, "/disconnected"))
		expected |= 0x04;
	/* NBD_CLEAR_SOCK gives netlink's reference back. */
	if (at(facts, "/sockets_cleared"))
		expected &= ~0x10;
	/* Once NBD_CMD_DISCONNECT has come to its end, netlink has nothing of the device any more. */
	if (at(facts, "/netlink_disconnected"))
		expected = keeps_pid() ? 0x8c : 0x0c;
	ck_assert_int_eq(int_at(dev, "/runtime_flags/value"), expected);
	for (unsigned bit = 0; bit < 8; bit++) {
		if (expected >> bit & 1)
			ck_assert_str_eq(string_at(dev, "/runtime_flags/names/%zu", n++),
					 bits[bit]);
	}
	ck_assert_uint_eq(length_at(dev, "/runtime_flags/names"), n);
}
END_TEST

/* What nbd itself shows in debugfs. */
START_TEST(device_debugfs)
{
	json *debugfs;
	unsigned value;

	scene_of_round(_i);
	debugfs = at(truth(), "/devices/%s/debugfs", string_at(facts, "/device"));
	ck_assert_ptr_nonnull(debugfs);
	ck_assert_int_eq(sscanf(string_at(debugfs, "/flags"), "Hex: %x", &value), 1);
	ck_assert_int_eq(int_at(dev, "/flags/value"), value);
	if (at(debugfs, "/blocksize_bits"))
		ck_assert_int_eq(int_at(dev, "/block_size"),
				 1 << atoi(string_at(debugfs, "/blocksize_bits")));
	else
		ck_assert_int_eq(int_at(dev, "/block_size"),
				 atoi(string_at(debugfs, "/blocksize")));
	/* In jiffies there. */
	ck_assert_int_eq(int_at(dev, "/timeout_seconds"),
			 atoi(string_at(debugfs, "/timeout")) / DEBIAN_HZ);
}
END_TEST

/* The table of the truth that knows the connection's socket; NULL once TCP has forgotten it. */
static json *socket_of(json *conn, const char **table)
{
	*table = strcmp(string_at(conn, "/family"), "unix") ? "tcp" : "unix";
	return truth_socket(*table, int_at(conn, "/inode"));
}

START_TEST(connection_sockets)
{
	scene_of_round(_i);
	for (size_t i = 0; i < length_at(dev, "/connections"); i++) {
		json *conn = at(dev, "/connections/%zu", i), *socket;
		const char *table;

		ck_assert_int_eq(int_at(conn, "/index"), (int64_t)i);
		if (at(facts, "/sockets"))
			ck_assert_int_eq(int_at(conn, "/inode"), int_at(facts, "/sockets/%zu", i));
		socket = socket_of(conn, &table);
		if (!strcmp(table, "unix")) {
			ck_assert_msg(socket != NULL, "%s: inode %lld is no AF_UNIX socket", name,
				      (long long)int_at(conn, "/inode"));
			ck_assert_str_eq(string_at(conn, "/state"), "ESTABLISHED");
			ck_assert_int_eq(int_at(conn, "/shutdown"), int_at(socket, "/shutdown"));
			ck_assert_int_eq(int_at(conn, "/send_queue_bytes"),
					 int_at(socket, "/wqueue"));
			ck_assert_ptr_null(at(conn, "/local"));
			/* The guest counts bytes, the report socket buffers. */
			ck_assert_int_eq(!int_at(conn, "/receive_queue"),
					 !int_at(socket, "/rqueue"));
		} else if (socket) {
			ck_assert_str_eq(string_at(conn, "/family"), string_at(socket, "/family"));
			ck_assert_int_eq(int_at(socket, "/state"), 1);
			ck_assert_str_eq(string_at(conn, "/state"), "ESTABLISHED");
			ck_assert_str_eq(string_at(conn, "/local"), string_at(socket, "/local"));
			ck_assert_str_eq(string_at(conn, "/remote"), string_at(socket, "/remote"));
			ck_assert_int_eq(int_at(conn, "/send_queue_bytes"),
					 int_at(socket, "/tx_queue"));
			ck_assert_int_eq(!int_at(conn, "/receive_queue"),
					 !int_at(socket, "/rx_queue"));
			ck_assert_int_eq(int_at(conn, "/shutdown"), 0);
		} else {
			ck_assert_int_eq(int_at(conn, "/dead"), 1);
		}
	}
}
END_TEST

/* An owner is a thread of its thread group, and named and stated as in /proc. */
static void check_tasks(json *owners)
{
	for (size_t i = 0; owners && i < json_object_array_length(owners); i++) {
		json *owner = json_object_array_get_idx(owners, i);
		json *thread = truth_thread(int_at(owner, "/pid"));

		ck_assert_ptr_nonnull(thread);
		ck_assert_str_eq(string_at(owner, "/comm"), string_at(thread, "/comm"));
		ck_assert_str_eq(string_at(owner, "/state"), string_at(thread, "/state"));
	}
}

START_TEST(connection_owners)
{
	scene_of_round(_i);
	for (size_t i = 0; i < length_at(dev, "/connections"); i++) {
		json *conn = at(dev, "/connections/%zu", i);
		json *peer = at(conn, "/peer/inode");

		ck_assert_str_eq(report_owners(at(conn, "/owners")),
				 truth_owners(int_at(conn, "/inode")));
		if (peer)
			ck_assert_str_eq(report_owners(at(conn, "/peer/owners")),
					 truth_owners(json_object_get_int64(peer)));
		check_tasks(at(conn, "/owners"));
		check_tasks(at(conn, "/peer/owners"));
	}
}
END_TEST

/* True when a listener has the connection of this client socket in its queue. */
static bool is_pending(int64_t inode)
{
	json *sockets = at(truth(), "/unix");

	for (size_t i = 0; i < json_object_array_length(sockets); i++) {
		json *listener = json_object_array_get_idx(sockets, i);

		for (size_t p = 0; p < length_at(listener, "/pending"); p++) {
			if (int_at(listener, "/pending/%zu", p) == inode)
				return true;
		}
	}
	return false;
}

/* The other end of a TCP connection in the guest's own table. */
static json *mirrored(json *socket)
{
	json *sockets = at(truth(), "/tcp");

	for (size_t i = 0; i < json_object_array_length(sockets); i++) {
		json *other = json_object_array_get_idx(sockets, i);

		if (int_at(other, "/namespace") == int_at(socket, "/namespace") &&
		    !strcmp(string_at(other, "/local"), string_at(socket, "/remote")) &&
		    !strcmp(string_at(other, "/remote"), string_at(socket, "/local")))
			return other;
	}
	return NULL;
}

/* True when the thread was in a system call on an fd of the owners: as /proc/PID/task/TID/syscall said. */
static bool is_in_call_on(int64_t tid, json *owners)
{
	json *stacks = at(truth(), "/stacks");
	unsigned long fd;

	for (size_t i = 0; i < json_object_array_length(stacks); i++) {
		json *task = json_object_array_get_idx(stacks, i);
		const char *call = at(task, "/syscall") ? string_at(task, "/syscall") : "";

		if (int_at(task, "/tid") != tid || sscanf(call, "%*d 0x%lx", &fd) != 1)
			continue;
		for (size_t o = 0; o < json_object_array_length(owners); o++) {
			json *owner = json_object_array_get_idx(owners, o);

			if (int_at(task, "/tgid") == int_at(owner, "/tgid") &&
			    (int64_t)fd == int_at(owner, "/fd"))
				return true;
		}
	}
	return false;
}

/* Each reference that is no fd is that of a thread inside a system call: one that the guest has seen there, or one of
 * the owner's that polls, of which no fd can be seen. */
static void check_calls(json *file)
{
	json *owners = at(file, "/owners");

	for (size_t i = 0; i < length_at(file, "/holders"); i++) {
		const char *what = string_at(file, "/holders/%zu/what", i),
			   *by = strstr(what, " (");
		json *task, *tasks = at(file, "/holders/%zu/tasks", i);
		int tgid = 0, tid = 0, n = by ? sscanf(by, " (%d, thread %d)", &tgid, &tid) : 0;

		ck_assert_str_eq(string_at(file, "/holders/%zu/kind", i), "system_call");
		ck_assert_msg(n > 0, "%s", what);
		tid = n == 2 ? tid : tgid;
		ck_assert_msg(truth_state(tid) == 'S' || truth_state(tid) == 'D', "%s", what);
		ck_assert_msg(!strncmp(what, "poll by ", 8) || is_in_call_on(tid, owners), "%s",
			      what);
		ck_assert_uint_eq(json_object_array_length(tasks), 1);
		task = at(file, "/holders/%zu/tasks/0", i);
		ck_assert_int_eq(int_at(task, "/pid"), tid);
		ck_assert_int_eq(int_at(task, "/tgid"), tgid);
		ck_assert_str_eq(string_at(task, "/comm"), string_at(truth_thread(tid), "/comm"));
		ck_assert_int_eq(*string_at(task, "/state"), truth_state(tid));
		ck_assert_uint_eq(strlen(string_at(task, "/state")), 1);
	}
	ck_assert_int_eq(int_at(file, "/file_refs_explained"),
			 (int64_t)(length_at(file, "/owners") + length_at(file, "/holders")));
	ck_assert_int_eq(int_at(file, "/file_refs"), int_at(file, "/file_refs_explained"));
}

/* What holds of every peer that has a socket. */
static void check_open_peer(json *conn, int64_t queued_bytes)
{
	json *peer = at(conn, "/peer");

	ck_assert_str_eq(string_at(peer, "/state"), "ESTABLISHED");
	ck_assert_int_eq(!int_at(peer, "/receive_queue"), !queued_bytes);
	check_calls(peer);
	/* Three threads in recv(). */
	if (!strcmp(name, "recv-threads"))
		ck_assert_uint_eq(length_at(peer, "/holders"), 3);
}

static void check_unix_peer(json *conn, json *socket)
{
	int64_t peer = int_at(socket, "/peer_inode");

	if (!peer) {
		ck_assert_str_eq(string_at(conn, "/peer/status"),
				 is_pending(int_at(conn, "/inode")) ? "not-accepted" : "closed");
		ck_assert_str_eq(string_at(conn, "/peer/state"),
				 is_pending(int_at(conn, "/inode")) ? "ESTABLISHED" : "CLOSE");
		/* What was sent to a peer that nobody accepts waits there. */
		ck_assert_int_eq(!int_at(conn, "/peer/receive_queue"), !int_at(socket, "/wqueue"));
		ck_assert_ptr_null(at(conn, "/peer/inode"));
		ck_assert_uint_eq(length_at(conn, "/peer/owners"), 0);
		ck_assert_uint_eq(length_at(conn, "/peer/holders"), 0);
		return;
	}
	check_open_peer(conn, int_at(truth_socket("unix", peer), "/rqueue"));
	ck_assert_str_eq(string_at(conn, "/peer/status"),
			 int_at(socket, "/shutdown") ? "shut-down" : "open");
	ck_assert_int_eq(int_at(conn, "/peer/inode"), peer);
	/* A socketpair has no name. */
	if (!*escaped(at(truth_socket("unix", peer), "/name")))
		ck_assert_ptr_null(at(conn, "/peer/path"));
	else
		ck_assert_str_eq(string_at(conn, "/peer/path"),
				 escaped(at(truth_socket("unix", peer), "/name")));
}

START_TEST(connection_peers)
{
	scene_of_round(_i);
	for (size_t i = 0; i < length_at(dev, "/connections"); i++) {
		json *conn = at(dev, "/connections/%zu", i), *socket;
		const char *table;

		socket = socket_of(conn, &table);
		if (!strcmp(table, "unix")) {
			check_unix_peer(conn, socket);
		} else if (socket) {
			json *other = mirrored(socket);

			ck_assert_ptr_nonnull(other);
			ck_assert_str_eq(string_at(conn, "/peer/status"), "open");
			ck_assert_int_eq(int_at(conn, "/peer/inode"), int_at(other, "/inode"));
			ck_assert_str_eq(string_at(conn, "/peer/path"), string_at(other, "/local"));
			check_open_peer(conn, int_at(other, "/rx_queue"));
		} else {
			ck_assert_str_eq(string_at(conn, "/peer/status"), "closed");
		}
		ck_assert(json_object_equal(at(conn, "/remote"), at(conn, "/peer/path")));
		if (at(facts, "/server_address"))
			ck_assert_str_eq(string_at(conn, "/remote"),
					 escaped(at(facts, "/server_address")));
	}
}
END_TEST

/* Who listened: known from the actors where they say it. */
START_TEST(connection_listeners)
{
	bool listened;

	scene_of_round(_i);
	/* qemu-nbd has an address that it tells nobody. */
	listened = at(facts, "/server_address") || !strcmp(name, "qemu-nbd");
	for (size_t i = 0;
	     at(facts, "/server_pid") && listened && i < length_at(dev, "/connections"); i++) {
		json *conn = at(dev, "/connections/%zu", i);
		int64_t server = int_at(facts, "/server_pid");

		if (strcmp(string_at(conn, "/family"), "unix"))
			continue;
		ck_assert_int_eq(int_at(conn, "/peer/listener_pid"), server);
		ck_assert_int_eq(int_at(conn, "/peer/listener_alive"), truth_state(server) != 0);
	}
}
END_TEST

/* Every reference to every socket's file is accounted for: nbd's own, the fds, and in two scenes a
 * message in flight and an io_uring. In a third a thread in poll() has one, which no table shows. */
START_TEST(connection_references)
{
	const char *kind;

	scene_of_round(_i);
	kind = !strcmp(name, "scm-rights")	? "scm_rights"
	       : !strcmp(name, "io-uring")	? "io_uring"
	       : !strcmp(name, "hidden-holder") ? "system_call"
						: NULL;
	for (size_t i = 0; i < length_at(dev, "/connections"); i++) {
		json *conn = at(dev, "/connections/%zu", i);

		ck_assert_uint_eq(length_at(conn, "/holders"), kind ? 2 : 1);
		ck_assert_str_eq(string_at(conn, "/holders/0/kind"), "nbd");
		ck_assert_uint_eq(length_at(conn, "/holders/0/tasks"), 0);
		ck_assert_str_eq(string_at(conn, "/holders/0/object"),
				 string_at(conn, "/nbd_sock"));
		if (kind)
			ck_assert_str_eq(string_at(conn, "/holders/1/kind"), kind);
		ck_assert_int_eq(
			int_at(conn, "/file_refs_explained"),
			(int64_t)(length_at(conn, "/holders") + length_at(conn, "/owners")));
		ck_assert_int_eq(int_at(conn, "/file_refs"), int_at(conn, "/file_refs_explained"));
	}
}
END_TEST

TCase *truth_case(void)
{
	TCase *c = tcase_create("truth");
	int n = (int)scene_count();

	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, device_counts, 0, n);
	tcase_add_loop_test(c, device_flags, 0, n);
	tcase_add_loop_test(c, device_debugfs, 0, n);
	tcase_add_loop_test(c, connection_sockets, 0, n);
	tcase_add_loop_test(c, connection_owners, 0, n);
	tcase_add_loop_test(c, connection_peers, 0, n);
	tcase_add_loop_test(c, connection_listeners, 0, n);
	tcase_add_loop_test(c, connection_references, 0, n);
	return c;
}
