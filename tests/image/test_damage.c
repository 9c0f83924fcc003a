// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever is missing of an image, and wherever the user presses Ctrl-C: what the report still says is
 * what the whole image says. A value may become null and a list shorter, and then something in the
 * report tells that not all was read.
 */
#include <stdlib.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

/* An object is cut into so many pieces at most; all but stacks and tables lose each word alone. */
#define PIECES 64
#define WORD   8

static struct layout *layout;
static struct json_object *whole;

static struct image *everything(void)
{
	struct image *image = image_create(layout);
	struct scene scene = scene_build(image);

	extra_all(&scene);
	return image;
}

static void setup(void)
{
	struct image *image;

	layout = layout_load(LAYOUTS, "6.1");
	image = everything();
	whole = run_report(image);
	image_free(image);
}

static void teardown(void)
{
	json_object_put(whole);
	layout_free(layout);
}

/* Two reports compared. */
struct comparison {
	const char *where; /* the first value that the partial report has differently */
	bool less;	   /* it has less than the whole one */
	bool told;	   /* and says so, by a null or a sentence */
};

static bool is_one_of(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(keys[i], key))
			return true;
	}
	return false;
}

/* Sentences and sums that follow from the values which are compared, or that tell of what is
 * missing. */
static bool is_derived(const char *key)
{
	static const char *const keys[] = {
		"findings",
		"cause_id",
		"cause",
		"pids",
		"consequences",
		"steps",
		"why",
		"doubt",
		"reused_by",
		"freed_when",
		"take_down",
		"tasks_in_d",
		"tasks_walked",
		"unreadable",
		"tables_scanned",
		"tables_unreadable",
		"tasks_unreadable",
		"interrupted",
		"openers_found",
		"file_refs_explained",
		"reads",
		"bytes_read",
		"reads_for",
		"bytes_read_for",
	};

	return is_one_of(key, keys, sizeof(keys) / sizeof(keys[0]));
}

/* Of a task with several threads, another thread may be named: its pid and task_struct. */
static bool may_differ(struct json_object *object, const char *key)
{
	static const char *const of_thread[] = {"pid", "task"};

	return is_derived(key) ||
	       (json_object_object_get_ex(object, "tgid", NULL) && is_one_of(key, of_thread, 2));
}

static bool misses_openers(struct json_object *device)
{
	struct json_object *expected, *found;

	return json_object_object_get_ex(device, "openers_expected", &expected) &&
	       json_object_object_get_ex(device, "openers_found", &found) &&
	       !json_object_equal(expected, found);
}

static bool tells(struct json_object *line)
{
	static const char *const numbers[] = {"tables_unreadable", "tasks_unreadable",
					      "interrupted"};
	struct json_object *value;
	bool told = json_object_object_get_ex(line, "unreadable", &value) &&
		    json_object_array_length(value);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		told |= json_object_object_get_ex(line, numbers[i], &value) &&
			json_object_get_int(value);
	return told || misses_openers(line);
}

static void compare(struct comparison *c, const char *key, struct json_object *full,
		    struct json_object *part);

/* Lists lose elements, but gain none and do not change them: what is left is in the same order. */
static void compare_arrays(struct comparison *c, const char *key, struct json_object *full,
			   struct json_object *part)
{
	size_t n = json_object_array_length(part), total = json_object_array_length(full), at = 0;

	c->less |= n < total;
	for (size_t i = 0; i < n; i++) {
		struct comparison element;

		for (; at < total; at++) {
			element = *c;
			compare(&element, key, json_object_array_get_idx(full, at),
				json_object_array_get_idx(part, i));
			if (!element.where)
				break;
		}
		if (at++ >= total) {
			c->where = c->where ? c->where : key;
			return;
		}
		*c = element;
	}
}

/* Names in what is text for people are "?" when unknown, and that of a disk its address. */
static bool is_unknown(struct json_object *value)
{
	const char *text =
		json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;

	return !value || (text && (strchr(text, '?') || !strcmp(text, "unknown") ||
				   !strncmp(text, "gendisk ", 8)));
}

static void compare(struct comparison *c, const char *key, struct json_object *full,
		    struct json_object *part)
{
	if (is_unknown(part)) {
		c->told |= full != NULL;
		c->less |= full != NULL;
	} else if (json_object_is_type(part, json_type_object) && full) {
		json_object_object_foreach(part, name, value)
		{
			struct json_object *other = NULL;

			json_object_object_get_ex(full, name, &other);
			if (!may_differ(full, name))
				compare(c, name, other, value);
		}
		c->told |= tells(part);
	} else if (json_object_is_type(part, json_type_array) && full) {
		compare_arrays(c, key, full, part);
	} else if (!json_object_equal(full, part) && !c->where) {
		c->where = key;
	}
}

/* The whole of a report that does not even come to its first line: it says why. */
static bool is_refusal(const char *output)
{
	return *output != '{' && strchr(output, '\n') == output + strlen(output) - 1;
}

