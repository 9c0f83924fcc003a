// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a device is stuck, against the guest's record: findings, forecast, openers, requests, waiters. */
#include <string.h>

#include "e2e.h"
#include "waiting.h"

/* The guest takes the time, then writes its record and crashes. */
#define SECONDS_TO_THE_CRASH 1.0
/* Between a request as announced and as made its task may have to wait for a CPU. */
#define SECONDS_TO_THE_REQUEST 2

static const char *name;
static json *facts, *dev;

static void scene_of_round(int i)
{
	name = scene_name((size_t)i);
	facts = scene(name);
	dev = scene_device(name);
}

static bool holds(json *array, const char *id)
{
	for (size_t i = 0; array && i < json_object_array_length(array); i++) {
		if (!strcmp(json_object_get_string(json_object_array_get_idx(array, i)), id))
			return true;
	}
	return false;
}

static bool is_found(const char *id)
{
	for (size_t i = 0; i < length_at(dev, "/findings"); i++) {
		if (!strcmp(string_at(dev, "/findings/%zu/id", i), id))
			return true;
	}
	return false;
}

/* No finding more and none less than is written beside the scene; what luck decides is named there. */
START_TEST(findings)
{
	scene_of_round(_i);
	ck_assert_ptr_nonnull(at(facts, "/findings"));
	for (size_t i = 0; i < length_at(dev, "/findings"); i++) {
		const char *id = string_at(dev, "/findings/%zu/id", i);

		ck_assert_msg(holds(at(facts, "/findings"), id) ||
				      holds(at(facts, "/findings_maybe"), id) ||
				      holds(at(facts, "/findings_to_come"), id),
			      "%s: %s was not expected", name, id);
	}
	for (size_t i = 0; i < length_at(facts, "/findings_to_come"); i++) {
		const char *id = string_at(facts, "/findings_to_come/%zu", i);

		ck_assert_msg(is_found(id), "%s: %s is missing", name, id);
	}
	for (size_t i = 0; i < length_at(facts, "/findings"); i++)
		ck_assert_msg(is_found(string_at(facts, "/findings/%zu", i)), "%s: %s is missing",
			      name, string_at(facts, "/findings/%zu", i));
}
END_TEST

/* A device whose scene expects no trouble has no finding above info. */
START_TEST(healthy_devices_have_no_warning)
{
	static const char *const healthy[] = {
		"healthy-ioctl", "netlink-exited", "abstract",	  "tcp4",
		"tcp6",		 "shared-socket",  "real-tcp",	  "qemu-nbd",
		"scm-rights",	 "io-uring",	   "mounted",	  "swap",
		"dm-linear",	 "partition",	   "timeout-set", "loop-over-nbd"};

	dev = scene_device(healthy[_i]);
	for (size_t i = 0; i < length_at(dev, "/findings"); i++)
		ck_assert_msg(!strcmp(string_at(dev, "/findings/%zu/severity", i), "info"),
			      "%s: %s", healthy[_i], string_at(dev, "/findings/%zu/id", i));
}
END_TEST

/* What a fresh task of the guest really got, each way, is what the report says it would get. */
START_TEST(forecast)
{
	size_t compared = 0;

	json_object_object_foreach(at(truth(), "/attach"), device_name, got)
	{
		json *said = NULL;
		struct lines all = output_lines("nbd-a-j");

		for (size_t i = 1; i < all.n; i++) {
			if (!strcmp(string_at(all.v[i], "/name"), device_name))
				said = at(all.v[i], "/attach");
		}
		ck_assert_msg(said != NULL, "no forecast for %s", device_name);
		json_object_object_foreach(got, way, result)
		{
			const char *expected = json_object_get_string(result);
			/* What hangs on genl_mutex now mostly did not when the guest tried. */
			const char *later = at(said, "/%s/later", way) && strcmp(expected, "hangs")
						    ? "/later"
						    : "";

			ck_assert_msg(
				!strcmp(string_at(said, "/%s%s/result", way, later), expected),
				"%s %s: the guest got %s, the report says %s (%s)", device_name,
				way, expected, string_at(said, "/%s%s/result", way, later),
				string_at(said, "/%s%s/why", way, later));
			compared++;
		}
	}
	ck_assert_uint_gt(compared, scene("field-case") ? 3 * 20 : 0);
}
END_TEST

