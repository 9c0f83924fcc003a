// SPDX-License-Identifier: GPL-2.0-or-later
/* Those who keep a device open, and the one who keeps a task_struct. */
#include "actor.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opens the device and leaves pid and fd as facts. */
static int open_device(const char *name)
{
	char path[64], key[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDONLY);
	must(fd >= 0, path);
	fact_pid();
	snprintf(key, sizeof(key), "%s_fd", options.as);
	fact_int(key, fd);
	return fd;
}

/* The mapping holds the open file from now on. */
static void map_instead(int fd)
{
	must(mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED, "mmap");
	close(fd);
}

/*
 * Keeps the device open; with --fork a child has inherited the same open file, with --map there is
 * no fd any more.
 */
int role_opener(int argc, char **argv)
{
	pid_t child;
	int fd;

	(void)argc;
	detach();
	fd = open_device(argv[0]);
	if (options.map)
		map_instead(fd);
	if (options.fork) {
		child = fork();
		must(child >= 0, "fork");
		if (child == 0)
			rest();
		fact_int("opener_child_pid", child);
	}
	ready();
	rest();
}

/*
 * Keeps the task_struct of PID allocated beyond its exit, through the reference
 * of a perf event. Otherwise a new task may get the same address, and nbd would
 * take it for the one that set the device up.
 */
static void pin(pid_t pid)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
	};

	must(syscall(SYS_perf_event_open, &attributes, pid, -1, -1, 0) >= 0, "perf_event_open");
	fact_pid();
}

int role_pin(int argc, char **argv)
{
	detach();
	pin((pid_t)strtol(argv[argc - 1], NULL, 10));
	ready();
	rest();
}

/* Runs a command whose first task stays pinned; goes on when that has exited. */
int role_run_pinned(int argc, char **argv)
{
	int go[2], status;
	pid_t child;
	char byte;

	(void)argc;
	detach();
	must(pipe2(go, O_CLOEXEC) == 0, "pipe");
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		must(read(go[0], &byte, 1) == 1, "pipe");
		execvp(argv[0], argv);
		die("%s: cannot be run", argv[0]);
	}
	pin(child);
	must(write(go[1], "", 1) == 1, "pipe");
	must(waitpid(child, &status, 0) == child && status == 0, argv[0]);
	ready();
	rest();
}

#define TRACING "/sys/kernel/tracing/instances/"
#define MOST_TASKS 400
#define TASKS_A_ROUND 25

static void put(const char *instance, const char *file, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s/%s", instance, file);
	fd = open(path, O_WRONLY | O_TRUNC);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

/* A buffer of the kernel's tracing for the births of our own children alone. */
static void trace_children(char instance[64])
{
	static const char *const events[] = { "kprobes/new_task", "sched/sched_wakeup_new" };
	char path[256], filter[64], file[64];
	size_t i;

	snprintf(instance, 64, "reuser-%d", getpid());
	snprintf(path, sizeof(path), TRACING "%s", instance);
	must(mkdir(path, 0700) == 0, path);
	snprintf(filter, sizeof(filter), "common_pid == %d", getpid());
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		snprintf(file, sizeof(file), "events/%s/filter", events[i]);
		put(instance, file, filter);
		snprintf(file, sizeof(file), "events/%s/enable", events[i]);
		put(instance, file, "1");
	}
}

/*
 * The pid of the last child that got the address, 0 when none did. The trace has
 * "… new_task: … task=ADDRESS" and then "… sched_wakeup_new: … pid=PID …" of each; it is emptied.
 */
static pid_t child_at(const char *instance, const char *address)
{
	char path[256], line[512];
	const char *found;
	FILE *trace;
	pid_t pid = 0;
	int next = 0;

	snprintf(path, sizeof(path), TRACING "%s/trace", instance);
	trace = fopen(path, "r");
	must(trace != NULL, path);
	while (fgets(line, sizeof(line), trace)) {
		found = strstr(line, " task=");
		if (found)
			next = strncmp(found + 6, address, strlen(address)) == 0;
		found = strstr(line, " pid=");
		if (next && found)
			pid = (pid_t)strtol(found + 5, NULL, 10);
	}
	fclose(trace);
	put(instance, "trace", "");
	return pid;
}

/*
 * Starts tasks until one of them has got this address for its task_struct; that one stays. Each
 * CPU gives away first what was freed on it, so all take turns.
 */
int role_reuser(int argc, char **argv)
{
	static pid_t children[MOST_TASKS];
	char instance[64];
	pid_t found = 0;
	int count, i;

	(void)argc;
	detach();
	trace_children(instance);
	signal(SIGCHLD, SIG_IGN);
	for (count = 0; count < MOST_TASKS && !found;) {
		run_on(count / TASKS_A_ROUND % (int)sysconf(_SC_NPROCESSORS_ONLN));
		children[count] = fork();
		must(children[count] >= 0, "fork");
		if (children[count] == 0)
			rest();
		count++;
		if (count % TASKS_A_ROUND)
			continue;
		found = child_at(instance, argv[0]);
	}
	for (i = 0; i < count; i++) {
		if (children[i] != found)
			kill(children[i], SIGKILL);
	}
	if (!found)
		die("no task got the address %s", argv[0]);
	fact_int("reuser_pid", found);
	fact_int("tasks_until_reuse", count);
	ready();
	return 0;
}
