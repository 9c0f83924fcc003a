// SPDX-License-Identifier: GPL-2.0-or-later
/* Those who keep a device open, and the one who keeps a task_struct. */
#include "actor.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_SIZE 4096

static int open_device(const char *name, int flags)
{
	char path[64], key[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, flags);
	must(fd >= 0, path);
	fact_pid();
	snprintf(key, sizeof(key), "%s_fd", options.as);
	fact_int(key, fd);
	return fd;
}

/* Keeps the device open; with --fork a child has inherited the same open file. */
int role_opener(int argc, char **argv)
{
	pid_t child;

	(void)argc;
	detach();
	open_device(argv[0], O_RDONLY);
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

static void *read_once(void *argument)
{
	int fd = *(int *)argument;
	void *buffer;

	if (posix_memalign(&buffer, READ_SIZE, READ_SIZE))
		die("out of memory");
	fact_int("reader_tid", (int64_t)syscall(SYS_gettid));
	if (pread(fd, buffer, READ_SIZE, 1 << 20) != READ_SIZE)
		fprintf(stderr, "read failed\n");
	rest();
}

/*
 * Opens the device, waits for SIGUSR1, then reads from it in a second thread
 * while the main thread exits: what a qemu killed during I/O looks like.
 */
int role_reader(int argc, char **argv)
{
	static int fd;
	pthread_t thread;
	sigset_t start;
	int number;

	(void)argc;
	sigemptyset(&start);
	sigaddset(&start, SIGUSR1);
	detach();
	sigprocmask(SIG_BLOCK, &start, NULL);
	fd = open_device(argv[0], O_RDONLY | O_DIRECT);
	ready();
	sigwait(&start, &number);
	must(pthread_create(&thread, NULL, read_once, &fd) == 0, "thread");
	pthread_exit(NULL);
}

/*
 * Keeps the task_struct of PID allocated beyond its exit, through the reference
 * of a perf event. Otherwise a new task may get the same address, and nbd would
 * take it for the one that set the device up.
 */
int role_pin(int argc, char **argv)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_DUMMY,
		.disabled = 1,
	};
	pid_t pid = (pid_t)strtol(argv[argc - 1], NULL, 10);

	detach();
	must(syscall(SYS_perf_event_open, &attributes, pid, -1, -1, 0) >= 0, "perf_event_open");
	fact_pid();
	ready();
	rest();
}