/* Sets of "tgid:fd " that have the device or a partition open. */
static const char *openers_in_truth(const char *nbd)
{
	static char text[4096];
	json *processes = at(truth(), "/processes");
	char *end = text;

	*text = '\0';
	for (size_t p = 0; p < json_object_array_length(processes); p++) {
		json *process = json_object_array_get_idx(processes, p);

		for (size_t t = 0; t < length_at(process, "/threads"); t++) {
			json *thread = at(process, "/threads/%zu", t);
			json *table = at(thread, "/files_of");

			if (!table || json_object_get_int64(table) != int_at(thread, "/tid"))
				continue;
			for (size_t f = 0; f < length_at(thread, "/fds"); f++) {
				if (!is_link_to(string_at(thread, "/fds/%zu/link", f), nbd))
					continue;
				end += sprintf(end, "%d:%d ", (int)int_at(process, "/tgid"),
					       (int)int_at(thread, "/fds/%zu/fd", f));
			}
		}
	}
	return text;
}

/* The name of the device, or of a partition of it. */
static void is_of_device(const char *on)
{
	const char *nbd = string_at(facts, "/device");
	size_t len = strlen(nbd);

	ck_assert_msg(!strncmp(on, nbd, len) &&
			      (!on[len] || (on[len] == 'p' && strspn(on + len + 1, "0123456789") ==
								      strlen(on + len + 1))),
		      "%s: %s", nbd, on);
}

/* Every process that has the device open, and none besides; and the kernel's own count is reached. */
START_TEST(openers)
{
	char found[4096], *end = found;
	const char *expected;
	size_t fds = 0, others = 0, opening = 0;

	scene_of_round(_i);
	expected = openers_in_truth(string_at(facts, "/device"));
	*found = '\0';
	for (size_t i = 0; i < length_at(dev, "/openers"); i++) {
		json *opener = at(dev, "/openers/%zu", i);

		is_of_device(string_at(opener, "/on"));
		if (strcmp(string_at(opener, "/kind"), "fd")) {
			others++;
			continue;
		}
		end += sprintf(end, "%d:%d ", (int)int_at(opener, "/task/tgid"),
			       (int)int_at(opener, "/fd"));
		fds++;
	}
	ck_assert_msg(strlen(found) == strlen(expected), "%s: found %s, the guest had %s", name,
		      found, expected);
	for (const char *one = strtok(found, " "); one; one = strtok(NULL, " "))
		ck_has(expected, one);
	/* The one opener of this scene is in no list that could be searched, and that must be said. */
	if (!strcmp(name, "mapped")) {
		ck_assert(is_found("unaccounted-opener"));
		ck_assert_int_eq(int_at(dev, "/openers_expected"), 1);
		ck_assert_uint_eq(fds + others, 0);
		return;
	}
	ck_assert(!is_found("unaccounted-opener"));
	/* By 6.12 a task that hangs in open() is counted already. */
	for (size_t i = 0; i < length_at(dev, "/waiters"); i++)
		opening += !strcmp(string_at(dev, "/waiters/%zu/blocked_in", i), "open");
	ck_assert_int_le(int_at(dev, "/openers_found"), int_at(dev, "/openers_expected"));
	ck_assert_int_ge(int_at(dev, "/openers_found") + (int64_t)opening,
			 int_at(dev, "/openers_expected"));
	ck_assert_int_le(int_at(dev, "/openers_found"), (int64_t)(fds + 2 * others));
	ck_assert(int_at(dev, "/openers_expected") > 0 || fds + others == 0);
}
END_TEST

