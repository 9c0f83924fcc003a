// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <setjmp.h>
#include <string.h>

#include "base/arena.h"
#include "base/version.h"
#include "judge/judge.h"
#include "judge/phrases.h"
#include "render/json.h"
#include "no_memory.h"
#include "sample.h"
#include "unit.h"

static struct report *report;
static struct device *dev;

static void setup(void)
{
	report = sample_report();
	dev = sample_device(report, 101, 2, "/run/a.sock");
}

/* The value at a JSON pointer of the device's line, as JSON text. */
static const char *value(const char *pointer)
{
	struct json_object *o = json_tokener_parse(json_device_line(report, dev)), *found;
	const char *text = "absent";

	ck_assert_ptr_nonnull(o);
	if (!json_pointer_get(o, pointer, &found))
		text = json_object_to_json_string_ext(
			found, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	text = arena_strndup(text, strlen(text));
	json_object_put(o);
	return text;
}

START_TEST(values_arrive)
{
	ck_assert_str_eq(value("/name"), "\"nbd101\"");
	ck_assert_str_eq(value("/nbd_device"), "\"0xffff000011065000\"");
	ck_assert_str_eq(value("/runtime_flags/value"), "8");
	ck_assert_str_eq(value("/runtime_flags/names"), "[\"HAS_PID_FILE\"]");
	ck_assert_str_eq(value("/num_connections"), "2");
	ck_assert_str_eq(value("/dead_connections"), "0");
	ck_assert_str_eq(value("/connections/1/index"), "1");
	ck_assert_str_eq(value("/connections/1/dead"), "false");
	ck_assert_str_eq(value("/connections/1/family"), "\"unix\"");
	ck_assert_str_eq(value("/connections/1/state"), "\"ESTABLISHED\"");
	ck_assert_str_eq(value("/connections/1/file_refs"), "1");
	ck_assert_str_eq(value("/connections/1/file_refs_explained"), "1");
	ck_assert_str_eq(value("/connections/1/owners"), "[]");
	ck_assert_str_eq(value("/connections/1/holders/0/what"), "\"nbd101 connection 1\"");
	ck_assert_str_eq(value("/connections/1/remote"), "\"/run/a.sock\"");
	ck_assert_str_eq(value("/connections/1/peer/status"), "\"open\"");
	ck_assert_str_eq(value("/connections/1/peer/owners/0/fd"), "6");
	ck_assert_str_eq(value("/connections/1/peer/owners/0/comm"), "\"gMgr\"");
}
END_TEST

START_TEST(unknown_is_null_and_present)
{
	static const char *const pointers[] = {
		"/config_refs",
		"/runtime_flags",
		"/num_connections",
		"/live_connections",
		"/capacity_bytes",
		"/backend",
		"/connections/0/dead",
		"/connections/0/state",
		"/connections/0/shutdown",
		"/connections/0/inode",
		"/connections/0/send_queue_bytes",
		"/connections/0/file",
		"/connections/0/file_refs",
		"/connections/0/local",
		"/connections/0/peer",
		"/requests",
		"/openers",
		"/openers_expected",
		"/openers_found",
		"/attach/set_sock/result",
		"/attach/netlink/result",
		"/freed_when",
	};
	struct connection *c = &dev->conns[0];

	dev->config_refs = dev->runtime_flags = dev->num_connections = NUM_UNKNOWN;
	dev->live_connections = dev->capacity_bytes = dev->openers_expected = NUM_UNKNOWN;
	dev->requests_known = false;
	dev->n_openers = 0;
	c->dead = NUM_UNKNOWN;
	memset(c->sock, 0, sizeof(*c->sock));
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		ck_assert_msg(!strcmp(value(pointers[i]), "null"), "%s is %s", pointers[i],
			      value(pointers[i]));
}
END_TEST

START_TEST(requests_and_waiters)
{
	struct request *rq = sample_request(dev, 31005);
	const struct task *t = sample_task(report, "dd", 501, 'D');

	ck_assert_str_eq(value("/waiters"), "[]");
	sample_waiter(dev, t, "write", rq->addr);
	sample_waiter(dev, t, "open", 0);
	sample_request(dev, 0)->op = NUM(34);
	ck_assert_str_eq(
		value("/requests/0"),
		"{\"queue\":0,\"tag\":8,\"request\":\"0xffff000050000100\",\"op\":\"WRITE\","
		"\"sector\":2048,\"bytes\":4096,\"age_seconds\":31.005,\"connection\":0,"
		"\"sent\":true,\"retries\":2,\"worker\":null,\"waiters\":[{\"pid\":501,\"tgid\":"
		"501,"
		"\"comm\":\"dd\",\"task\":\"0xffff0000001f5000\",\"state\":\"D\"}]}");
	ck_assert_str_eq(value("/requests/1/op"), "\"34\"");
	ck_assert_str_eq(value("/requests/1/age_seconds"), "0.000");
	ck_assert_str_eq(value("/requests/1/waiters"), "[]");
	ck_assert_str_eq(value("/waiters/0/blocked_in"), "\"write\"");
	ck_assert_str_eq(value("/waiters/0/object"), "\"0xffff000050000100\"");
	ck_assert_str_eq(value("/waiters/1/object"), "null");
	dev->requests[0].sent = dev->requests[0].age_ms = dev->requests[0].op = NUM_UNKNOWN;
	ck_assert_str_eq(value("/requests/0/sent"), "null");
	ck_assert_str_eq(value("/requests/0/age_seconds"), "null");
	ck_assert_str_eq(value("/requests/0/op"), "null");
	dev->n_requests = 0;
	ck_assert_str_eq(value("/requests"), "[]");
}
END_TEST

START_TEST(openers)
{
	static struct mount_keeper keepers[8];
	struct mount mount = {.vfsmount = 1,
			      .detached = NUM(0),
			      .elsewhere = NUM(1),
			      .point = "/pod",
			      .namespace_inode = NUM(4026532294)};
	struct opener *o;

	sample_opener(dev, OPENER_MOUNT, NULL, "ext4 on /mnt (nbd101)");
	ck_assert_str_eq(value("/openers_expected"), "1");
	ck_assert_str_eq(value("/openers/0/kind"), "\"fd\"");
	ck_assert_str_eq(value("/openers/0/task/comm"), "\"qemu-kvm\"");
	ck_assert_str_eq(value("/openers/0/fd"), "3");
	ck_assert_str_eq(value("/openers/1"),
			 "{\"kind\":\"mount\",\"task\":null,\"fd\":null,"
			 "\"file\":null,\"what\":\"ext4 on /mnt (nbd101)\","
			 "\"on\":null,\"stacked\":null,\"frozen\":null,\"mount\":null}");
	o = sample_opener(dev, OPENER_MOUNT, NULL, "ext4 on /pod (nbd101)");
	o->mount = &mount;
	ck_assert_str_eq(phrase_opener(o), "ext4 on /pod (nbd101) in a mount namespace in which no "
					   "task was found");
	ck_assert_str_eq(value("/openers/2/what"), "\"ext4 on /pod (nbd101)\"");
	ck_assert_str_eq(value("/openers/2/mount"),
			 "{\"point\":\"/pod\",\"detached\":false,\"namespace\":4026532294,"
			 "\"elsewhere\":true,\"inhabitant\":null,\"kept_by\":[]}");
	mount.inhabitant = report->tasks.v[0];
	ck_assert_str_eq(value("/openers/2/mount/inhabitant/pid"), "233");
	ck_assert_str_eq(phrase_opener(o),
			 "ext4 on /pod (nbd101) in the mount namespace of qemu-kvm "
			 "(233): nsenter -t 233 -m");
	mount.elsewhere = NUM_UNKNOWN;
	ck_assert_str_eq(phrase_opener(o), "ext4 on /pod (nbd101)");
	ck_assert_str_eq(value("/openers/2/mount/elsewhere"), "null");
	/* Unmounted lazily: whoever keeps it is named, six of many. */
	mount.detached = NUM(1);
	mount.keepers = keepers;
	for (mount.n_keepers = 0; mount.n_keepers < 8; mount.n_keepers++)
		keepers[mount.n_keepers] = (struct mount_keeper){report->tasks.v[0], "cwd"};
	o->kind = OPENER_DETACHED;
	o->what = "ext4 unmounted lazily (nbd101)";
	ck_assert_str_eq(value("/openers/2/kind"), "\"detached-mount\"");
	ck_assert_str_eq(value("/openers/2/mount/kept_by/7/by"), "\"cwd\"");
	ck_assert_ptr_nonnull(strstr(phrase_opener(o), "(nbd101), kept by qemu-kvm (233) cwd, "
						       "qemu-kvm (233) cwd, "));
	ck_assert_ptr_nonnull(strstr(phrase_opener(o), "cwd and 2 more"));
	mount.n_keepers = 0;
	ck_assert_str_eq(phrase_opener(o), "ext4 unmounted lazily (nbd101), kept by what was not "
					   "found: a mapping, perhaps");
}
END_TEST

START_TEST(findings_and_forecast)
{
	dev->runtime_flags = NUM(12);
	dev->recv_threads = NUM(0);
	judge_devices(report);
	ck_assert_str_eq(value("/findings/0/id"), "\"leaked-connections\"");
	ck_assert_str_eq(value("/findings/0/severity"), "\"error\"");
	ck_assert_str_eq(value("/findings/0/kernel_commit"), "\"04d8fb23e520\"");
	ck_assert_str_eq(value("/findings/0/evidence/0"), "\"0xffff000012065000\"");
	ck_assert_str_eq(value("/findings/0/remedy"),
			 "\"it ends when qemu-kvm (233) fd 3 is closed\"");
	ck_assert_str_eq(value("/attach/set_sock"),
			 "{\"result\":\"EBUSY\",\"why\":\"task_setup belongs to a task that has "
			 "exited\",\"later\":null}");
	ck_assert_str_eq(value("/attach/do_it/result"), "\"EBUSY\"");
	ck_assert_str_eq(value("/freed_when"), "\"qemu-kvm (233) fd 3 is closed\"");
	dev->task_setup = NUM_UNKNOWN;
	judge_devices(report);
	ck_assert_str_eq(value("/attach/set_sock/result"), "null");
}
END_TEST

START_TEST(exited_is_said_only_of_a_whole_task_list)
{
	ck_assert_str_eq(value("/recv_task/state"), "\"live\"");
	ck_assert_str_eq(value("/setup_task/state"), "\"exited\"");
	report->tasks.unreadable = 1;
	ck_assert_str_eq(value("/setup_task/state"), "null");
	dev->task_setup = NUM(0);
	ck_assert_str_eq(value("/setup_task"), "null");
}
END_TEST

START_TEST(hostile_names_stay_one_line)
{
	memcpy(report->tasks.v[1]->comm, "a\"\n\x1b\\", 6);
	ck_assert_ptr_null(strchr(json_device_line(report, dev), '\n'));
	ck_assert_str_eq(value("/connections/0/peer/owners/0/comm"),
			 "\"a\\\"\\\\x0a\\\\x1b\\\\\\\\\"");
}
END_TEST

START_TEST(kernel_line)
{
	struct json_object *o = json_tokener_parse(json_kernel_line(report)), *value;

	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "schema")),
			 "crash-nbd/1");
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "version")), NBD_VERSION);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "layout_source")),
			 "debuginfo");
	ck_assert_str_eq(json_object_to_json_string_ext(json_object_object_get(o, "devices_from"),
							JSON_C_TO_STRING_PLAIN),
			 "[\"nbd_index_idr\",\"block_class\"]");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "tables_scanned")), 2);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "reads")), 7);
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "bytes_read")), 28672);
	ck_assert(!json_pointer_get(o, "/reads_for/tables", &value));
	ck_assert_int_eq(json_object_get_int(value), 5);
	ck_assert(!json_pointer_get(o, "/bytes_read_for/tables", &value));
	ck_assert_int_eq(json_object_get_int(value), 20480);
	json_object_put(o);
}
END_TEST

