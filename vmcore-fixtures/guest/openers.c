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

#define TRACE "/sys/kernel/tracing/trace"
#define MOST_TASKS 2000
#define TASKS_A_ROUND 25

/*
 * The pid of the task that was the last to get the address, 0 when none did. The trace has
 * "WHO … new_task: … task=ADDRESS", and then from the same WHO "… sched_wakeup_new: … pid=PID …".
 */
static pid_t last_task_at(const char *address)
{
	char line[512], who[64], parent[64] = "";
	const char *found;
	FILE *trace = fopen(TRACE, "r");
	pid_t pid = 0;

	must(trace != NULL, TRACE);
	while (fgets(line, sizeof(line), trace)) {
		if (sscanf(line, "%63s", who) != 1)
			continue;
		if (strstr(line, " new_task: ") && (found = strstr(line, "task=")) &&
		    strncmp(found + 5, address, strlen(address)) == 0)
			strcpy(parent, who);
		else if (strstr(line, " sched_wakeup_new: ") && strcmp(parent, who) == 0 &&
			 (found = strstr(line, " pid="))) {
			pid = (pid_t)strtol(found + 5, NULL, 10);
			*parent = '\0';
		}
	}
	fclose(trace);
	return pid;
}

/* Starts tasks until one of them has got this address for its task_struct; that one stays. */
int role_reuser(int argc, char **argv)
{
	static pid_t children[MOST_TASKS];
	pid_t found = 0;
	int count, i;

	(void)argc;
	detach();
	signal(SIGCHLD, SIG_IGN);
	for (count = 0; count < MOST_TASKS && !found;) {
		children[count] = fork();
		must(children[count] >= 0, "fork");
		if (children[count] == 0)
			rest();
		count++;
		if (count % TASKS_A_ROUND)
			continue;
		found = last_task_at(argv[0]);
		for (i = 0; i < count && children[i] != found; i++)
			;
		if (i == count)
			found = 0;
	}
	if (!found)
		die("no task got the address %s", argv[0]);
	for (i = 0; i < count; i++) {
		if (children[i] != found)
			kill(children[i], SIGKILL);
	}
	fact_int("reuser_pid", found);
	fact_int("tasks_until_reuse", count);
	ready();
	return 0;
}