/* Openers that are no processes. */
START_TEST(kernel_openers)
{
	static const struct {
		const char *scene, *kind, *what;
	} expected[] = {
		{"mounted", "mount", "ext4 on /mnt/nbd"},
		{"swap", "swap", "swap (nbd16)"},
		{"dm-linear", "holder", "dm-0 \"over-nbd\" (on nbd17)"},
		{"loop-over-nbd", "kernel", "loop5 (on nbd27)"},
	};

	dev = scene_device(expected[_i].scene);
	ck_assert_uint_eq(length_at(dev, "/openers"), 1);
	ck_assert_str_eq(string_at(dev, "/openers/0/kind"), expected[_i].kind);
	ck_has(string_at(dev, "/openers/0/what"),
	       keeps_variables() || strncmp(expected[_i].what, "dm-0", 4)
		       ? expected[_i].what
		       : "dm-0 \"?\" (on nbd17)");
	ck_assert_ptr_null(at(dev, "/openers/0/task"));
}
END_TEST

START_TEST(partition_opener)
{
	dev = scene_device("partition");
	ck_assert_uint_eq(length_at(dev, "/openers"), 1);
	ck_assert_str_eq(string_at(dev, "/openers/0/kind"), "fd");
	ck_has(string_at(dev, "/openers/0/what"), "p1");
}
END_TEST

static bool same(json *a, json *b)
{
	return json_object_equal(a, b);
}

/* The request that a task of the guest issued, among those of the report. */
static json *reported_request(json *issued)
{
	for (size_t i = 0; i < length_at(dev, "/requests"); i++) {
		json *request = at(dev, "/requests/%zu", i);

		if (!strcmp(string_at(request, "/op"), string_at(issued, "/op")) &&
		    same(at(request, "/sector"), at(issued, "/sector")) &&
		    same(at(request, "/bytes"), at(issued, "/bytes")))
			return request;
	}
	return NULL;
}

/* debugfs has it with this tag in this hardware queue: "... {.op=READ, ... .tag=33, ...}". */
static bool is_in_debugfs(json *request)
{
	json *lines = at(truth(), "/requests/%s/hctx%d", string_at(facts, "/device"),
			 (int)int_at(request, "/queue"));
	char op[32], tag[32];

	snprintf(op, sizeof(op), "{.op=%s,", string_at(request, "/op"));
	snprintf(tag, sizeof(tag), ".tag=%d,", (int)int_at(request, "/tag"));
	for (size_t i = 0; lines && i < json_object_array_length(lines); i++) {
		const char *line = json_object_get_string(json_object_array_get_idx(lines, i));

		if (strstr(line, op) && strstr(line, tag))
			return true;
	}
	return false;
}

/* Operation, sector, length and age, and none that nobody issued. */
START_TEST(requests)
{
	double now = (double)int_at(truth(), "/clock/monotonic_ns") / 1e9;
	size_t n;

	scene_of_round(_i);
	n = length_at(facts, "/requests");
	ck_assert_uint_eq(length_at(dev, "/requests"), n);
	for (size_t i = 0; i < n; i++) {
		json *issued = at(facts, "/requests/%zu", i), *request = reported_request(issued);
		double age, expected = now - (double)int_at(issued, "/issued_monotonic_ns") / 1e9;

		ck_assert_msg(request != NULL, "%s: no %s at %s", name, string_at(issued, "/op"),
			      string_at(issued, "/sector"));
		age = json_object_get_double(at(request, "/age_seconds"));
		ck_assert_double_ge(age, expected - SECONDS_TO_THE_REQUEST);
		ck_assert_double_le(age, expected + SECONDS_TO_THE_CRASH);
		if (at(request, "/sent"))
			ck_assert_int_eq(int_at(request, "/sent"), 1);
		if (at(facts, "/requests_connection"))
			ck_assert_int_eq(int_at(request, "/connection"),
					 int_at(facts, "/requests_connection"));
		else if (int_at(facts, "/connections") == 1)
			ck_assert_int_eq(int_at(request, "/connection"), 0);
		ck_assert_msg(is_in_debugfs(request), "%s: the block layer knows no such tag: %s",
			      name, json_object_to_json_string(request));
	}
}
END_TEST

/* In what a task waits that has issued this. */
static const char *const waits_in[][2] = {
	{"READ", "read"}, {"WRITE", "write"}, {"FLUSH", "flush"}, {"DISCARD", ""}};

static json *waiter_with(const char *list, json *object, int64_t tid)
{
	for (size_t w = 0; w < length_at(object, list); w++) {
		if (int_at(object, "%s/%zu/pid", list, w) == tid)
			return at(object, "%s/%zu", list, w);
	}
	return NULL;
}

