// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways to keep a socket alive, other than nbd's own reference. */
#include "actor.h"

#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In flight: sent over a socketpair, never received, no fd left anywhere. */
void hold_in_message(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	uint64_t inodes[2];
	int pair[2];

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &socket, sizeof(socket));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	must(sendmsg(pair[0], &message, 0) == 1, "SCM_RIGHTS");
	close(socket);
	inodes[0] = socket_inode(pair[0]);
	inodes[1] = socket_inode(pair[1]);
	fact_inodes("message_sockets", inodes, 2);
}

/* Registered with a ring that stays open; no fd left. */
void hold_in_ring(int socket)
{
	struct io_uring_params parameters = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);

	must(ring >= 0, "io_uring_setup");
	must(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &socket, 1) == 0,
	     "IORING_REGISTER_FILES");
	close(socket);
	fact_int("ring_fd", ring);
}

/* One struct file, two fd tables. */
void hold_in_two_processes(int socket)
{
	pid_t child = fork();

	must(child >= 0, "fork");
	if (child == 0)
		rest();
	fact_int("child_pid", child);
	fact_int("socket_fd", socket);
}

/* What poll() of the C library is: arm64 has no system call of that name. */
#ifdef SYS_poll
#define POLLING SYS_poll
#else
#define POLLING SYS_ppoll
#endif

static struct pollfd polled; /* no event but an error wakes its thread */
static _Atomic long poll_tid;

static void *sleep_in_poll(void *argument)
{
	(void)argument;
	poll_tid = syscall(SYS_gettid);
	poll(&polled, 1, -1);
	die("poll ended");
	return NULL;
}

/* True when the thread sleeps in this system call. */
static int sleeps_in(long tid, long number)
{
	char path[64];
	FILE *file;
	long found = -1;

	snprintf(path, sizeof(path), "/proc/self/task/%ld/syscall", tid);
	file = fopen(path, "r");
	must(file != NULL, path);
	if (fscanf(file, "%ld", &found) != 1)
		found = -1; /* "running" */
	fclose(file);
	return found == number;
}

/* On the kernel stack of a thread that sleeps in poll(); no fd left. */
void hold_in_poll(int socket)
{
	pthread_t thread;

	polled.fd = socket;
	must(pthread_create(&thread, NULL, sleep_in_poll, NULL) == 0, "pthread_create");
	while (!poll_tid || !sleeps_in(poll_tid, POLLING))
		usleep(10000);
	close(socket);
	fact_int("poll_tid", poll_tid);
}
