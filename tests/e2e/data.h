// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tests compare: the report of nbd.so, and the truth that the guest wrote down. */
#ifndef NBD_E2E_DATA_H
#define NBD_E2E_DATA_H

#include <check.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct json_object json;

/* Reads truth.json of the fixture, and the outputs of run.sh. Called once. What is missing then or
 * later fails the test, or ends the program when it is not for_tests. */
void data_load(const char *output_dir, const char *fixture_dir, bool for_tests);

/* The text that a command of run.sh printed, by the name of its output file. */
const char *output(const char *name);

/* The lines of a JSON Lines output. */
struct lines {
	json **v;
	size_t n;
};
struct lines output_lines(const char *name);

/* The guest's record. */
json *truth(void);

/* Scenes of the truth, by position and by name; NULL when there is none. */
size_t scene_count(void);
const char *scene_name(size_t i);
json *scene(const char *name);

/* The report's line of a device (by name, or of a scene's device); fails the test without one. */
json *device(const char *name);
json *scene_device(const char *scene_name);
json *kernel_line(void);

/* The value at a JSON pointer, NULL when it is null or absent. format as printf's. */
json *at(json *object, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t int_at(json *object, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *string_at(json *object, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many elements an array has. */
size_t length_at(json *object, const char *pointer);

/* The entry of truth's "unix" or "tcp" with this inode, NULL when there is none. */
json *truth_socket(const char *table, int64_t inode);

/* Every fd that holds the socket, as the guest saw it: "tgid:fd " for each file table, sorted. */
const char *truth_owners(int64_t inode);

/* The same from an "owners" array of the report. */
const char *report_owners(json *owners);

/* The thread's entry in the truth, NULL when it has none; and its state letter, or 0. */
json *truth_thread(int64_t tid);
char truth_state(int64_t tid);

/* The kernel stack of a thread as the guest recorded it, "" where it recorded none. */
const char *truth_stack(int64_t tid);

/* The process that the thread belongs to, 0 when the guest had no such thread. */
int64_t truth_process_of(int64_t tid);

/* True for "/dev/nbd7" and "/dev/nbd7p1" of "nbd7". */
bool is_link_to(const char *link, const char *nbd);

/* True when that process had the device or a partition open, or one of the sockets (inodes). */
bool truth_process_has(int64_t tid, const char *nbd, json *sockets);

/* True when nbd remembers the pid of who started a device; 5.10 remembers a task_struct, and of a dead
 * one the pid cannot be known. */
bool keeps_pid(void);

/* True when the image has the names of modules' variables: Debian's arm64 kernels have no CONFIG_KALLSYMS_ALL before 6.12. dm's
 * names and nbd_index_idr are not known there, and the report says so. */
bool keeps_variables(void);

/* A name as the report escapes it: "@" for an abstract one, \xNN for control characters. */
const char *escaped(json *name);

#define ck_has(text, part)                                                                         \
	ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in:\n%.3000s", (part), (text))
#define ck_has_not(text, part)                                                                     \
	ck_assert_msg(strstr((text), (part)) == NULL, "\"%s\" in:\n%.3000s", (part), (text))

#endif