/* TASK_COMM_LEN without the NUL. */
#define COMM_LENGTH 15

/* Process, name and state are those that the guest saw. */
static void is_thread_of_guest(json *task)
{
	int64_t tid = int_at(task, "/pid");
	const char *comm;

	ck_assert_msg(truth_thread(tid) != NULL, "%s: the guest had no thread %d", name, (int)tid);
	comm = string_at(truth_thread(tid), "/comm");
	/* /proc shows of a worker what it works on, too, and all of its name: "kworker/0:1H+kblockd",
	 * "kworker/R-kblockd" of a task whose comm is "kworker/R-kbloc". */
	ck_assert_str_eq(
		string_at(task, "/comm"),
		strndup(comm, strcspn(comm, "+") < COMM_LENGTH ? strcspn(comm, "+") : COMM_LENGTH));
	ck_assert_int_eq(*string_at(task, "/state"), truth_state(tid));
	ck_assert_uint_eq(strlen(string_at(task, "/state")), 1);
	ck_assert_int_eq(int_at(task, "/tgid"), truth_process_of(tid));
}

/* Some request of the scene explains what the task waits in; a discard is made by an ioctl or a write. */
static void waits_for_something_issued(json *waiter)
{
	const char *in = string_at(waiter, "/blocked_in");

	for (size_t i = 0; i < length_at(facts, "/requests"); i++) {
		for (size_t k = 0; k < sizeof(waits_in) / sizeof(waits_in[0]); k++) {
			const char *op = string_at(facts, "/requests/%zu/op", i);

			if (!strcmp(op, waits_in[k][0]) &&
			    (!strcmp(in, waits_in[k][1]) ||
			     (!*waits_in[k][1] && (!strcmp(in, "write") || !strcmp(in, "ioctl")))))
				return;
		}
	}
	ck_abort_msg("%s: waits in %s", name, in);
}

/* Who waits for I/O, and in what: every thread of the actors that the guest saw in D. */
START_TEST(waiters)
{
	static const char *const keys[] = {"io_tids", "writer_tids", "opener_tids", "reader_tids"};

	scene_of_round(_i);
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		json *tids = at(facts, "/%s", keys[k]);

		for (size_t i = 0; tids && i < json_object_array_length(tids); i++) {
			int64_t tid = json_object_get_int64(json_object_array_get_idx(tids, i));
			json *waiter = waiter_with("/waiters", dev, tid);

			ck_assert_int_eq(truth_state(tid), 'D');
			ck_assert_msg(waiter != NULL, "%s: %d waits and is not named", name,
				      (int)tid);
			waits_for_something_issued(waiter);
		}
	}
	for (size_t w = 0; w < length_at(dev, "/waiters"); w++) {
		ck_assert_int_eq(truth_state(int_at(dev, "/waiters/%zu/pid", w)), 'D');
		is_thread_of_guest(at(dev, "/waiters/%zu", w));
	}
}
END_TEST

/* A thread of an actor that makes the scene's requests, one each. */
static bool is_one_that_asked(int64_t tid)
{
	json_object_object_foreach(facts, key, value)
	{
		size_t len = strlen(key);

		if (len > 5 && !strcmp(key + len - 5, "_tids") && waiting_has_number(value, tid))
			return true;
	}
	return false;
}

/* Who has asked for something waits since then: a little less where it had to wait for a processor, a little more since the
 * guest took the time before it crashed. submit_bio_wait() wakes up now and then, so that nobody takes the task for hung. */