static void is_honest(const char *output, const char *what, uint64_t addr)
{
	struct comparison c = {0};
	struct json_object *part;

	if (is_refusal(output))
		return;
	part = json_lines(output);
	compare(&c, "report", whole, part);
	ck_assert_msg(!c.where, "without %s %lx: \"%s\" differs in %.2000s", what,
		      (unsigned long)addr, c.where, output);
	ck_assert_msg(!c.less || c.told,
		      "without %s %lx less is reported, and nothing said: %.2000s", what,
		      (unsigned long)addr, output);
	json_object_put(part);
}

/* The report of an image that lacks a piece of its i-th object, beginning at *offset, which is moved to
 * the next. False when there is no such piece. */
static bool check_without(size_t i, size_t *offset, bool *object_exists)
{
	struct image *image = everything();
	const struct image_object *objects;
	bool exists;
	size_t n;

	objects = image_objects(image, &n);
	*object_exists = i < n;
	/* The kernel's name is crash's own affair. */
	exists = i < n && *offset < objects[i].size && strcmp(objects[i].what, "uts_namespace");
	if (exists) {
		struct image_object object = objects[i];
		size_t piece =
			object.size / PIECES > WORD ? object.size / PIECES / WORD * WORD : WORD;
		char *output;

		image_cut(image, object.addr + *offset,
			  object.size - *offset < piece ? object.size - *offset : piece);
		output = run(image, "nbd -a -j");
		is_honest(output, object.what, object.addr + *offset);
		free(output);
		*offset += piece;
	}
	image_free(image);
	return exists;
}

START_TEST(nothing_is_made_up_for_what_is_missing)
{
	bool exists = true;

	for (size_t i = 0; exists; i++) {
		size_t offset = 0;

		while (check_without(i, &offset, &exists))
			;
	}
}
END_TEST

START_TEST(nothing_is_made_up_after_an_interrupt)
{
	struct image *image = everything();
	unsigned long reads = 1, told = 0;

	for (unsigned long n = 1; n <= reads; n++) {
		char *output;

		crash_interrupt(n);
		output = run(image, "nbd -a -j");
		reads = crash_reads();
		is_honest(output, "what came after read", n);
		told += strstr(output, "\"interrupted\":true") != NULL;
		free(output);
	}
	/* Where the last reads are, nothing is left to be interrupted. */
	ck_assert_uint_gt(told, reads / 2);
	image_free(image);
}
END_TEST

/* Owners that were not searched for are not missing. */
START_TEST(an_interrupted_socket_line_says_so)
{
	struct image *image = image_create(layout);
	struct scene s = scene_build(image);
	unsigned long reads = 1, told = 0;

	for (unsigned long n = 1; n <= reads; n++) {
		char *output;

		crash_interrupt(n);
		output = run(image, "unix_peer -j %lx", s.ends[0].socket);
		reads = crash_reads();
		told += strstr(output, "\"interrupted\":true") != NULL;
		ck_assert_msg(*output != '{' || strstr(output, "\"interrupted\":true") ||
				      strstr(output, "\"owners\":[{"),
			      "%.1000s", output);
		free(output);
	}
	ck_assert_uint_gt(told, 0);
	image_free(image);
}
END_TEST

/* A tick of more than a second, of next to no time: then it is unknown. */
START_TEST(a_damaged_tick_divides_nothing)
{
	static const uint64_t ticks[] = {0, 1, 47, 1000000001, UINT64_MAX};
	struct image *image = image_create(layout);
	struct scene scene = scene_build(image);

	image_set(image, scene.nbd_device, "nbd_device", "tag_set.timeout", 30 * 250);
	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
		struct json_object *report;

		image_set_pointer(image, scene.kernel.tick_nsec, 0, ticks[i]);
		report = run_report(image);
		is_null(report, "/1/timeout_seconds");
		json_object_put(report);
	}
	image_free(image);
}
END_TEST

/* An fd array that begins elsewhere than it should has files, yet not under their numbers. */
START_TEST(an_fd_array_that_is_not_the_tables)
{
	struct image *image = image_create(layout);
	struct scene s = scene_build(image);
	uint64_t table = image_get(image, s.server.files, "files_struct", "fdt");
	uint64_t fd = image_get(image, table, "fdtable", "fd"), bit = 1u << SCENE_SERVER_FD;
	struct json_object *report;

	image_write(image, image_get(image, table, "fdtable", "open_fds"), &bit, sizeof(bit));
	report = run_report(image);
	is_number(report, "/0/tables_unreadable", 0);
	is_number(report, "/1/connections/0/peer/owners/0/fd", SCENE_SERVER_FD);
	json_object_put(report);
	image_set(image, table, "fdtable", "fd", fd + 2 * sizeof(uint64_t));
	report = run_report(image);
	is_number(report, "/0/tables_unreadable", 1);
	has_elements(report, "/1/connections/0/peer/owners", 0);
	json_object_put(report);
	image_free(image);
}
END_TEST

