// SPDX-License-Identifier: GPL-2.0-or-later
/* unix_peer and file_owner, asked about addresses that the first session's report holds. */
#include <string.h>

#include "e2e.h"

static const char *const scenes[] = {"healthy-ioctl", "tcp4",		"tcp6",
				     "field-case",    "not-accepted",	"server-killed-tcp",
				     "shared-socket", "server-stopped", "io-uring"};
static const char *const keys[] = {"nbd_sock", "socket", "sk", "file"};
#define N_SCENES (sizeof(scenes) / sizeof(scenes[0]))
#define N_KEYS	 (sizeof(keys) / sizeof(keys[0]))

/* A kernel that refuses it has the scene, too. */
static bool set_sock_hangs(void)
{
	json *facts = scene("set-sock-hang");

	return facts && !strcmp(string_at(facts, "/attempt_set_sock"), "hangs");
}

/* The task that hangs in NBD_SET_SOCK, as the report has it among those that wait for the device. */
static const char *set_sock_task(void)
{
	int64_t pid = int_at(scene("set-sock-hang"), "/attempt_set_sock_pid");
	json *dev = scene_device("set-sock-hang");

	for (size_t w = 0; w < length_at(dev, "/waiters"); w++) {
		if (int_at(dev, "/waiters/%zu/pid", w) == pid)
			return string_at(dev, "/waiters/%zu/task", w);
	}
	return NULL;
}

/* The fd of the socket that it was called with. Its other end has the next one. */
static int64_t set_sock_fd(void)
{
	json *thread = truth_thread(int_at(scene("set-sock-hang"), "/attempt_set_sock_pid"));

	for (size_t f = 0; f < length_at(thread, "/fds"); f++) {
		if (at(thread, "/fds/%zu/inode", f))
			return int_at(thread, "/fds/%zu/fd", f);
	}
	return -1;
}

/* unix_peer and file_owner for each way to name the first connection of each scene; unix_peer for
 * the other end too. run.sh executes the lines. */
void print_address_commands(const char *output_dir)
{
	for (size_t s = 0; s < N_SCENES; s++) {
		const char *peer;
		json *conn;

		if (!scene(scenes[s]))
			continue;
		conn = at(scene_device(scenes[s]), "/connections/0");
		peer = string_at(conn, "/peer/sk");

		for (size_t k = 0; k < N_KEYS; k++) {
			const char *addr = string_at(conn, "/%s", keys[k]);

			printf("unix_peer -j %s > %s/unix_peer-%s-%s\n", addr, output_dir,
			       scenes[s], keys[k]);
			/* Without 0x too, as people paste it from crash. */
			printf("file_owner -j %s > %s/file_owner-%s-%s\n", addr + 2, output_dir,
			       scenes[s], keys[k]);
		}
		if (peer)
			printf("unix_peer -j %s > %s/unix_peer-%s-peer\n", peer, output_dir,
			       scenes[s]);
		printf("unix_peer %s > %s/unix_peer-%s-text\n", string_at(conn, "/sk"), output_dir,
		       scenes[s]);
		printf("file_owner %s > %s/file_owner-%s-text\n", string_at(conn, "/file"),
		       output_dir, scenes[s]);
	}
	if (set_sock_hangs())
		printf("p ((struct task_struct *)%s)->files->fdt->fd[%lld] > %s/set-sock-file\n",
		       set_sock_task(), (long long)set_sock_fd(), output_dir);
	/* Standard input of a server: a file that is no socket. */
	printf("p ((struct task_struct *)%s)->files->fdt->fd[0] > %s/stdin-file\n",
	       string_at(scene_device("tcp4"), "/connections/0/peer/owners/0/task"), output_dir);
	printf("unix_peer -j %s %s > %s/unix_peer-two\n",
	       string_at(scene_device("tcp4"), "/connections/0/sk"),
	       string_at(scene_device("tcp6"), "/connections/0/sk"), output_dir);
}

static json *one_line(const char *command, const char *scene_name, const char *which)
{
	char file[128];
	struct lines lines;

	snprintf(file, sizeof(file), "%s-%s-%s", command, scene_name, which);
	lines = output_lines(file);
	ck_assert_msg(lines.n == 1, "%s: %zu lines", file, lines.n);
	return lines.v[0];
}