START_TEST(how_long_they_wait)
{
	double now = (double)int_at(truth(), "/clock/monotonic_ns") / 1e9, first = now, last = 0;

	scene_of_round(_i);
	for (size_t r = 0; r < length_at(facts, "/requests"); r++) {
		double at_ns = (double)int_at(facts, "/requests/%zu/issued_monotonic_ns", r) / 1e9;

		first = at_ns < first ? at_ns : first;
		last = at_ns > last ? at_ns : last;
	}
	for (size_t w = 0; last > 0 && w < length_at(dev, "/waiters"); w++) {
		json *waited = at(dev, "/waiters/%zu/waiting_seconds", w);
		double seconds = waited ? json_object_get_double(waited) : -1;

		int64_t tid = int_at(dev, "/waiters/%zu/pid", w);

		if (!is_one_that_asked(tid))
			continue;
		if (!strstr(truth_stack(tid), "submit_bio_wait"))
			ck_assert_double_ge(seconds, now - last - SECONDS_TO_THE_REQUEST);
		ck_assert_double_ge(seconds, 0);
		ck_assert_double_le(seconds, now - first + SECONDS_TO_THE_CRASH);
	}
}
END_TEST

/* Who waits for a request is among those who wait for the device; a lone request has a lone reader. */
START_TEST(waiters_of_requests)
{
	json *tids;

	scene_of_round(_i);
	for (size_t r = 0; r < length_at(dev, "/requests"); r++) {
		json *request = at(dev, "/requests/%zu", r);

		for (size_t w = 0; w < length_at(request, "/waiters"); w++) {
			json *waiter = at(request, "/waiters/%zu", w);

			is_thread_of_guest(waiter);
			ck_assert_ptr_nonnull(waiter_with("/waiters", dev, int_at(waiter, "/pid")));
		}
	}
	tids = at(facts, "/reader_tids");
	if (length_at(dev, "/requests") != 1 || !tids)
		return;
	ck_assert_uint_eq(length_at(dev, "/requests/0/waiters"), json_object_array_length(tids));
	for (size_t i = 0; i < json_object_array_length(tids); i++)
		ck_assert_ptr_nonnull(
			waiter_with("/requests/0/waiters", dev,
				    json_object_get_int64(json_object_array_get_idx(tids, i))));
}
END_TEST

/* As the list of identifiers has them; two depend on whether the device works. */
START_TEST(severities)
{
	static const char *const errors[] = {"peer-closed",	  "peer-stopped",
					     "peer-blocked",	  "leaked-connections",
					     "pinned-by-openers", "stuck-requests"};
	static const char *const infos[] = {"no-timeout", "setup-by-other-task"};
	static const char *const depends[] = {"stale-setup-task", "no-owner"};

	scene_of_round(_i);
	for (size_t i = 0; i < length_at(dev, "/findings"); i++) {
		const char *id = string_at(dev, "/findings/%zu/id", i), *expected = "warning";
		bool working = int_at(dev, "/recv_threads") > 0;

		for (size_t k = 0; k < sizeof(errors) / sizeof(errors[0]); k++)
			expected = strcmp(id, errors[k]) ? expected : "error";
		for (size_t k = 0; k < 2; k++)
			expected = strcmp(id, infos[k]) ? expected : "info";
		if (!strcmp(id, depends[0]))
			expected = working ? "info" : "error";
		if (!strcmp(id, depends[1]))
			expected = working ? "info" : "warning";
		ck_assert_msg(!strcmp(string_at(dev, "/findings/%zu/severity", i), expected),
			      "%s: %s is %s", name, id,
			      string_at(dev, "/findings/%zu/severity", i));
	}
}
END_TEST

/* A remembered task that is said to use the device has it, or a socket of it, open; and the reverse. */
START_TEST(remembered_tasks_use_the_device)
{
	static const char *const keys[] = {"setup_task", "recv_task"};

	scene_of_round(_i);
	for (size_t k = 0; k < 2; k++) {
		json *task = at(dev, "/%s", keys[k]);

		if (!task || !at(task, "/uses_device"))
			continue;
		ck_assert_msg(int_at(task, "/uses_device") ==
				      truth_process_has(int_at(task, "/pid"),
							string_at(facts, "/device"),
							at(facts, "/sockets")),
			      "%s: %s %s", name, keys[k], json_object_to_json_string(task));
	}
}
END_TEST