/* What no kernel can have is said, and is null: "unknown", and no number that a script would believe. */
START_TEST(what_is_impossible_is_unknown)
{
	struct image *image = image_create(layout);
	struct scene s = scene_build(image);
	uint64_t inode = image_at(image, s.ends[0].socket, "socket_alloc", "vfs_inode");
	uint64_t pid = image_get(image, s.ends[0].sk, "sock", "sk_peer_pid");
	uint64_t upid = image_at(image, pid, "pid", "numbers");
	const struct {
		uint64_t addr;
		const char *object, *member, *pointer, *says;
	} damages[] = {
		{s.disk.block_device, "block_device", "bd_nr_sectors", "/1/capacity_bytes",
		 "the number of sectors -1 is impossible"},
		{s.disk.block_device, "block_device", "bd_openers", "/1/openers_expected",
		 "bd_openers -1 is impossible"},
		{s.config, "nbd_config", "recv_threads", "/1/recv_threads",
		 "recv_threads -1 is impossible"},
		{s.config, "nbd_config", "live_connections", "/1/live_connections",
		 "live_connections -1 is impossible"},
		{s.config, "nbd_config", "runtime_flags", "/1/runtime_flags",
		 "runtime_flags -1 is impossible"},
		{s.nbd_device, "nbd_device", "pid", "/1/recv_task",
		 "nbd_device.pid -1 is impossible"},
		{s.nbd_socks[1], "nbd_sock", "dead", "/1/connections/1/dead",
		 "nbd_sock.dead of connection 1 255 is impossible"},
		{s.ends[0].sk, "sock", "sk_shutdown", "/1/connections/0/shutdown",
		 "connection 0: sk_shutdown 255 is impossible"},
		{s.peers[0].sk, "sock", "sk_receive_queue.qlen",
		 "/1/connections/0/peer/receive_queue",
		 "the other end of connection 0: sk_receive_queue.qlen 4294967295 is impossible"},
		{s.ends[0].sk, "sock", "sk_wmem_alloc", "/1/connections/0/send_queue_bytes",
		 "connection 0: the number of bytes in its send queue 4294967294 is impossible"},
		{inode, "inode", "i_ino", "/1/connections/0/inode",
		 "connection 0: i_ino -1 is impossible"},
		{upid, "upid", "nr", "/1/connections/0/peer/listener_pid",
		 ": the pid in sk_peer_pid 4294967295 is impossible"},
		{s.request, "request", "__sector", "/1/requests/0/sector",
		 "sector -2 is impossible"},
	};

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		uint64_t flush = !strcmp(damages[i].member, "__sector");
		uint64_t old =
			image_get(image, damages[i].addr, damages[i].object, damages[i].member);
		struct json_object *report;
		char *output;

		image_set(image, damages[i].addr, damages[i].object, damages[i].member,
			  UINT64_MAX - flush);
		output = run(image, "nbd -a -j");
		ck_assert_msg(strstr(output, damages[i].says) != NULL, "not \"%s\" but %.3000s",
			      damages[i].says, output);
		report = json_lines(output);
		is_null(report, damages[i].pointer);
		json_object_put(report);
		free(output);
		image_set(image, damages[i].addr, damages[i].object, damages[i].member, old);
	}
	image_free(image);
}
END_TEST

/* unix_peer tells it of a socket that is no device's, too, and does not call a name that it could not read
 * missing. */
START_TEST(unix_peer_tells_what_is_impossible)
{
	struct image *image = image_create(layout);
	struct scene s = scene_build(image);
	struct json_object *lines;
	char *output;

	image_set(image, s.peers[0].sk, "sock", "sk_shutdown", 255);
	image_set(image, s.peers[0].sk, "sock", "sk_receive_queue.qlen", UINT32_MAX);
	image_set(image, s.peers[0].sk, "unix_sock", "addr", 47);
	output = run(image, "unix_peer -j %lx", s.ends[0].socket);
	lines = json_lines(output);
	has_elements(lines, "/0/unreadable", 2);
	is_number(lines, "/0/tables_unreadable", 0);
	is_true(lines, "/0/interrupted", false);
	is_string(
		lines, "/0/unreadable/0",
		"the other end: sk_shutdown 255 is impossible; sk_receive_queue.qlen 4294967295 is "
		"impossible");
	is_string(lines, "/0/unreadable/1", "the other end: its name could not be read");
	is_null(lines, "/0/peer/path");
	json_object_put(lines);
	free(output);
	output = run(image, "unix_peer %lx", s.ends[0].socket);
	ck_assert_ptr_nonnull(strstr(output, "! unreadable: sk_shutdown 255 is impossible"));
	ck_assert_ptr_nonnull(strstr(output, "! unreadable: its name could not be read"));
	ck_assert_ptr_nonnull(strstr(output, "  name        ?\n"));
	free(output);
	image_free(image);
}
END_TEST

TCase *damage_case(void)
{
	TCase *tc = tcase_create("damage");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, nothing_is_made_up_for_what_is_missing);
	tcase_add_test(tc, nothing_is_made_up_after_an_interrupt);
	tcase_add_test(tc, an_interrupted_socket_line_says_so);
	tcase_add_test(tc, a_damaged_tick_divides_nothing);
	tcase_add_test(tc, an_fd_array_that_is_not_the_tables);
	tcase_add_test(tc, what_is_impossible_is_unknown);
	tcase_add_test(tc, unix_peer_tells_what_is_impossible);
	return tc;
}
