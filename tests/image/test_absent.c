// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a kernel's report says when that kernel lacks one of the members that nbd.so can do without: each of them is
 * taken away from each kernel here, alone and under all its names. No value may then come from a wrong place. It
 * is what it was, or null, or missing from a list that is told to be incomplete.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "generations.h"
#include "image_tests.h"
#include "resolve/kernel_members.h"
#include "run.h"
#include "standin.h"

#define MAX_PATH 512

/* Without the member this kernel is taken for another one, in which what the key says follows from something else. */
static const struct {
	enum kmember member;
	const char *key;
	const char *why; /* of the difference */
} fallbacks[] = {
	{KM_NBD_BACKEND, "names", "the numbering of runtime_flags follows from the members"},
	{KM_NBD_PID, "names", "the same"},
	{KM_NBD_FLAGS, "names", "the same"},
	{KM_IDR_BASE, "index", "ids count from 0 before v4.16; that they differ is told"},
	{KM_EHASH_PERNET, "peer", "before v6.1 all namespaces share one table"},
	{KM_INACTIVE_FRAME_BP, "blocked_in", "the stack is guessed, not unwound"},
	{KM_INACTIVE_FRAME_RETURN, "blocked_in", "the same"},
	{KM_RQ_START_TIME_NS, "age_seconds", "the deadline tells, a tick less exactly"},
	{KM_CMD_FLAGS, "connection", "whether it was sent is unknown: it may be an earlier one's"},
	{KM_MODULE_LIST, "connection", "the same: the module's messages tell what flags mean"},
	{KM_MODULE_NAME, "connection", "the same"},
	{KM_MODULE_CORE_LAYOUT, "connection", "the same"},
	{KM_MODULE_LAYOUT_BASE, "connection", "the same"},
	{KM_MODULE_LAYOUT_SIZE, "connection", "the same"},
	{KM_MODULE_MEM, "connection", "the same"},
	{KM_MODULE_MEMORY_BASE, "connection", "the same"},
	{KM_MODULE_MEMORY_SIZE, "connection", "the same"},
	{KM_FILE_COUNT, "file_refs_explained", "no count says that more is to be looked for"},
	{KM_FILE_REF, "file_refs_explained", "the same"},
	{KM_FILE_COUNT, "holders", "the same"},
	{KM_FILE_REF, "holders", "the same"},
	{KM_BDEV_OPENERS, "openers", "the same: openers_expected is null"},
	{KM_NBD_CONFIG_LOCK, "waiters", "nobody waits for a lock that is not there"},
	{KM_SBITMAP_WORD_CLEARED, "requests_waiting", "before v5.0 a tag is freed at once"},
	{KM_QUEUE_FLUSH_LIST, "requests_waiting", "before v6.5 there is one list"},
	{KM_MUTEX_OWNER, "waiters", "a mutex of another kind: its waiters are not looked for"},
	{KM_MUTEX_RTMUTEX, "waiters", "the same"},
	{KM_RT_MUTEX_OWNER, "waiters", "the same"},
	{KM_NBD_SOCKS, "uses_device", "told: its sockets, by which it would, are unknown"},
};

static enum kmember absent;

static bool is_name_of(enum kmember m, const char *type, const char *name)
{
	if (!name || strcmp(k_types[k_members[m].type].name, type))
		return false;
	for (int i = 0; i < K_MAX_NAMES && k_members[m].names[i]; i++) {
		if (!strcmp(k_members[m].names[i], name))
			return true;
	}
	return false;
}

static bool hide_absent(const char *type, const char *member)
{
	return !is_name_of(absent, type, member);
}

static bool has_member(struct image *image, enum kmember m)
{
	for (int i = 0; i < K_MAX_NAMES && k_members[m].names[i]; i++) {
		if (image_has(image, k_types[k_members[m].type].name, k_members[m].names[i]))
			return true;
	}
	return false;
}

static bool is_one_of(const char *key, const char *const *keys)
{
	for (; *keys; keys++) {
		if (!strcmp(key, *keys))
			return true;
	}
	return false;
}

static bool has_fallback(const char *key)
{
	for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++) {
		if (fallbacks[i].member == absent && !strcmp(fallbacks[i].key, key))
			return true;
	}
	return false;
}