/* The task at task_setup's address is the one that set the device up, or a younger one that has its memory. */
START_TEST(who_set_it_up)
{
	json *address, *reuser;

	scene_of_round(_i);
	address = at(facts, "/setup_task");
	reuser = at(facts, "/reuser_pid");
	if (!address)
		return;
	ck_assert_uint_eq(strtoull(string_at(dev, "/setup_task/task"), NULL, 16),
			  strtoull(json_object_get_string(address), NULL, 16));
	if (reuser) {
		ck_assert_str_eq(string_at(dev, "/setup_task/state"), "exited");
		ck_assert_int_eq(int_at(dev, "/setup_task/reused_by/pid"),
				 json_object_get_int64(reuser));
	} else {
		ck_assert_str_eq(string_at(dev, "/setup_task/state"), "live");
		ck_assert_int_eq(int_at(dev, "/setup_task/pid"), int_at(facts, "/client_pid"));
	}
}
END_TEST

/* Attempts that hang: in open, in freeze, and behind the one that freezes. */
START_TEST(hanging_attempts)
{
	json *pids = at(truth(), "/attach_pids");
	size_t n = 0;

	json_object_object_foreach(pids, device_name, ways)
	{
		dev = device(device_name);
		json_object_object_foreach(ways, way, pid)
		{
			bool named = false;

			for (size_t w = 0; w < length_at(dev, "/waiters"); w++)
				named |= int_at(dev, "/waiters/%zu/pid", w) ==
					 json_object_get_int64(pid);
			ck_assert_msg(named, "%s: the task that hangs in %s is no waiter",
				      device_name, way);
			n++;
		}
	}
	/* Fewer where no NBD_SET_SOCK hangs with a lock. */
	ck_assert_uint_gt(n, scene("field-case") ? 3 : 1);
}
END_TEST

/* In another image a netlink attempt hangs (nbd20): it stops all others of the host, and is named for it. Not on a
 * kernel that refuses the NBD_SET_SOCK whose lock it would wait for. */
START_TEST(stopped_netlink)
{
	struct lines lines = output_lines("netlink-hang-j");
	json *record = json_tokener_parse(output("netlink-hang-truth"));
	json *unused = lines.v[1];
	int64_t pid;

	if (!strcmp(string_at(scene("set-sock-hang"), "/attempt_set_sock"), "EBUSY")) {
		ck_assert_str_eq(string_at(record, "/attach/nbd20/netlink"), "EBUSY");
		ck_assert_ptr_null(at(lines.v[0], "/genl_lock_owner"));
		return;
	}
	ck_assert_str_eq(string_at(record, "/attach/nbd20/netlink"), "hangs");
	pid = int_at(record, "/attach_pids/nbd20/netlink");
	ck_assert_int_eq(int_at(lines.v[0], "/genl_lock_owner/pid"), pid);
	ck_assert_str_eq(string_at(unused, "/name"), "nbd0");
	ck_assert_str_eq(string_at(unused, "/attach/netlink/result"), "hangs");
	ck_assert_str_eq(string_at(unused, "/attach/netlink/later/result"), "ok");
	ck_assert_ptr_null(at(unused, "/attach/set_sock/later"));
	ck_has(output("netlink-hang"), "holds genl_mutex and waits in D");
	ck_has(output("netlink-hang"), "once it lets go: hangs, ");
	/* And where nobody hangs, nobody is named. */
	ck_assert_ptr_null(at(kernel_line(), "/genl_lock_owner"));
	ck_assert_ptr_null(at(scene_device("partition"), "/attach/netlink/later"));
}
END_TEST

/* What the field case is about. */
START_TEST(field_case)
{
	json *evidence, *finding = NULL;
	char opener[64];

	facts = scene("field-case");
	dev = scene_device("field-case");
	for (size_t i = 0; i < length_at(dev, "/findings"); i++) {
		if (!strcmp(string_at(dev, "/findings/%zu/id", i), "leaked-connections"))
			finding = at(dev, "/findings/%zu", i);
	}
	ck_assert_ptr_nonnull(finding);
	ck_has(string_at(finding, "/text"), "1310 connections");
	ck_assert_str_eq(string_at(finding, "/kernel_commit"), "04d8fb23e520");
	snprintf(opener, sizeof(opener), "qemu-kvm (%d) fd %d", (int)int_at(facts, "/opener_pid"),
		 (int)int_at(facts, "/opener_fd"));
	ck_has(string_at(finding, "/remedy"), opener);
	evidence = at(finding, "/evidence");
	ck_assert(holds(evidence, string_at(dev, "/config")));
	ck_has(output("nbd-d-nbd101"), opener);
	ck_has(output("nbd-d-nbd101"), "freed when");
}
END_TEST

