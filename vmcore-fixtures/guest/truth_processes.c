// SPDX-License-Identifier: GPL-2.0-or-later
/* Every thread of every process, and which sockets and nbd devices it has open. */
#include "truth.h"
#include "bytes.h"
#include "text.h"

#include <dirent.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NBD_MAJOR 43

/* Calls each(number, argument) for every entry of a directory that is a number. */
static void each_number(const char *path, void (*each)(int number, void *argument), void *argument)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			each(atoi(entry->d_name), argument);
	}
	if (directory)
		closedir(directory);
}

struct thread {
	int tgid, tid;
	struct json_object *fds;
};

static void add_fd(int fd, void *argument)
{
	struct thread *thread = argument;
	struct json_object *object;
	struct stat status;
	char path[128], link[512], device[32];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/fd/%d", thread->tgid, thread->tid, fd);
	length = readlink(path, link, sizeof(link));
	/* fstatat() of an fd's link asks the open file; nothing is opened. */
	if (length < 0 || stat(path, &status) != 0)
		return;
	if (!S_ISSOCK(status.st_mode) &&
	    !(S_ISBLK(status.st_mode) && major(status.st_rdev) == NBD_MAJOR))
		return;
	object = json_object_new_object();
	json_object_object_add(object, "fd", json_object_new_int(fd));
	json_object_object_add(object, "link", json_from_bytes(link, (size_t)length));
	json_object_object_add(object, "inode", S_ISSOCK(status.st_mode)
			       ? json_object_new_int64((int64_t)status.st_ino) : NULL);
	snprintf(device, sizeof(device), "%u:%u", major(status.st_rdev), minor(status.st_rdev));
	json_object_object_add(object, "rdev", S_ISBLK(status.st_mode)
			       ? json_object_new_string(device) : NULL);
	json_object_array_add(thread->fds, object);
}

/* "TID (COMM) STATE …", where COMM may hold anything. */
static char state_of(const char *stat)
{
	const char *end = stat ? strrchr(stat, ')') : NULL;

	return end && end[1] ? end[2] : '?';
}

/*
 * The lowest tid of the process that shares this thread's fd table. A zombie has
 * none; neither do its equals count.
 */
static int files_of(struct json_object *threads, int tid)
{
	size_t i;

	for (i = 0; i < json_object_array_length(threads); i++) {
		struct json_object *other = json_object_array_get_idx(threads, i), *files;
		int other_tid;

		json_object_object_get_ex(other, "files_of", &files);
		if (!files)
			continue;
		other_tid = json_object_get_int(files);
		if (syscall(SYS_kcmp, tid, other_tid, KCMP_FILES, 0, 0) == 0)
			return other_tid;
	}
	return tid;
}

struct process {
	int tgid;
	struct json_object *threads;
};

static void add_thread(int tid, void *argument)
{
	struct process *process = argument;
	struct thread thread = { process->tgid, tid, json_object_new_array() };
	struct json_object *object = json_object_new_object();
	char *stat = text_read("/proc/%d/task/%d/stat", process->tgid, tid);
	char state[2] = { state_of(stat) };
	char fds[128];

	free(stat);
	snprintf(fds, sizeof(fds), "/proc/%d/task/%d/fd", process->tgid, tid);
	each_number(fds, add_fd, &thread);
	json_object_object_add(object, "tid", json_object_new_int(tid));
	json_object_object_add(object, "comm",
			       json_line(text_read("/proc/%d/task/%d/comm", process->tgid, tid)));
	json_object_object_add(object, "state", json_object_new_string(state));
	json_object_object_add(object, "files_of", strchr("ZX", state[0])
			       ? NULL : json_object_new_int(files_of(process->threads, tid)));
	json_object_object_add(object, "fds", thread.fds);
	json_object_array_add(process->threads, object);
}

static void add_process(int tgid, void *argument)
{
	struct process process = { tgid, json_object_new_array() };
	struct json_object *object, *leader;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	each_number(path, add_thread, &process);
	leader = json_object_array_get_idx(process.threads, 0);
	if (!leader) {
		/* It has exited since the directory was read. */
		json_object_put(process.threads);
		return;
	}
	object = json_object_new_object();
	json_object_object_add(object, "tgid", json_object_new_int(tgid));
	json_object_object_add(object, "comm",
			       json_object_get(json_object_object_get(leader, "comm")));
	json_object_object_add(object, "state",
			       json_object_get(json_object_object_get(leader, "state")));
	json_object_object_add(object, "threads", process.threads);
	json_object_array_add(argument, object);
}

struct json_object *truth_processes(void)
{
	struct json_object *array = json_object_new_array();

	each_number("/proc", add_process, array);
	return array;
}
