// SPDX-License-Identifier: GPL-2.0-or-later
/* Every command over the small scene says what the scene holds. */
#include <stdlib.h>

#include "image_tests.h"
#include "base/version.h"
#include "run.h"
#include "scene.h"

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

START_TEST(the_device_and_its_numbers)
{
	struct json_object *report = run_report(image);

	ck_assert_uint_eq(json_object_array_length(report), 2);
	is_string(report, "/0/release", KERNEL_RELEASE);
	is_string(report, "/0/layout_source", "debuginfo");
	is_number(report, "/0/tasks_walked", 6);
	is_number(report, "/0/tasks_unreadable", 0);
	is_number(report, "/0/tables_scanned", 3);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/unreadable", 0);
	is_string(report, "/1/name", "nbd3");
	is_number(report, "/1/index", SCENE_INDEX);
	is_address(report, "/1/gendisk", scene.disk.gendisk);
	is_address(report, "/1/nbd_device", scene.nbd_device);
	is_address(report, "/1/config", scene.config);
	is_number(report, "/1/config_refs", 2);
	is_number(report, "/1/refs", 3);
	has_elements(report, "/1/runtime_flags/names", 1);
	is_string(report, "/1/runtime_flags/names/0", "HAS_PID_FILE");
	is_string(report, "/1/backend", SCENE_BACKEND);
	is_number(report, "/1/num_connections", 2);
	is_number(report, "/1/live_connections", 1);
	is_number(report, "/1/recv_threads", 1);
	is_number(report, "/1/dead_connections", 1);
	is_number(report, "/1/capacity_bytes", 16384 * 512);
	is_number(report, "/1/block_size", 4096);
	is_string(report, "/1/setup_task/state", "live");
	is_string(report, "/1/recv_task/comm", scene.client.comm);
	is_number(report, "/1/recv_task/pid", scene.client.pid);
	json_object_put(report);
}
END_TEST

/* The opener, which has the device open, has got the memory of the task that set it up. */
static struct json_object *reused(unsigned began)
{
	image_set(image, scene.nbd_device, "nbd_device", "task_setup", scene.opener.task);
	kernel_task_began(&scene.kernel, scene.opener.task, began);
	return run_report(image);
}

START_TEST(a_younger_task_did_not_set_up)
{
	struct json_object *report = reused(SCENE_START + 100);

	is_string(report, "/1/setup_task/state", "exited");
	is_null(report, "/1/setup_task/pid");
	is_null(report, "/1/setup_task/doubt");
	is_number(report, "/1/setup_task/reused_by/pid", scene.opener.pid);
	is_string(report, "/1/setup_task/reused_by/comm", scene.opener.comm);
	is_number(report, "/1/setup_task/reused_by/began_after_start_ms", 100000);
	is_string(report, "/1/recv_task/state", "live");
	is_null(report, "/1/recv_task/reused_by");
	json_object_put(report);
}
END_TEST

START_TEST(an_older_task_may_have_set_up)
{
	struct json_object *report = reused(SCENE_START - 1);

	is_string(report, "/1/setup_task/state", "live");
	is_number(report, "/1/setup_task/pid", scene.opener.pid);
	is_null(report, "/1/setup_task/reused_by");
	is_null(report, "/1/setup_task/doubt");
	json_object_put(report);
}
END_TEST

static void no_directory(void)
{
	image_set(image, scene.config, "nbd_config", "dbg_dir", 0);
}

static void error_pointer(void)
{
	image_set(image, scene.config, "nbd_config", "dbg_dir", (uint64_t)-19);
}

static void another_directory(void)
{
	image_set(image, scene.debugfs, "dentry", "d_name.name", image_string(image, "nbd4"));
}

static void no_inode(void)
{
	image_set(image, scene.debugfs, "dentry", "d_inode", 0);
}

static void no_clock(void)
{
	image_set(image, scene.kernel.timekeeper, "timekeeper", "offs_real", 1);
}

static void clock_was_set(void)
{
	kernel_inode_changed(&scene.kernel, image_get(image, scene.debugfs, "dentry", "d_inode"),
			     0);
}