/* True when the request is, or is a part of, what a task of the guest asked for. */
static bool is_part_of(json *request, json *asked)
{
	int64_t begin, from;

	if (strcmp(string_at(request, "/op"), string_at(asked, "/op")))
		return false;
	if (!at(asked, "/sector"))
		return true;
	begin = int_at(request, "/sector");
	from = int_at(asked, "/sector");
	return begin >= from &&
	       begin * 512 + int_at(request, "/bytes") <= from * 512 + int_at(asked, "/bytes");
}

/* Started ones, in which tag, are the block layer's word; what they are about is what was asked for. */
START_TEST(started_requests)
{
	size_t n = 0;

	scene_of_round(_i);
	json_object_object_foreach(at(truth(), "/requests"), device_name, queues)
	{
		if (strcmp(device_name, string_at(facts, "/device")))
			continue;
		json_object_object_foreach(queues, queue, lines)
		{
			(void)queue;
			n += json_object_array_length(lines);
		}
	}
	ck_assert_uint_eq(length_at(dev, "/requests"), n);
	for (size_t i = 0; i < n; i++) {
		json *request = at(dev, "/requests/%zu", i);
		bool asked = !at(facts, "/requests");

		ck_assert_msg(is_in_debugfs(request), "%s: the block layer knows no such tag: %s",
			      name, json_object_to_json_string(request));
		for (size_t k = 0; k < length_at(facts, "/requests"); k++)
			asked |= is_part_of(request, at(facts, "/requests/%zu", k));
		ck_assert_msg(asked, "%s: nobody asked for %s", name,
			      json_object_to_json_string(request));
	}
}
END_TEST

/* Nobody is said to wait for a device who waits for something else. */
START_TEST(waiters_are_explained)
{
	scene_of_round(_i);
	for (size_t w = 0; w < length_at(dev, "/waiters"); w++) {
		json *waiter = at(dev, "/waiters/%zu", w);

		is_thread_of_guest(waiter);
		ck_assert_msg(waiting_is_explained(facts, int_at(waiter, "/pid")) ||
				      waiting_is_nbds_worker(int_at(waiter, "/pid")),
			      "%s: %s", name, json_object_to_json_string(waiter));
	}
}
END_TEST

/* The record itself: of each task in D some scene says whether it is its device's, and what it says is in D. */
START_TEST(each_task_in_d_is_some_scenes)
{
	json *tasks = at(truth(), "/tasks_in_d");

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		json *task = json_object_array_get_idx(tasks, i);
		int64_t tid = int_at(task, "/tid");
		size_t claims = 0;

		for (size_t s = 0; s < scene_count(); s++)
			claims += waiting_is_explained(scene(scene_name(s)), tid) ||
				  waiting_has_number(at(scene(scene_name(s)), "/tasks_in_d_apart"),
						     tid);
		ck_assert_msg(claims == 1 || (!claims && waiting_is_nbds_worker(tid)),
			      "%zu scenes know of %s", claims, json_object_to_json_string(task));
	}
	for (size_t s = 0; s < scene_count(); s++) {
		json *explained = at(scene(scene_name(s)), "/tasks_in_d");

		for (size_t i = 0; i < json_object_array_length(explained); i++)
			ck_assert_int_eq(truth_state(json_object_get_int64(
						 json_object_array_get_idx(explained, i))),
					 'D');
	}
}
END_TEST