/* Sentences, a task that can no more be told from another, and how much was read: they name values that are compared where they are. */
static bool is_ignored(const char *key)
{
	static const char *const keys[] = {"reads",	     "bytes_read",   "reads_for",
					   "bytes_read_for", "unreadable",   "text",
					   "evidence",	     "remedy",	     "why",
					   "freed_when",     "doubt",	     "reused_by",
					   "cause",	     "consequences", "steps",
					   "take_down",	     "tasks_in_d",   NULL};

	return is_one_of(key, keys) || has_fallback(key);
}

/* How many there are of what can be found one by one. */
static bool is_count(const char *key)
{
	static const char *const keys[] = {"tasks_walked",   "file_refs_explained", "openers_found",
					   "tables_scanned", "tasks_unreadable",    NULL};

	return is_one_of(key, keys);
}

/* A list whose elements are conclusions: one that cannot be drawn any more is not told. */
static bool is_of_conclusions(const char *key)
{
	static const char *const keys[] = {"findings", "names", "pids", "holders", NULL};

	return is_one_of(key, keys);
}

static bool contains(struct json_object *array, struct json_object *value)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		if (json_object_equal(json_object_array_get_idx(array, i), value))
			return true;
	}
	return false;
}

/* A finding that says: there is more than could be found. */
static bool says_incomplete(struct json_object *finding)
{
	static const char *const ids[] = {"unreadable", "hidden-holder", "unaccounted-opener",
					  NULL};
	struct json_object *id = json_object_is_type(finding, json_type_object)
					 ? json_object_object_get(finding, "id")
					 : NULL;

	return id && is_one_of(json_object_get_string(id), ids);
}

static int64_t number_of(struct json_object *line, const char *key)
{
	return json_object_get_int64(json_object_object_get(line, key));
}

/* True when a line says of something that could be read before that it cannot be read. */
static bool line_tells_more(struct json_object *full, struct json_object *said)
{
	struct json_object *problems = json_object_object_get(said, "unreadable");
	struct json_object *findings = json_object_object_get(said, "findings"), *requests;
	bool more = number_of(said, "tasks_unreadable") > number_of(full, "tasks_unreadable") ||
		    number_of(said, "openers_found") < number_of(said, "openers_expected") ||
		    (json_object_object_get_ex(said, "requests", &requests) && !requests);

	for (size_t i = 0; i < json_object_array_length(problems); i++)
		more |= !contains(json_object_object_get(full, "unreadable"),
				  json_object_array_get_idx(problems, i));
	for (size_t i = 0; findings && i < json_object_array_length(findings); i++) {
		struct json_object *finding = json_object_array_get_idx(findings, i);

		more |= says_incomplete(finding) &&
			!contains(json_object_object_get(full, "findings"), finding);
	}
	return more;
}

static bool tells_more(struct json_object *full, struct json_object *said)
{
	size_t n = json_object_array_length(full);
	bool more = false;

	for (size_t i = 0; i < json_object_array_length(said) && i < n; i++)
		more |= line_tells_more(json_object_array_get_idx(full, i),
					json_object_array_get_idx(said, i));
	return more;
}

/* A question mark stands for what is unknown. */
static bool is_text_with_unknowns(struct json_object *full, struct json_object *said)
{
	char pattern[MAX_PATH];

	snprintf(pattern, sizeof(pattern), "%s", json_object_get_string(said));
	for (char *c = pattern; *c; c++) {
		if (*c == '?')
			*c = '*';
	}
	return !strcmp(pattern, "unknown") || !strcmp(pattern, "cannot_say") ||
	       !strcmp(pattern, "unreadable") || !strcmp(pattern, "unexplained") ||
	       (full && !fnmatch(pattern, json_object_get_string(full), 0));
}

/* Compares what is said with what was said when nothing was absent; told: something is said to be unreadable. path
 * becomes where they differ. */
static bool is_sound(struct json_object *full, struct json_object *said, const char *key, bool told,
		     char *path);

