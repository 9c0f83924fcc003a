// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What keeps a host busy in ways that a search for owners has to tell from what it looks for:
 *   busy receivers PID PROCESSES   processes with a thread in recvmsg() on each AF_UNIX socket of the server PID
 *   busy rings COUNT               processes with an io_uring each, in which /dev/null is registered
 *   busy ring-of PID FD            registers that process's file with an io_uring, whose maker then exits
 */
#include "actor.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FDS 1024

/* Another process's file as an fd of this one. */
static int take_fd(int pidfd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

static int open_process(const char *pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);

	must(pidfd >= 0, pid);
	return pidfd;
}

static int is_connection(int fd)
{
	int type, listens;
	socklen_t size = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && !listens;
}

/* Each writes a byte when it is in position. */
static void wait_for_children(int fd, int count)
{
	char byte;

	while (count--)
		must(read(fd, &byte, 1) == 1, "a child");
}

static pthread_barrier_t started;

static void *receive(void *fd)
{
	char byte;
	struct iovec room = { &byte, 1 };
	struct msghdr message = { .msg_iov = &room, .msg_iovlen = 1 };

	pthread_barrier_wait(&started);
	recvmsg((int)(intptr_t)fd, &message, 0);
	rest();
}

static void start_receivers(const int *fds, int count)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int i;

	pthread_barrier_init(&started, NULL, (unsigned)count + 1);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	for (i = 0; i < count; i++)
		must(pthread_create(&thread, &attributes, receive, (void *)(intptr_t)fds[i]) == 0,
		     "pthread_create");
	pthread_barrier_wait(&started);
}

static void play_receivers(char **argv)
{
	struct rlimit enough = { 2 * MAX_FDS, 2 * MAX_FDS };
	int pidfd = open_process(argv[0]), processes = atoi(argv[1]), fds[MAX_FDS], count = 0;
	int ends[2], fd, taken, part, i;

	must(setrlimit(RLIMIT_NOFILE, &enough) == 0, "RLIMIT_NOFILE");
	for (fd = 0; fd < MAX_FDS; fd++) {
		taken = take_fd(pidfd, fd);
		if (taken < 0)
			continue;
		if (is_connection(taken))
			fds[count++] = taken;
		else
			close(taken);
	}
	if (count < processes)
		die("process %s has only %d connections", argv[0], count);
	must(pipe(ends) == 0, "pipe");
	prctl(PR_SET_NAME, "receiver");
	for (part = 0; part < processes; part++) {
		int first = count * part / processes, next = count * (part + 1) / processes;

		if (fork() > 0)
			continue;
		for (i = 0; i < count; i++) {
			if (i < first || i >= next)
				close(fds[i]);
		}
		start_receivers(fds + first, next - first);
		must(write(ends[1], "", 1) == 1, "pipe");
		rest();
	}
	for (i = 0; i < count; i++)
		close(fds[i]);
	wait_for_children(ends[0], processes);
}

static void make_ring(int file)
{
	struct io_uring_params parameters = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);

	must(ring >= 0, "io_uring_setup");
	must(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &file, 1) == 0,
	     "IORING_REGISTER_FILES");
	close(file);
}

static void play_rings(char **argv)
{
	int count = atoi(argv[0]), ends[2], i;

	must(pipe(ends) == 0, "pipe");
	prctl(PR_SET_NAME, "ring-user");
	for (i = 0; i < count; i++) {
		if (fork() > 0)
			continue;
		make_ring(open("/dev/null", O_RDWR));
		must(write(ends[1], "", 1) == 1, "pipe");
		rest();
	}
	wait_for_children(ends[0], count);
}

/* Whoever has the ring in the end has never used one. */
static void play_ring_of(char **argv)
{
	int file, made[2];
	char byte;

	must(pipe(made) == 0, "pipe");
	if (fork() > 0) {
		close(made[1]);
		/* Comes to its end with the maker. */
		must(read(made[0], &byte, 1) == 0, "the maker's exit");
		_exit(0);
	}
	setsid();
	file = take_fd(open_process(argv[0]), atoi(argv[1]));
	must(file >= 0, "pidfd_getfd");
	make_ring(file);
	if (fork() == 0) {
		prctl(PR_SET_NAME, "ring-keeper");
		close(made[0]);
		close(made[1]);
		rest();
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "ring-of")) {
		play_ring_of(argv + 2);
		return 0;
	}
	if (argc < 3)
		die("usage: busy receivers PID PROCESSES | rings COUNT | ring-of PID FD");
	detach();
	if (!strcmp(argv[1], "receivers") && argc == 4)
		play_receivers(argv + 2);
	else if (!strcmp(argv[1], "rings"))
		play_rings(argv + 2);
	else
		die("no such role: %s", argv[1]);
	ready();
	rest();
}