/* All keys that both have are equal; the query itself differs. */
static void same_values(json *a, json *b, const char *const *names, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(json_object_equal(at(a, "/%s", names[i]), at(b, "/%s", names[i])),
			      "%s: %s is %s", what, names[i],
			      json_object_get_string(at(a, "/%s", names[i])));
}

START_TEST(each_address_of_a_socket_means_the_same)
{
	static const char *const names[] = {
		"socket",   "sk",	 "inode",   "family",	       "state",
		"file",	    "owners",	 "local",   "remote",	       "peer",
		"shutdown", "file_refs", "holders", "send_queue_bytes"};
	json *conn = at(scene_device(scenes[_i]), "/connections/0");

	for (size_t k = 0; k < N_KEYS; k++) {
		json *line = one_line("unix_peer", scenes[_i], keys[k]);

		ck_assert_str_eq(string_at(line, "/type"), "socket");
		same_values(line, conn, names, sizeof(names) / sizeof(names[0]), scenes[_i]);
		/* Only the nbd_sock says which connection it is. */
		ck_assert_int_eq(at(line, "/index") != NULL, k == 0);
	}
}
END_TEST

START_TEST(the_owner_is_found_by_each_address)
{
	static const char *const names[] = {"file", "owners", "file_refs", "file_refs_explained",
					    "holders"};
	json *conn = at(scene_device(scenes[_i]), "/connections/0");

	for (size_t k = 0; k < N_KEYS; k++) {
		json *line = one_line("file_owner", scenes[_i], keys[k]);

		ck_assert_str_eq(string_at(line, "/type"), "file");
		same_values(line, conn, names, sizeof(names) / sizeof(names[0]), scenes[_i]);
		ck_assert_int_gt(int_at(line, "/tables_scanned"), 0);
		/* Some other program has several threads: they are not needed where fds explain all. */
		ck_assert_int_eq(int_at(line, "/leaders_only") == 0,
				 !strcmp(scenes[_i], "io-uring"));
	}
}
END_TEST

/* It waits, and has a reference to the socket beside the fd's. */
START_TEST(who_attaches_has_the_socket)
{
	struct lines lines = output_lines("file_owner-set-sock");

	ck_assert_uint_eq(lines.n, 1);
	ck_assert_int_eq(int_at(lines.v[0], "/file_refs"), 2);
	ck_assert_int_eq(int_at(lines.v[0], "/file_refs_explained"), 2);
	ck_assert_int_eq(int_at(lines.v[0], "/owners/0/fd"), set_sock_fd());
	ck_has(string_at(lines.v[0], "/holders/0/what"), "ioctl(NBD_SET_SOCK) by ");
	ck_assert_str_eq(string_at(lines.v[0], "/holders/0/object"), set_sock_task());
}
END_TEST

/* Asked from the other side, the connection is the same one, mirrored. */
START_TEST(the_peer_sees_this_end)
{
	static const char *const held[] = {"owners", "holders", "file_refs", "file_refs_explained"};
	json *conn = at(scene_device(scenes[_i]), "/connections/0"), *line;
	const char *status = string_at(conn, "/peer/status");

	if (!at(conn, "/peer/sk"))
		return;
	line = one_line("unix_peer", scenes[_i], "peer");
	ck_assert_str_eq(string_at(line, "/sk"), string_at(conn, "/peer/sk"));
	if (!strcmp(status, "closed")) {
		/* unix_release_sock() has cut the way back. */
		ck_assert_ptr_null(at(line, "/peer"));
		return;
	}
	ck_assert_str_eq(string_at(line, "/peer/sk"), string_at(conn, "/sk"));
	/* sk_peer_pid of this end is who connected: that is no listener. */
	ck_assert_ptr_null(at(line, "/peer/listener_pid"));
	same_values(at(line, "/peer"), conn, held, sizeof(held) / sizeof(held[0]), scenes[_i]);
}
END_TEST

