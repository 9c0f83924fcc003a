// SPDX-License-Identifier: GPL-2.0-or-later
#include "data.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SCENES 64
#define MAX_OWNERS 4096

static const char *outputs;
static json *guest;
static const char *scenes[MAX_SCENES];
static size_t n_scenes;
static struct lines report;
static bool testing;

/* Check can only be told of a failure inside a test. */
static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (testing)
		ck_abort_msg("%s", text);
	fprintf(stderr, "e2e: %s\n", text);
	exit(EXIT_FAILURE);
}

static char *read_file(const char *dir, const char *name)
{
	char path[4096];
	size_t size = 0, got;
	char *text = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		give_up("%s: %s", path, strerror(errno));
	do {
		text = realloc(text, size + (1 << 20) + 1);
		got = fread(text + size, 1, 1 << 20, f);
		size += got;
	} while (got);
	text[size] = '\0';
	fclose(f);
	return text;
}

const char *output(const char *name)
{
	return read_file(outputs, name);
}

struct lines output_lines(const char *name)
{
	struct lines lines = {0};
	char *text = read_file(outputs, name), *rest = text;

	for (char *line; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		lines.v = realloc(lines.v, (lines.n + 1) * sizeof(*lines.v));
		lines.v[lines.n] = json_tokener_parse(line);
		if (!lines.v[lines.n++])
			give_up("%s/%s: not JSON: %.200s", outputs, name, line);
	}
	free(text);
	return lines;
}

void data_load(const char *output_dir, const char *fixture_dir, bool for_tests)
{
	char *text = read_file(fixture_dir, "truth.json");

	outputs = output_dir;
	guest = json_tokener_parse(text);
	free(text);
	if (!guest || !at(guest, "/scenes"))
		give_up("%s/truth.json is damaged", fixture_dir);
	json_object_object_foreach(at(guest, "/scenes"), name, facts)
	{
		(void)facts;
		if (n_scenes < MAX_SCENES)
			scenes[n_scenes++] = name;
	}
	report = output_lines("nbd-j");
	testing = for_tests;
}

json *truth(void)
{
	return guest;
}

size_t scene_count(void)
{
	return n_scenes;
}

const char *scene_name(size_t i)
{
	return scenes[i];
}

json *scene(const char *name)
{
	return at(guest, "/scenes/%s", name);
}

json *kernel_line(void)
{
	if (!report.n)
		give_up("the report is empty");
	return report.v[0];
}

json *device(const char *name)
{
	for (size_t i = 0; i < report.n; i++) {
		const char *found = string_at(report.v[i], "/name");

		if (found && !strcmp(found, name))
			return report.v[i];
	}
	give_up("the report has no device %s", name);
}

json *scene_device(const char *name)
{
	json *facts = scene(name);

	if (!facts)
		give_up("the guest played no scene %s", name);
	return device(string_at(facts, "/device"));
}

static json *pointer(json *object, const char *format, va_list ap)
{
	char path[256];
	json *found = NULL;

	vsnprintf(path, sizeof(path), format, ap);
	return object && !json_pointer_get(object, path, &found) ? found : NULL;
}

json *at(json *object, const char *format, ...)
{
	va_list ap;
	json *found;

	va_start(ap, format);
	found = pointer(object, format, ap);
	va_end(ap);
	return found;
}

int64_t int_at(json *object, const char *format, ...)
{
	va_list ap;
	json *found;

	va_start(ap, format);
	found = pointer(object, format, ap);
	va_end(ap);
	if (!json_object_is_type(found, json_type_int) &&
	    !json_object_is_type(found, json_type_boolean))
		give_up("%s is no number but %s", format, json_object_get_string(found));
	return json_object_get_int64(found);
}

const char *string_at(json *object, const char *format, ...)
{
	va_list ap;
	json *found;

	va_start(ap, format);
	found = pointer(object, format, ap);
	va_end(ap);
	return found ? json_object_get_string(found) : NULL;
}

size_t length_at(json *object, const char *path)
{
	json *array = at(object, "%s", path);

	return array ? json_object_array_length(array) : 0;
}

json *truth_socket(const char *table, int64_t inode)
{
	json *sockets = at(guest, "/%s", table);

	for (size_t i = 0; inode && i < json_object_array_length(sockets); i++) {
		json *s = json_object_array_get_idx(sockets, i);

		if (int_at(s, "/inode") == inode)
			return s;
	}
	return NULL;
}

struct owner {
	int64_t tgid, fd;
};

static int by_owner(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return (x->fd > y->fd) - (x->fd < y->fd);
}

static const char *joined(struct owner *owners, size_t n)
{
	char *text = malloc(n * 32 + 1), *end = text;

	*text = '\0';
	qsort(owners, n, sizeof(*owners), by_owner);
	for (size_t i = 0; i < n; i++)
		end += sprintf(end, "%lld:%lld ", (long long)owners[i].tgid,
			       (long long)owners[i].fd);
	return text;
}