static void (*const untimely[])(void) = {no_directory, error_pointer, another_directory,
					 no_inode,     no_clock,      clock_was_set};

/* Without a time of the start nobody knows, whatever the opener has open. */
START_TEST(without_a_time_there_is_doubt)
{
	struct json_object *report;

	untimely[_i]();
	report = reused(SCENE_START + 100);
	is_null(report, "/1/setup_task/state");
	is_string(report, "/1/setup_task/doubt", "when the device was started is not known");
	is_null(report, "/1/setup_task/pid");
	is_number(report, "/1/setup_task/reused_by/pid", scene.opener.pid);
	json_object_put(report);
}
END_TEST

START_TEST(both_connections)
{
	struct json_object *report = run_report(image);

	has_elements(report, "/1/connections", 2);
	is_true(report, "/1/connections/0/dead", false);
	is_address(report, "/1/connections/0/socket", scene.ends[0].socket);
	is_number(report, "/1/connections/0/inode", scene.ends[0].inode);
	is_number(report, "/1/connections/0/file_refs", 2);
	is_number(report, "/1/connections/0/file_refs_explained", 2);
	has_elements(report, "/1/connections/0/owners", 1);
	is_number(report, "/1/connections/0/owners/0/pid", scene.client.pid);
	is_number(report, "/1/connections/0/owners/0/fd", SCENE_CLIENT_FD);
	is_string(report, "/1/connections/0/peer/status", "open");
	is_string(report, "/1/connections/0/peer/path", SCENE_PATH);
	is_number(report, "/1/connections/0/peer/inode", scene.peers[0].inode);
	is_number(report, "/1/connections/0/peer/listener_pid", scene.server.pid);
	is_true(report, "/1/connections/0/peer/listener_alive", true);
	is_number(report, "/1/connections/0/peer/owners/0/pid", scene.server.pid);
	is_number(report, "/1/connections/0/peer/owners/0/fd", SCENE_SERVER_FD);

	is_true(report, "/1/connections/1/dead", true);
	is_number(report, "/1/connections/1/owners/0/fd", SCENE_CLIENT_FD + 1);
	is_number(report, "/1/connections/1/shutdown", 3);
	is_string(report, "/1/connections/1/peer/status", "closed");
	is_string(report, "/1/connections/1/peer/path", SCENE_PATH);
	is_null(report, "/1/connections/1/peer/socket");
	json_object_put(report);
}
END_TEST

START_TEST(who_listens_has_a_name)
{
	char *text = run(image, "unix_peer %llx", (unsigned long long)scene.ends[0].sk);

	ck_assert_ptr_nonnull(strstr(text, "listened    listener nbd-server (4100)"));
	free(text);
}
END_TEST

START_TEST(the_request_and_the_opener)
{
	struct json_object *report = run_report(image);

	has_elements(report, "/1/requests", 1);
	is_address(report, "/1/requests/0/request", scene.request);
	is_number(report, "/1/requests/0/tag", SCENE_TAG);
	is_string(report, "/1/requests/0/op", "WRITE");
	is_number(report, "/1/requests/0/sector", SCENE_SECTOR);
	is_number(report, "/1/requests/0/bytes", SCENE_BYTES);
	is_number(report, "/1/requests/0/connection", 0);
	is_true(report, "/1/requests/0/sent", true);
	has_elements(report, "/1/openers", 1);
	is_number(report, "/1/openers/0/task/pid", scene.opener.pid);
	is_number(report, "/1/openers/0/fd", SCENE_OPENER_FD);
	is_address(report, "/1/openers/0/file", scene.opener_file);
	is_string(report, "/1/openers/0/what", SCENE_FILE_PATH);
	is_number(report, "/1/openers_expected", 1);
	is_number(report, "/1/openers_found", 1);
	json_object_put(report);
}
END_TEST

START_TEST(any_address_of_a_socket_leads_to_it)
{
	uint64_t addresses[] = {scene.ends[1].socket, scene.ends[1].sk, scene.ends[1].file,
				scene.nbd_socks[1]};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		char *output = run(image, "unix_peer -j %lx", addresses[i]);
		struct json_object *lines = json_lines(output);

		is_address(lines, "/0/sk", scene.ends[1].sk);
		is_string(lines, "/0/peer/status", "closed");
		json_object_put(lines);
		free(output);
	}
}
END_TEST

