// SPDX-License-Identifier: GPL-2.0-or-later
/* How far unix_peer and file_owner look: until each reference of what was asked about is explained, and no further. */
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

#define FD	  12
#define TIME_WAIT 6

static struct layout *layout;
static struct image *image;
static struct scene scene;

/* A process that has nothing to do with nbd, and its second thread. */
static struct kernel_task other, other_thread;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	other = kernel_task(&scene.kernel, "other", 5000, NULL, 0);
	other_thread = kernel_task(&scene.kernel, "other", 5001, &other, 0);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static struct json_object *ask(const char *command, uint64_t addr)
{
	char *output = run(image, "%s -j %llx", command, (unsigned long long)addr);
	struct json_object *lines = json_lines(output);

	free(output);
	return lines;
}

static uint64_t address_in(struct json_object *json, const char *pointer)
{
	struct json_object *value = NULL;

	ck_assert_int_eq(json_pointer_get(json, pointer, &value), 0);
	return strtoull(json_object_get_string(value), NULL, 16);
}

/* Of how many thread groups with more than one thread file_owner has looked at the leader only. */
static void leaders_only(uint64_t file, int64_t n)
{
	struct json_object *lines = ask("file_owner", file);

	is_number(lines, "/0/leaders_only", n);
	json_object_put(lines);
}

/* The thread gets a file table of its own. */
static void unshare(struct kernel_task *t)
{
	uint64_t files = image_new(image, "files_struct"), table = image_new(image, "fdtable");
	uint64_t old = image_get(image, t->files, "files_struct", "fdt");

	image_set(image, table, "fdtable", "open_fds",
		  image_get(image, old, "fdtable", "open_fds"));
	image_set(image, table, "fdtable", "max_fds", image_get(image, old, "fdtable", "max_fds"));
	image_set(image, table, "fdtable", "fd", image_array(image, "ptr", 64));
	image_set(image, files, "files_struct", "fdt", table);
	image_set(image, t->files, "files_struct", "count", 1);
	t->files = files;
	kernel_table_get(&scene.kernel, t);
	image_set(image, t->task, "task_struct", "files", files);
}

/* The opener's file is his alone, the socket's also nbd's. The client's thread is looked at, the other one is not. */
START_TEST(who_explains_all_references_suffices)
{
	struct json_object *lines;
	char *text;

	leaders_only(scene.opener_file, 2);
	lines = ask("file_owner", scene.ends[0].file);
	is_number(lines, "/0/leaders_only", 1);
	is_number(lines, "/0/file_refs_explained", 2);
	has_elements(lines, "/0/owners", 1);
	is_string(lines, "/0/holders/0/kind", "nbd");
	json_object_put(lines);
	text = run(image, "file_owner %llx", (unsigned long long)scene.ends[0].file);
	ck_assert_ptr_nonnull(
		strstr(text, "  of 1 thread group only the leader was looked at: all references "
			     "are explained without the other threads\n"));
	free(text);
}
END_TEST