const char *truth_owners(int64_t inode)
{
	struct owner owners[MAX_OWNERS];
	json *processes = at(guest, "/processes");
	size_t n = 0;

	for (size_t p = 0; p < json_object_array_length(processes); p++) {
		json *process = json_object_array_get_idx(processes, p);

		for (size_t t = 0; t < length_at(process, "/threads"); t++) {
			json *thread = at(process, "/threads/%zu", t);
			json *table = at(thread, "/files_of");

			/* Threads that share a table show the same fds: the first one counts. */
			if (!table || json_object_get_int64(table) != int_at(thread, "/tid"))
				continue;
			for (size_t f = 0; f < length_at(thread, "/fds"); f++) {
				json *fd = at(thread, "/fds/%zu", f);

				if (at(fd, "/inode") && int_at(fd, "/inode") == inode &&
				    n < MAX_OWNERS)
					owners[n++] = (struct owner){int_at(process, "/tgid"),
								     int_at(fd, "/fd")};
			}
		}
	}
	return joined(owners, n);
}

const char *report_owners(json *list)
{
	struct owner owners[MAX_OWNERS];
	size_t n = list ? json_object_array_length(list) : 0;

	if (n > MAX_OWNERS)
		give_up("%zu owners", n);
	for (size_t i = 0; i < n; i++) {
		json *owner = json_object_array_get_idx(list, i);

		owners[i] = (struct owner){int_at(owner, "/tgid"), int_at(owner, "/fd")};
	}
	return joined(owners, n);
}

/* The process of the thread, and in *thread the thread itself; NULL when the guest had none. */
static json *find_thread(int64_t tid, json **thread)
{
	json *processes = at(guest, "/processes");

	*thread = NULL;
	for (size_t p = 0; p < json_object_array_length(processes); p++) {
		json *process = json_object_array_get_idx(processes, p);

		for (size_t t = 0; t < length_at(process, "/threads"); t++) {
			if (int_at(process, "/threads/%zu/tid", t) != tid)
				continue;
			*thread = at(process, "/threads/%zu", t);
			return process;
		}
	}
	return NULL;
}

json *truth_thread(int64_t tid)
{
	json *thread;

	find_thread(tid, &thread);
	return thread;
}

const char *truth_stack(int64_t tid)
{
	json *stacks = at(truth(), "/stacks");

	for (size_t i = 0; i < json_object_array_length(stacks); i++) {
		json *task = json_object_array_get_idx(stacks, i);

		if (int_at(task, "/tid") == tid && at(task, "/stack"))
			return string_at(task, "/stack");
	}
	return "";
}

int64_t truth_process_of(int64_t tid)
{
	json *thread, *process = find_thread(tid, &thread);

	return process ? int_at(process, "/tgid") : 0;
}

static bool is_socket_among(json *fd, json *sockets)
{
	for (size_t i = 0; sockets && at(fd, "/inode") && i < json_object_array_length(sockets);
	     i++) {
		if (json_object_get_int64(json_object_array_get_idx(sockets, i)) ==
		    int_at(fd, "/inode"))
			return true;
	}
	return false;
}

bool is_link_to(const char *link, const char *nbd)
{
	size_t len = strlen(nbd);

	return !strncmp(link, "/dev/", 5) && !strncmp(link + 5, nbd, len) &&
	       (!link[5 + len] || link[5 + len] == 'p');
}

bool truth_process_has(int64_t tid, const char *nbd, json *sockets)
{
	json *thread, *process = find_thread(tid, &thread);

	for (size_t t = 0; process && t < length_at(process, "/threads"); t++) {
		char fds[64];

		snprintf(fds, sizeof(fds), "/threads/%zu/fds", t);
		for (size_t f = 0; f < length_at(process, fds); f++) {
			json *fd = at(process, "%s/%zu", fds, f);

			if (is_socket_among(fd, sockets) || is_link_to(string_at(fd, "/link"), nbd))
				return true;
		}
	}
	return false;
}

char truth_state(int64_t tid)
{
	json *thread = truth_thread(tid);

	return thread ? *string_at(thread, "/state") : 0;
}

bool keeps_pid(void)
{
	return strncmp(string_at(guest, "/kernel"), "5.10.", 5) != 0;
}

bool keeps_variables(void)
{
	const char *release = string_at(guest, "/kernel");

	return strncmp(release, "6.1.", 4) != 0 || !strstr(release, "arm64");
}

const char *escaped(json *name)
{
	const char *s = json_object_get_string(name);
	int len = json_object_get_string_len(name);
	char *text = malloc(4 * (size_t)len + 2), *end = text;

	for (int i = 0; i < len; i++) {
		if (!i && !s[i])
			*end++ = '@';
		else if ((unsigned char)s[i] < 0x20)
			end += sprintf(end, "\\x%02x", s[i]);
		else
			*end++ = s[i];
	}
	*end = '\0';
	return text;
}