/* Each task that the guest had in D is explained, or rightly not. */
START_TEST(balance)
{
	json *tasks = at(truth(), "/tasks_in_d"), *rest = at(kernel_line(), "/tasks_in_d/rest");
	int64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		json *task = json_object_array_get_idx(tasks, i);
		int64_t tid = int_at(task, "/tid");
		bool explained = waiting_is_nbds_worker(tid);

		for (size_t s = 0; s < scene_count(); s++)
			explained |= waiting_is_explained(scene(scene_name(s)), tid);
		ck_assert_msg(waiting_has_pid(rest, tid) == !explained, "%s is %s",
			      json_object_to_json_string(task),
			      explained ? "not explained" : "explained");
	}
	for (size_t i = 0; i < length_at(kernel_line(), "/tasks_in_d/devices"); i++)
		sum += int_at(kernel_line(), "/tasks_in_d/devices/%zu/tasks", i);
	ck_assert_int_eq(sum, int_at(kernel_line(), "/tasks_in_d/explained"));
	ck_assert_int_eq(int_at(kernel_line(), "/tasks_in_d/total"),
			 sum + (int64_t)json_object_array_length(rest));
	ck_assert_int_eq(int_at(kernel_line(), "/tasks_in_d/states_unread"), 0);
}
END_TEST

/* And by the device of its scene. */
START_TEST(tasks_of_the_scene_are_its_devices)
{
	json *explained;

	scene_of_round(_i);
	explained = at(facts, "/tasks_in_d");
	for (size_t i = 0; i < json_object_array_length(explained); i++) {
		int64_t tid = json_object_get_int64(json_object_array_get_idx(explained, i));
		/* Of which device a worker is, /proc does not say. */
		bool found = waiting_is_nbds_worker(tid) ||
			     waiting_has_pid(at(dev, "/waiters"), tid) ||
			     waiting_has_pid(at(dev, "/reconnect_waiters"), tid) ||
			     waiting_has_pid(at(dev, "/tag_waiters"), tid) ||
			     waiting_has_pid(at(dev, "/behind"), tid);

		for (size_t c = 0; c < length_at(dev, "/connections"); c++)
			found |= waiting_has_pid(at(dev, "/connections/%zu/sender/behind", c), tid);
		ck_assert_msg(found, "%s: %d is not among those who wait", name, (int)tid);
	}
}
END_TEST

/* What holds in the play "stuck", too: facts, not yet what follows from them. */
TCase *stuck_case(void)
{
	TCase *c = tcase_create("stuck");
	int n = (int)scene_count();

	tcase_set_timeout(c, 60);
	tcase_add_test(c, each_task_in_d_is_some_scenes);
	tcase_add_test(c, balance);
	tcase_add_loop_test(c, tasks_of_the_scene_are_its_devices, 0, n);
	tcase_add_loop_test(c, findings, 0, n);
	tcase_add_test(c, forecast);
	tcase_add_loop_test(c, openers, 0, n);
	tcase_add_loop_test(c, started_requests, 0, n);
	tcase_add_loop_test(c, who_set_it_up, 0, n);
	tcase_add_loop_test(c, how_long_they_wait, 0, n);
	tcase_add_loop_test(c, waiters_are_explained, 0, n);
	tcase_add_loop_test(c, remembered_tasks_use_the_device, 0, n);
	return c;
}

TCase *why_case(void)
{
	TCase *c = tcase_create("why");
	int n = (int)scene_count();

	tcase_set_timeout(c, 60);
	tcase_add_test(c, each_task_in_d_is_some_scenes);
	tcase_add_test(c, balance);
	tcase_add_loop_test(c, tasks_of_the_scene_are_its_devices, 0, n);
	tcase_add_loop_test(c, findings, 0, n);
	tcase_add_loop_test(c, healthy_devices_have_no_warning, 0, 16);
	tcase_add_test(c, forecast);
	tcase_add_loop_test(c, openers, 0, n);
	tcase_add_loop_test(c, kernel_openers, 0, 4);
	tcase_add_test(c, partition_opener);
	tcase_add_loop_test(c, requests, 0, n);
	tcase_add_loop_test(c, waiters, 0, n);
	tcase_add_test(c, hanging_attempts);
	tcase_add_loop_test(c, how_long_they_wait, 0, n);
	tcase_add_loop_test(c, waiters_of_requests, 0, n);
	tcase_add_loop_test(c, severities, 0, n);
	tcase_add_loop_test(c, remembered_tasks_use_the_device, 0, n);
	tcase_add_test(c, stopped_netlink);
	if (scene("field-case"))
		tcase_add_test(c, field_case);
	return c;
}