START_TEST(a_file_has_its_owner_and_its_path)
{
	char *output = run(image, "file_owner -j %lx", scene.opener_file);
	struct json_object *lines = json_lines(output);

	is_string(lines, "/0/path", SCENE_FILE_PATH);
	has_elements(lines, "/0/owners", 1);
	is_number(lines, "/0/owners/0/pid", scene.opener.pid);
	is_number(lines, "/0/file_refs", 1);
	json_object_put(lines);
	free(output);
}
END_TEST

/* Each command as text, and what must be in it. */
static const struct {
	const char *command, *text[3];
} commands[] = {
	{"nbd", {"nbd3", "stuck", "server-silent"}},
	{"nbd -a", {"nbd3"}},
	{"nbd -d nbd3", {"2: 1 live, 1 dead, 1 receiver", "DIAGNOSIS  stuck", "WRITE of 4 KiB"}},
	{"nbd -d 3 -v", {"nbd-client (4200) fd 5", SCENE_PATH, "CLOSED"}},
	{"nbd -s --peers", {"nbd-server (4100) fd 7", "CLOSED", SCENE_PATH}},
	{"nbd -o -r", {"WRITE", "2048", "qemu-kvm"}},
	{"nbd -c", {"nbd3 state stuck", "peer-closed", "stuck-requests"}},
	{"nbd --dot", {"digraph", "qemu-kvm", "nbd-server"}},
	{"nbd -d nbd4", {"nbd4: no such device"}},
	{"nbd -z", {"Usage: nbd"}},
	{"unix_peer", {"Usage: unix_peer"}},
	{"unix_peer 12 xyz", {"12: no socket here", "xyz: not a kernel address"}},
	{"file_owner 12", {"12: no struct file, socket or nbd block device here"}},
};

START_TEST(every_command_as_text)
{
	char *output = run(image, "%s", commands[_i].command);

	for (size_t i = 0; i < 3 && commands[_i].text[i]; i++)
		ck_assert_msg(strstr(output, commands[_i].text[i]), "%s: no \"%s\" in:\n%s",
			      commands[_i].command, commands[_i].text[i], output);
	free(output);
}
END_TEST

START_TEST(the_version_alone)
{
	char *text = run(image, "nbd --version");

	ck_assert_str_eq(text, "nbd.so " NBD_VERSION "\n");
	free(text);
}
END_TEST

START_TEST(the_peer_and_the_owner_as_text)
{
	char *output = run(image, "unix_peer %lx", scene.ends[0].socket);

	ck_assert_ptr_nonnull(strstr(output, SCENE_PATH));
	ck_assert_ptr_nonnull(strstr(output, "nbd-server (4100)"));
	free(output);
	output = run(image, "file_owner %lx", scene.ends[0].file);
	ck_assert_ptr_nonnull(strstr(output, "nbd-client"));
	ck_assert_ptr_nonnull(strstr(output, "nbd3 connection 0"));
	free(output);
}
END_TEST

TCase *scene_case(void)
{
	TCase *tc = tcase_create("scene");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_device_and_its_numbers);
	tcase_add_test(tc, who_listens_has_a_name);
	tcase_add_test(tc, a_younger_task_did_not_set_up);
	tcase_add_test(tc, an_older_task_may_have_set_up);
	tcase_add_loop_test(tc, without_a_time_there_is_doubt, 0,
			    sizeof(untimely) / sizeof(untimely[0]));
	tcase_add_test(tc, both_connections);
	tcase_add_test(tc, the_request_and_the_opener);
	tcase_add_test(tc, any_address_of_a_socket_leads_to_it);
	tcase_add_test(tc, a_file_has_its_owner_and_its_path);
	tcase_add_loop_test(tc, every_command_as_text, 0, sizeof(commands) / sizeof(commands[0]));
	tcase_add_test(tc, the_version_alone);
	tcase_add_test(tc, the_peer_and_the_owner_as_text);
	return tc;
}