START_TEST(text_of_both_ends)
{
	json *conn = at(scene_device(scenes[_i]), "/connections/0");
	char file[128];
	const char *text;

	snprintf(file, sizeof(file), "unix_peer-%s-text", scenes[_i]);
	text = output(file);
	ck_has(text, "this end  socket ");
	ck_has(text, string_at(conn, "/sk") + 2);
	ck_has(text, "\npeer  ");
	ck_has(text, "  status      ");
	ck_has(text, "held by     nbd");
	ck_has(text, "owners searched: ");
	snprintf(file, sizeof(file), "file_owner-%s-text", scenes[_i]);
	text = output(file);
	ck_has(text, string_at(conn, "/file") + 2);
	ck_has(text, "socket:[");
	ck_has(text, json_object_array_length(at(conn, "/owners")) ? " fd " : "owner       none");
	ck_has(text, "owners searched: ");
}
END_TEST

START_TEST(two_addresses_one_search)
{
	struct lines lines = output_lines("unix_peer-two");

	ck_assert_uint_eq(lines.n, 2);
	ck_assert_str_eq(string_at(lines.v[0], "/family"), "inet");
	ck_assert_str_eq(string_at(lines.v[1], "/family"), "inet6");
}
END_TEST

/* A file that is no socket: standard input of a server. */
START_TEST(a_file_that_is_no_socket)
{
	json *owner = at(scene_device("tcp4"), "/connections/0/peer/owners/0");
	struct lines lines = output_lines("file_owner-stdin");
	bool found = false;

	ck_assert_uint_eq(lines.n, 1);
	for (size_t i = 0; i < length_at(lines.v[0], "/owners"); i++)
		found |= int_at(lines.v[0], "/owners/%zu/tgid", i) == int_at(owner, "/tgid") &&
			 int_at(lines.v[0], "/owners/%zu/fd", i) == 0;
	ck_assert(found);
	ck_assert_ptr_nonnull(string_at(lines.v[0], "/path"));
	ck_assert_int_eq(*string_at(lines.v[0], "/path"), '/');
	/* And it is no socket for unix_peer. */
	ck_has(output("unix_peer-stdin"), "no socket here");
}
END_TEST

/* A device stands for the struct files that are open on it or on a partition. */
START_TEST(a_device_means_its_open_files)
{
	json *field = scene("field-case");
	char owner[64];

	if (field) {
		struct lines lines = output_lines("file_owner-nbd101");

		ck_assert_uint_eq(lines.n, 1);
		ck_assert_str_eq(string_at(lines.v[0], "/path"), "/dev/nbd101");
		ck_assert_uint_eq(length_at(lines.v[0], "/owners"), 2);
		ck_assert_int_eq(int_at(lines.v[0], "/owners/0/pid"), int_at(field, "/opener_pid"));
		ck_assert_int_eq(int_at(lines.v[0], "/owners/0/fd"), int_at(field, "/opener_fd"));
		ck_assert_int_eq(int_at(lines.v[0], "/owners/1/pid"),
				 int_at(field, "/opener_child_pid"));
	}
	snprintf(owner, sizeof(owner), "(%d) fd %d ",
		 (int)int_at(scene("partition"), "/opener_pid"),
		 (int)int_at(scene("partition"), "/opener_fd"));
	ck_has(output("file_owner-nbd18"), "  /dev/nbd18p1\n");
	ck_has(output("file_owner-nbd18"), owner);
}
END_TEST

TCase *addresses_case(void)
{
	TCase *c = tcase_create("addresses");

	for (int s = 0; s < (int)N_SCENES; s++) {
		if (!scene(scenes[s]))
			continue;
		tcase_add_loop_test(c, each_address_of_a_socket_means_the_same, s, s + 1);
		tcase_add_loop_test(c, the_owner_is_found_by_each_address, s, s + 1);
		tcase_add_loop_test(c, the_peer_sees_this_end, s, s + 1);
		tcase_add_loop_test(c, text_of_both_ends, s, s + 1);
	}
	if (set_sock_hangs())
		tcase_add_test(c, who_attaches_has_the_socket);
	tcase_add_test(c, two_addresses_one_search);
	tcase_add_test(c, a_file_that_is_no_socket);
	tcase_add_test(c, a_device_means_its_open_files);
	return c;
}