/* A reference more than that. The thread is of another process, or of the owner's: then no more are needed. */
START_TEST(a_thread_with_a_table_of_its_own)
{
	struct kernel_task thread =
		_i ? kernel_task(&scene.kernel, "qemu-kvm", 4301, &scene.opener, 0) : other_thread;
	struct json_object *lines;
	char *text;

	unshare(&thread);
	kernel_fd(&scene.kernel, &thread, FD, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	lines = ask("file_owner", scene.opener_file);
	is_number(lines, "/0/leaders_only", _i ? 2 : 0);
	is_number(lines, "/0/file_refs_explained", 2);
	has_elements(lines, "/0/owners", 2);
	is_number(lines, "/0/owners/1/pid", thread.pid);
	is_number(lines, "/0/owners/1/fd", FD);
	json_object_put(lines);
	text = run(image, "file_owner %llx", (unsigned long long)scene.opener_file);
	ck_assert_int_eq(strstr(text, "only the leader") != NULL, _i);
	free(text);
}
END_TEST

START_TEST(threads_of_a_leader_that_has_exited)
{
	struct json_object *lines;

	kernel_fd(&scene.kernel, &other, FD, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	image_set(image, other.task, "task_struct", "files", 0);
	lines = ask("file_owner", scene.opener_file);
	is_number(lines, "/0/file_refs_explained", 2);
	is_number(lines, "/0/owners/1/pid", other_thread.pid);
	json_object_put(lines);
}
END_TEST

/* It adds no reference to the file: only the table tells that it has one user more. */
START_TEST(a_thread_that_shares_the_table_of_another_group)
{
	struct json_object *lines;

	image_set(image, other_thread.task, "task_struct", "files", scene.opener.files);
	kernel_table_get(&scene.kernel, &scene.opener);
	lines = ask("file_owner", scene.opener_file);
	is_number(lines, "/0/leaders_only", 0);
	is_number(lines, "/0/file_refs", 1);
	has_elements(lines, "/0/owners", 2);
	is_number(lines, "/0/owners/1/pid", other_thread.pid);
	has_elements(lines, "/0/unreadable", 0);
	json_object_put(lines);
}
END_TEST

/* What is not known is not taken for explained. */
START_TEST(a_count_that_says_nothing)
{
	char *text;

	switch (_i) {
	case 0:
		image_cut(image, image_at(image, scene.opener_file, "file", "f_count"), 8);
		break;
	case 1: /* a file that was freed */
		image_set(image, scene.opener_file, "file", "f_count", 0);
		kernel_fd(&scene.kernel, &scene.opener, SCENE_OPENER_FD, 0);
		break;
	case 2: /* more fds than references */
		kernel_fd(&scene.kernel, &scene.opener, FD, scene.opener_file);
		break;
	default:
		image_cut(image, image_at(image, scene.opener.files, "files_struct", "count"), 4);
	}
	leaders_only(scene.opener_file, 0);
	text = run(image, "file_owner %llx", (unsigned long long)scene.opener_file);
	ck_assert_int_eq(strstr(text, " was not looked for") != NULL, !_i);
	free(text);
}
END_TEST

/* Of a socket's two ends unix_peer tells both, file_owner the one that was asked about. */
START_TEST(only_unix_peer_asks_for_the_other_end)
{
	struct json_object *lines;

	kernel_file_get(&scene.kernel, scene.ends[0].file);
	leaders_only(scene.peers[0].file, 2);
	lines = ask("unix_peer", scene.peers[0].file);
	is_number(lines, "/0/leaders_only", 0);
	is_address(lines, "/0/peer/file", scene.ends[0].file);
	is_number(lines, "/0/peer/file_refs", 3);
	is_number(lines, "/0/peer/file_refs_explained", 2);
	json_object_put(lines);
}
END_TEST

/* One that polls is found in the socket's queue: nobody else need be looked at. */
START_TEST(who_polls_a_socket)
{
	struct extra_waiters waiters = extra_waiters(&scene);
	struct json_object *lines;

	extra_calls(&scene, &waiters);
	lines = ask("file_owner", scene.peers[0].file);
	is_number(lines, "/0/leaders_only", 2);
	is_string(lines, "/0/holders/0/what", "poll by qemu-kvm (4300)");
	json_object_put(lines);
	/* However often the queue is looked at. */
	kernel_file_get(&scene.kernel, scene.peers[0].file);
	lines = ask("file_owner", scene.peers[0].file);
	is_number(lines, "/0/leaders_only", 0);
	has_elements(lines, "/0/holders", 1);
	json_object_put(lines);
}
END_TEST

/* So is who waits in recvfrom(): t, whose kernel stack is the client's second thread's. */
static void wait_for_socket(const struct kernel_task *t)
{
	uint64_t wq = image_new(image, "socket_wq");
	uint64_t stack = image_get(image, scene.client_thread.task, "task_struct", "stack");
	uint64_t entry = stack + EXTRA_STACK_SIZE / 4;
	uint64_t head = image_at(image, wq, "socket_wq", "wait.whole.head");

	image_list_init(image, head);
	image_set(image, scene.ends[0].sk, "sock", "sk_wq", wq);
	image_set(image, t->task, "task_struct", "stack", stack);
	image_set(image, entry, "wait_queue_entry", "private", t->task);
	image_list_add(image, head, image_at(image, entry, "wait_queue_entry", "entry"));
}

/* It counts once, though it is looked for again among all threads. */
START_TEST(who_waits_for_a_socket)
{
	struct extra_waiters waiters = extra_waiters(&scene);
	struct json_object *lines;

	extra_calls(&scene, &waiters);
	if (_i)
		wait_for_socket(&scene.client_thread);
	kernel_file_get(&scene.kernel, scene.ends[0].file);
	lines = ask("file_owner", scene.ends[0].file);
	is_number(lines, "/0/leaders_only", 0);
	is_number(lines, "/0/file_refs", 4);
	is_number(lines, "/0/file_refs_explained", 3);
	has_elements(lines, "/0/holders", 2);
	json_object_put(lines);
}
END_TEST

/* The client waits for its socket, without the thread that may have shared its table when it began to. */
static struct extra_calls client_waits_alone(void)
{
	struct extra_waiters waiters = extra_waiters(&scene);
	struct extra_calls calls = extra_calls(&scene, &waiters);
	uint64_t signal = image_get(image, scene.client.task, "task_struct", "signal");

	image_set(image, scene.client_thread.task, "task_struct", "files", 0);
	image_set(image, scene.client.files, "files_struct", "count", 1);
	image_set(image, signal, "signal_struct", "sum_sched_runtime", 1000);
	wait_for_socket(&scene.client);
	return calls;
}

/* nbd's reference is certain, and explains the last one. */
START_TEST(what_is_certain_comes_first)
{
	struct json_object *lines;

	client_waits_alone();
	lines = ask("file_owner", scene.ends[0].file);
	is_number(lines, "/0/file_refs_explained", 3);
	has_elements(lines, "/0/holders", 2);
	json_object_put(lines);
	image_set(image, scene.ends[0].file, "file", "f_count", 2);
	lines = ask("file_owner", scene.ends[0].file);
	has_elements(lines, "/0/holders", 1);
	is_string(lines, "/0/holders/0/kind", "nbd");
	json_object_put(lines);
}
END_TEST

/* So is the reference of a ring; of its file, and in nbd's own report. */
START_TEST(a_ring_comes_before_a_call_that_may_hold_nothing)
{
	struct json_object *lines;

	client_waits_alone();
	extra_ring_of(&scene, scene.ends[0].file);
	image_set(image, scene.ends[0].file, "file", "f_count", 3);
	lines = ask("file_owner", scene.ends[0].file);
	has_elements(lines, "/0/holders", 2);
	is_string(lines, "/0/holders/1/kind", "io_uring");
	json_object_put(lines);
	lines = run_report(image);
	has_elements(lines, "/1/connections/0/holders", 2);
	is_string(lines, "/1/connections/0/holders/1/kind", "io_uring");
	json_object_put(lines);
	/* Where another reference is missing, the call explains it. */
	kernel_file_get(&scene.kernel, scene.ends[0].file);
	lines = ask("file_owner", scene.ends[0].file);
	is_number(lines, "/0/file_refs_explained", 4);
	is_string(lines, "/0/holders/2/kind", "system_call");
	json_object_put(lines);
	lines = run_report(image);
	is_string(lines, "/1/connections/0/holders/2/kind", "system_call");
	json_object_put(lines);
}
END_TEST

static void poll_socket(const struct kernel_task *t, const struct extra_calls *calls, uint64_t head)
{
	uint64_t wqueues = image_new(image, "poll_wqueues");
	uint64_t entry = image_new(image, "poll_table_entry");

	image_set(image, wqueues, "poll_wqueues", "polling_task", t->task);
	image_set(image, entry, "poll_table_entry", "filp", scene.ends[0].file);
	image_set(image, entry, "poll_table_entry", "wait.func",
		  image_get(image, calls->poll_entry, "poll_table_entry", "wait.func"));
	image_set(image, entry, "poll_table_entry", "wait.private", wqueues);
	image_list_add(image, head, image_at(image, entry, "poll_table_entry", "wait.entry"));
}

/* Behind one that may hold the last reference waits another that does; whatever else is asked about, and in nbd's own report. */
START_TEST(what_is_certain_comes_first_in_a_queue)
{
	struct extra_calls calls = client_waits_alone();
	struct json_object *lines;
	char *output;
	uint64_t wq;

	wq = image_get(image, scene.ends[0].sk, "sock", "sk_wq");
	poll_socket(&scene.client, &calls, image_at(image, wq, "socket_wq", "wait.whole.head"));
	kernel_file_get(&scene.kernel, scene.opener_file);
	output = run(image, "file_owner -j %llx %llx", (unsigned long long)scene.ends[0].file,
		     (unsigned long long)scene.opener_file);
	lines = json_lines(output);
	is_number(lines, "/1/file_refs_explained", 1);
	has_elements(lines, "/0/holders", 2);
	is_string(lines, "/0/holders/1/what", "poll by nbd-client (4200)");
	json_object_put(lines);
	free(output);
	lines = run_report(image);
	is_string(lines, "/1/connections/0/holders/1/what", "poll by nbd-client (4200)");
	json_object_put(lines);
}
END_TEST

static uint64_t last_file(void)
{
	const struct image_object *objects;
	size_t n;

	objects = image_objects(image, &n);
	while (strcmp(objects[n - 1].what, "file"))
		n--;
	return objects[n - 1].addr;
}

START_TEST(a_file_below_a_loop_device)
{
	struct json_object *lines;

	extra_mount(&scene);
	extra_loop(&scene);
	lines = ask("file_owner", last_file());
	is_number(lines, "/0/file_refs_explained", 1);
	is_string(lines, "/0/holders/0/kind", "loop");
	json_object_put(lines);
}
END_TEST

/* Which of nbd's connections could not be read is told of a file that one of them may hold, not of one that others explain. */
START_TEST(why_a_reference_may_be_missing)
{
	struct json_object *lines;
	uint64_t file = scene.ends[_i].file;
	char *text;

	image_cut(image, scene.nbd_socks[0], image_sizeof(image, "nbd_sock"));
	lines = ask("file_owner", file);
	has_elements(lines, "/0/unreadable", !_i);
	json_object_put(lines);
	text = run(image, "file_owner %llx", (unsigned long long)file);
	ck_assert_int_eq(strstr(text, "! unreadable: nbd3: ") != NULL, !_i);
	free(text);
}
END_TEST

/* So is that there may be more devices than were found. */
START_TEST(why_a_device_may_be_missing)
{
	struct json_object *lines;

	image_set(image, image_first(image, "xa_node"), "xa_node", "count", 7);
	kernel_file_get(&scene.kernel, scene.opener_file);
	lines = ask("file_owner", scene.opener_file);
	is_string(lines, "/0/unreadable/0",
		  "nbd_index_idr could not be read in full: devices may be missing");
	json_object_put(lines);
}
END_TEST

/* The device's search tells it of a file, too. */
START_TEST(with_a_device)
{
	char *text;

	image_cut(image, scene.nbd_socks[0], image_sizeof(image, "nbd_sock"));
	text = run(image, "file_owner nbd3 %llx", (unsigned long long)scene.ends[_i].file);
	ck_assert_ptr_nonnull(strstr(text, "qemu-kvm (4300) fd 3"));
	ck_assert_int_eq(strstr(text, "nbd3: connection 0") != NULL, !_i);
	free(text);
}
END_TEST

/* A file that is no socket is none of unix_peer's, and does not make it look further. */
START_TEST(unix_peer_of_another_file)
{
	char *text;

	kernel_file_get(&scene.kernel, scene.opener_file);
	text = run(image, "unix_peer -j %llx %llx", (unsigned long long)scene.peers[0].file,
		   (unsigned long long)scene.opener_file);
	ck_assert_ptr_nonnull(strstr(text, "no socket here"));
	ck_assert_ptr_nonnull(strstr(text, "\"leaders_only\":1"));
	free(text);
}
END_TEST

/* Then somebody may have the table who is not in the list of tasks. */
START_TEST(a_user_of_the_owners_table_who_was_not_found)
{
	struct json_object *lines;
	char *text;

	if (_i)
		image_cut(image, image_at(image, scene.opener.files, "files_struct", "count"), 4);
	else
		image_set(image, scene.opener.files, "files_struct", "count", 5);
	/* Once, however many of his files are asked about. */
	kernel_fd(&scene.kernel, &scene.opener, FD, scene.peers[0].file);
	text = run(image, "file_owner -j %llx %llx", (unsigned long long)scene.opener_file,
		   (unsigned long long)scene.peers[0].file);
	lines = json_lines(text);
	free(text);
	is_number(lines, "/0/leaders_only", 0);
	has_elements(lines, "/0/owners", 1);
	has_elements(lines, "/0/unreadable", 1);
	json_object_put(lines);
	/* Fewer than were found tell nothing. */
	if (!_i) {
		image_set(image, scene.opener.files, "files_struct", "count", 0);
		lines = ask("file_owner", scene.opener_file);
		has_elements(lines, "/0/unreadable", 0);
		json_object_put(lines);
		image_set(image, scene.opener.files, "files_struct", "count", 5);
	}
	text = run(image, "file_owner %llx", (unsigned long long)scene.opener_file);
	ck_assert_ptr_nonnull(strstr(text, _i ? "! unreadable: the kernel counts ? users of the"
					      : "! unreadable: the kernel counts 5 users of the"));
	free(text);
}
END_TEST

/* Nobody knows who has an end that cannot be read, so that not all is explained. */
START_TEST(an_end_that_cannot_be_read)
{
	static const struct {
		const char *problem, *text;
	} ends[] = {
		{"the other end: its struct socket could not be read: who has it is unknown",
		 "  file ?  inode ?"},
		{"the other end: its struct sock could not be read: who has it is unknown",
		 "peer  socket ?  sk "},
		{"this end: its struct sock could not be read", "peer  ?\n"},
	};
	uint64_t file = scene.ends[0].file;
	struct json_object *lines;
	char *text;

	if (_i == 0)
		image_cut(image, scene.peers[0].socket, image_sizeof(image, "socket"));
	else
		image_cut(image, _i == 1 ? scene.peers[0].sk : scene.ends[0].sk,
			  image_sizeof(image, "sock"));
	lines = ask("unix_peer", file);
	is_string(lines, "/0/unreadable/0", ends[_i].problem);
	is_number(lines, "/0/leaders_only", 0);
	json_object_put(lines);
	text = run(image, "unix_peer %llx", (unsigned long long)file);
	ck_assert_ptr_nonnull(strstr(text, ends[_i].text));
	ck_assert_ptr_nonnull(strstr(text, strstr(ends[_i].problem, "its ")));
	ck_assert_ptr_null(strstr(text, "all references are explained"));
	ck_assert_ptr_null(strstr(text, "peer  none"));
	ck_assert_ptr_null(strstr(text, "no struct socket"));
	free(text);
	/* Who has this end is known all the same. */
	lines = ask("file_owner", file);
	is_number(lines, "/0/leaders_only", 1);
	is_number(lines, "/0/owners/0/pid", scene.client.pid);
	json_object_put(lines);
}
END_TEST

/* Its struct socket is what says that a struct sock or a file is a socket's; each says so by itself, too. */
START_TEST(without_a_struct_socket_to_be_read)
{
	struct json_object *lines;
	uint64_t common = image_at(image, scene.peers[0].sk, "sock", "__sk_common");
	char *text;

	image_set(image, common, "sock_common", "skc_prot", scene.kernel.unix_proto);
	image_cut(image, scene.peers[0].socket, image_sizeof(image, "socket"));
	text = run(image, "unix_peer %llx", (unsigned long long)scene.peers[0].sk);
	ck_assert_ptr_nonnull(strstr(text, "! unreadable: its struct socket could not be read: "
					   "who has it is unknown\n"));
	free(text);
	/* It may well have a struct file. */
	text = run(image, "file_owner %llx", (unsigned long long)scene.peers[0].sk);
	ck_assert_ptr_nonnull(
		strstr(text, ": its socket could not be read: who holds it is unknown\n"));
	free(text);
	text = run(image, "file_owner %llx", (unsigned long long)scene.peers[0].file);
	ck_assert_ptr_nonnull(strstr(text, "socket:[?]"));
	ck_assert_ptr_nonnull(strstr(text, "! unreadable: its struct socket could not be read\n"));
	free(text);
	lines = ask("file_owner", scene.peers[0].file);
	is_string(lines, "/0/unreadable/0", "the socket: its struct socket could not be read");
	is_number(lines, "/0/owners/0/pid", scene.server.pid);
	json_object_put(lines);
}
END_TEST

/* What was a socket's file before it was closed is not that of the socket that is there now. */
START_TEST(a_socket_that_has_another_file)
{
	char *text;

	image_set(image, scene.ends[0].socket, "socket", "file", scene.peers[0].file);
	text = run(image, "unix_peer %llx", (unsigned long long)scene.ends[0].file);
	ck_assert_ptr_nonnull(strstr(text, "no socket here"));
	free(text);
}
END_TEST

/* What lies behind a sock in TIME_WAIT is none of its members. */
START_TEST(tcp_in_time_wait)
{
	uint64_t sk, common;
	char *text;

	extra_tcp(&scene);
	sk = image_first(image, "tcp_sock");
	common = image_at(image, sk, "sock", "__sk_common");
	image_set(image, common, "sock_common", "skc_prot", image_pointer(image, "tcp_prot", 0));
	image_set(image, common, "sock_common", "skc_state", TIME_WAIT);
	image_set(image, sk, "sock", "sk_socket", 0xa000001c0a80001);
	text = run(image, "unix_peer %llx", (unsigned long long)sk);
	ck_assert_ptr_nonnull(strstr(text, "TIME_WAIT"));
	ck_assert_ptr_null(strstr(text, "unreadable:"));
	free(text);
}
END_TEST

START_TEST(a_file_that_was_closed)
{
	char *text;

	image_set(image, scene.opener_file, "file", "f_count", 0);
	kernel_fd(&scene.kernel, &scene.opener, SCENE_OPENER_FD, 0);
	text = run(image, "file_owner %llx", (unsigned long long)scene.opener_file);
	ck_assert_ptr_nonnull(strstr(text, "  references  0: this file was closed\n"));
	free(text);
}
END_TEST

/* The other end is found among all sockets of the kernel. */
START_TEST(both_ends_of_tcp)
{
	struct json_object *lines;
	uint64_t end, peer;

	extra_tcp(&scene);
	lines = run_report(image);
	end = address_in(lines, "/1/connections/2/socket");
	peer = address_in(lines, "/1/connections/2/peer/file");
	json_object_put(lines);
	lines = ask("unix_peer", end);
	is_address(lines, "/0/peer/file", peer);
	is_number(lines, "/0/peer/owners/0/pid", scene.server.pid);
	json_object_put(lines);
}
END_TEST

/* An nbd_sock whose socket is no more to be read. */
START_TEST(a_connection_without_a_readable_socket)
{
	char *text;

	image_cut(image, scene.ends[0].socket, image_sizeof(image, "socket"));
	text = run(image, "file_owner %llx", (unsigned long long)scene.nbd_socks[0]);
	ck_assert_ptr_nonnull(
		strstr(text, ": its socket could not be read: who holds it is unknown\n"));
	free(text);
}
END_TEST

/* What was not looked up is not told to be nothing. */
START_TEST(an_nbd_sock_that_was_not_looked_up)
{
	unsigned long reads = 1, told = 0;

	for (unsigned long n = 1; n <= reads; n++) {
		char *text;

		crash_interrupt(n);
		text = run(image, "file_owner -j %llx", (unsigned long long)scene.nbd_socks[0]);
		reads = crash_reads();
		ck_assert_ptr_null(strstr(text, "no struct file"));
		told += strstr(text, ": not looked up before Ctrl-C: ask again\n") != NULL;
		free(text);
	}
	ck_assert_uint_gt(told, 0);
}
END_TEST

static bool has_owner(struct json_object *owners, uint32_t pid)
{
	for (size_t i = 0; i < json_object_array_length(owners); i++) {
		struct json_object *owner = json_object_array_get_idx(owners, i);

		if (json_object_get_int64(json_object_object_get(owner, "pid")) == pid)
			return true;
	}
	return false;
}

/* At each moment: it is told, what was found by then stays, and nothing is said of what was not looked for. The table of
 * the thread is searched behind the opener's, or before it; and the opener's is shared by a thread of his. */
START_TEST(a_ctrl_c)
{
	uint64_t table = image_get(image, scene.opener.files, "files_struct", "fdt");
	unsigned long looks = 1;
	size_t most = 0;
	bool leader = false;

	kernel_task(&scene.kernel, "qemu-kvm", 4301, &scene.opener, 0);
	unshare(&other_thread);
	kernel_fd(&scene.kernel, &other_thread, FD, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	if (_i) {
		uint64_t fds = image_array(image, "ptr", 128);

		image_set_pointer(image, fds, SCENE_OPENER_FD, scene.opener_file);
		image_set(image, table, "fdtable", "fd", fds);
		image_set(image, table, "fdtable", "max_fds", 128);
	}
	for (unsigned long n = 1; n <= looks; n++) {
		struct json_object *lines;
		char *text, *line;

		crash_interrupt_look(n);
		text = run(image, "file_owner %llx", (unsigned long long)scene.opener_file);
		ck_assert(!strstr(text, "all references are explained"));
		ck_assert(!strstr(text, "the kernel counts"));
		ck_assert(!strstr(text, "tables, 1 unreadable"));
		free(text);
		crash_interrupt_look(n);
		text = run(image, "file_owner -j %llx", (unsigned long long)scene.opener_file);
		looks = crash_looks();
		line = strchr(text, '{');
		if (line) {
			struct json_object *owners = NULL;

			line[strcspn(line, "\n") + 1] = 0;
			lines = json_lines(line);
			/* The last look is for crash, when all is printed. */
			is_true(lines, "/0/interrupted", n < looks);
			json_pointer_get(lines, "/0/owners", &owners);
			ck_assert_uint_ge(json_object_array_length(owners), most);
			ck_assert(has_owner(owners, scene.opener.pid) >= leader);
			leader = has_owner(owners, scene.opener.pid);
			most = json_object_array_length(owners);
			json_object_put(lines);
		}
		free(text);
	}
	ck_assert_uint_eq(most, 2);
}
END_TEST

/* What was looked up before Ctrl-C, and is no socket, need not be asked again. */
START_TEST(another_file_and_a_ctrl_c)
{
	unsigned long looks = 1, told = 0;

	for (unsigned long n = 1; n <= looks; n++) {
		char *text;

		crash_interrupt_look(n);
		text = run(image, "unix_peer %llx", (unsigned long long)scene.opener_file);
		looks = crash_looks();
		ck_assert(!strstr(text, "not looked up") != !strstr(text, "no socket here"));
		told += strstr(text, "no socket here") != NULL;
		free(text);
	}
	ck_assert_uint_gt(told, 0);
}
END_TEST

/* Nor is an address of nothing told to be anything. */
START_TEST(an_address_of_nothing)
{
	char *text = run(image, "file_owner %llx", (unsigned long long)scene.opener.task);

	ck_assert_ptr_nonnull(strstr(text, ": no struct file, socket or nbd block device here\n"));
	free(text);
}
END_TEST

/* Who can receive the message is told, too. */
START_TEST(a_message_in_flight)
{
	struct json_object *lines;

	extra_message(&scene);
	lines = ask("file_owner", scene.ends[0].file);
	is_number(lines, "/0/file_refs_explained", 3);
	is_string(lines, "/0/holders/1/kind", "scm_rights");
	is_number(lines, "/0/holders/1/tasks/0/pid", scene.server.pid);
	json_object_put(lines);
}
END_TEST

START_TEST(a_file_in_a_ring)
{
	struct json_object *lines;

	extra_ring(&scene);
	lines = ask("file_owner", scene.ends[1].file);
	is_number(lines, "/0/file_refs_explained", 3);
	is_string(lines, "/0/holders/1/kind", "io_uring");
	json_object_put(lines);
	/* One that cannot be read may have it. */
	image_cut(image, image_first(image, "io_ring_ctx"), image_sizeof(image, "io_ring_ctx"));
	lines = ask("file_owner", scene.ends[1].file);
	is_string(lines, "/0/unreadable/0",
		  "not all io_urings could be read: files registered with them may be missing");
	json_object_put(lines);
}
END_TEST

TCase *queries_case(void)
{
	TCase *tc = tcase_create("queries");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, who_explains_all_references_suffices);
	tcase_add_loop_test(tc, a_thread_with_a_table_of_its_own, 0, 2);
	tcase_add_test(tc, threads_of_a_leader_that_has_exited);
	tcase_add_test(tc, a_thread_that_shares_the_table_of_another_group);
	tcase_add_loop_test(tc, a_count_that_says_nothing, 0, 4);
	tcase_add_test(tc, only_unix_peer_asks_for_the_other_end);
	tcase_add_test(tc, who_polls_a_socket);
	tcase_add_loop_test(tc, who_waits_for_a_socket, 0, 2);
	tcase_add_test(tc, what_is_certain_comes_first);
	tcase_add_test(tc, what_is_certain_comes_first_in_a_queue);
	tcase_add_test(tc, a_ring_comes_before_a_call_that_may_hold_nothing);
	tcase_add_test(tc, a_file_below_a_loop_device);
	tcase_add_loop_test(tc, why_a_reference_may_be_missing, 0, 2);
	tcase_add_test(tc, why_a_device_may_be_missing);
	tcase_add_loop_test(tc, with_a_device, 0, 2);
	tcase_add_test(tc, unix_peer_of_another_file);
	tcase_add_loop_test(tc, a_user_of_the_owners_table_who_was_not_found, 0, 2);
	tcase_add_loop_test(tc, an_end_that_cannot_be_read, 0, 3);
	tcase_add_test(tc, without_a_struct_socket_to_be_read);
	tcase_add_test(tc, a_socket_that_has_another_file);
	tcase_add_test(tc, tcp_in_time_wait);
	tcase_add_test(tc, a_file_that_was_closed);
	tcase_add_test(tc, both_ends_of_tcp);
	tcase_add_test(tc, a_connection_without_a_readable_socket);
	tcase_add_test(tc, an_nbd_sock_that_was_not_looked_up);
	tcase_add_test(tc, an_address_of_nothing);
	tcase_add_loop_test(tc, a_ctrl_c, 0, 2);
	tcase_add_test(tc, another_file_and_a_ctrl_c);
	tcase_add_test(tc, a_message_in_flight);
	tcase_add_test(tc, a_file_in_a_ring);
	return tc;
}