static bool is_sound_object(struct json_object *full, struct json_object *said, bool told,
			    char *path)
{
	json_object_object_foreach(said, key, value)
	{
		char *end = path + strlen(path);
		struct json_object *before = json_object_object_get(full, key);

		snprintf(end, (size_t)(path + MAX_PATH - end), "/%s", key);
		if (!is_ignored(key) && !is_sound(before, value, key, told, path))
			return false;
		*end = '\0';
	}
	return true;
}

/* What is said must be among what was said, in the same order. */
static bool is_sound_array(struct json_object *full, struct json_object *said, const char *key,
			   bool told, char *path)
{
	size_t at = 0, n = json_object_array_length(full);
	char *end = path + strlen(path);

	for (size_t i = 0; i < json_object_array_length(said); i++) {
		struct json_object *element = json_object_array_get_idx(said, i);
		char first[MAX_PATH] = "";

		if (says_incomplete(element))
			continue;

		while (at < n) {
			snprintf(end, (size_t)(path + MAX_PATH - end), "/%zu", i);
			if (is_sound(json_object_array_get_idx(full, at), element, key, told, path))
				break;
			if (!*first)
				strcpy(first, path);
			at++;
		}
		if (at == n) {
			snprintf(path, MAX_PATH, "%.300s: %.200s", *first ? first : "one more",
				 json_object_to_json_string(element));
			return false;
		}
		*end = '\0';
		at++;
	}
	if (json_object_array_length(said) < n && !told && !is_of_conclusions(key)) {
		snprintf(end, (size_t)(path + MAX_PATH - end), ": some are missing");
		return false;
	}
	return true;
}

static bool is_sound(struct json_object *full, struct json_object *said, const char *key, bool told,
		     char *path)
{
	bool same;

	if (!said || json_object_equal(full, said))
		return true;
	same = json_object_get_type(full) == json_object_get_type(said);
	if (same && json_object_is_type(said, json_type_object))
		return is_sound_object(full, said, told, path);
	if (same && json_object_is_type(said, json_type_array))
		return is_sound_array(full, said, key, told, path);
	if (json_object_is_type(said, json_type_string) && is_text_with_unknowns(full, said))
		return true;
	if (same && is_count(key) && told)
		return true;
	/* What is left of file_refs is said to be unexplained. */
	if (same && !strcmp(key, "file_refs_explained") &&
	    json_object_get_int64(said) < json_object_get_int64(full))
		return true;
	snprintf(path + strlen(path), MAX_PATH - strlen(path), " is %.150s",
		 json_object_to_json_string(said));
	snprintf(path + strlen(path), MAX_PATH - strlen(path), ", was %.150s",
		 json_object_to_json_string(full));
	return false;
}

/* False when the kernel's report without the absent member says something else than with it. */
static bool is_sound_without(struct image *image, struct json_object *full, const char *layout)
{
	char *output = run(image, "nbd -a -j"), path[MAX_PATH] = "";
	bool sound = true;

	/* That its layout is not supported, for one. */
	if (*output == '{') {
		struct json_object *report = json_lines(output);

		sound = is_sound(full, report, "", tells_more(full, report), path);
		json_object_put(report);
	}
	if (!sound)
		fprintf(stderr, "%s without %s.%s: %s\n", layout,
			k_types[k_members[absent].type].name, k_members[absent].names[0], path);
	free(output);
	return sound;
}

START_TEST(no_value_comes_from_a_wrong_place)
{
	const struct generation *g = &generations[_i];
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct image *image = generation_build(layout, g, NULL);
	struct json_object *full = run_report(image);
	size_t tried = 0, wrong = 0;

	crash_filter_layouts(hide_absent);
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		absent = m;
		if (k_members[m].flags & (REQUIRED | WITH_CONFIG) || !has_member(image, m))
			continue;
		tried++;
		wrong += !is_sound_without(image, full, g->layout);
	}
	crash_filter_layouts(NULL);
	ck_assert_uint_gt(tried, 70);
	ck_assert_uint_eq(wrong, 0);
	json_object_put(full);
	image_free(image);
	layout_free(layout);
}
END_TEST

TCase *absent_case(void)
{
	TCase *tc = tcase_create("absent");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, no_value_comes_from_a_wrong_place, 0, (int)n_generations);
	return tc;
}