static jmp_buf prompt;

static void back_to_the_prompt(void)
{
	longjmp(prompt, 1);
}

/* Wherever memory runs out the command ends, the session goes on, and the next report is whole. */
START_TEST(without_memory_there_is_no_line)
{
	volatile unsigned long n = 1, needed;

	no_memory_from(0);
	json_device_line(report, dev);
	needed = no_memory_asked();
	ck_assert_uint_gt(needed, 100);
	arena_on_exhausted(back_to_the_prompt);
	for (; n <= needed; n++) {
		no_memory_from(n);
		if (!setjmp(prompt)) {
			const char *line = json_device_line(report, dev);

			ck_abort_msg("without value %lu of %lu: %s", n, needed, line);
		}
	}
	no_memory_from(0);
	ck_assert_str_eq(value("/name"), "\"nbd101\"");
}
END_TEST

TCase *json_case(void)
{
	TCase *c = tcase_create("json");

	tcase_add_checked_fixture(c, setup, arena_free_all);
	tcase_add_test(c, values_arrive);
	tcase_add_test(c, unknown_is_null_and_present);
	tcase_add_test(c, requests_and_waiters);
	tcase_add_test(c, openers);
	tcase_add_test(c, findings_and_forecast);
	tcase_add_test(c, exited_is_said_only_of_a_whole_task_list);
	tcase_add_test(c, hostile_names_stay_one_line);
	tcase_add_test(c, kernel_line);
	tcase_add_test(c, without_memory_there_is_no_line);
	return c;
}
