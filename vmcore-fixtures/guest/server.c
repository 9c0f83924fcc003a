// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server of the transmission phase only: the kernel speaks nothing else, and
 * our clients do not negotiate. Without a file the device reads as zeros and
 * swallows writes.
 */
#include "actor.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_CONNECTIONS 2048
#define MAX_PAYLOAD (4 << 20)

/* The part of the device for which --mute, --deaf, --garbage and --loop count; no
 * partition scan gets there. */
#define MIDDLE_BEGIN (1ULL << 20)
#define MIDDLE_END (7ULL << 20)
/* What --loop reads. */
#define LOOP_OFFSET (5ULL << 20)
#define LOOP_LENGTH 28672

static char payload[MAX_PAYLOAD];
static int backing = -1;
static volatile sig_atomic_t told_to_shut;

static int read_all(int fd, void *buffer, size_t length)
{
	char *at = buffer;
	ssize_t got;

	while (length) {
		got = recv(fd, at, length, 0);
		if (got <= 0)
			return -1;
		at += got;
		length -= (size_t)got;
	}
	return 0;
}

static int write_all(int fd, const void *buffer, size_t length)
{
	const char *at = buffer;
	ssize_t put;

	while (length) {
		put = send(fd, at, length, MSG_NOSIGNAL);
		if (put <= 0)
			return -1;
		at += put;
		length -= (size_t)put;
	}
	return 0;
}

/* A server that needs its own device in order to serve it never comes back. */
static void read_own_device(void)
{
	char path[64];
	void *buffer;
	int device;

	snprintf(path, sizeof(path), "/dev/%s", options.loop);
	device = open(path, O_RDONLY | O_DIRECT);
	must(device >= 0, path);
	fact_int("loop_fd", device);
	if (posix_memalign(&buffer, 4096, LOOP_LENGTH))
		die("out of memory");
	fact_request("READ", LOOP_OFFSET, LOOP_LENGTH);
	must(pread(device, buffer, LOOP_LENGTH, LOOP_OFFSET) == LOOP_LENGTH, "own device");
}

static int is_middle(uint32_t type, uint64_t from)
{
	if (type == NBD_CMD_DISC)
		return 0;
	return type == NBD_CMD_FLUSH || (from >= MIDDLE_BEGIN && from < MIDDLE_END);
}

/* One request and its answer; -1 when the connection is over. */
static int serve_request(int fd)
{
	struct nbd_reply reply = { .magic = htonl(NBD_REPLY_MAGIC) };
	struct nbd_request request;
	uint32_t length, type;
	uint64_t from;

	if (read_all(fd, &request, sizeof(request)) ||
	    request.magic != htonl(NBD_REQUEST_MAGIC))
		return -1;
	length = ntohl(request.len);
	type = ntohl(request.type) & 0xffff;
	from = be64toh(request.from);
	memcpy(&reply.handle, &request.handle, sizeof(reply.handle));
	if (options.deaf && is_middle(type, from))
		rest();
	if (type == NBD_CMD_WRITE && (length > MAX_PAYLOAD || read_all(fd, payload, length)))
		return -1;
	if (is_middle(type, from)) {
		if (options.loop)
			read_own_device();
		if (options.garbage) {
			reply.magic = ~reply.magic;
			return write_all(fd, &reply, sizeof(reply));
		}
		if (options.mute || options.loop)
			return 0;
	}
	switch (type) {
	case NBD_CMD_READ:
		if (length > MAX_PAYLOAD)
			return -1;
		memset(payload, 0, length);
		if (backing >= 0)
			must(pread(backing, payload, length, (off_t)from) >= 0, options.file);
		return write_all(fd, &reply, sizeof(reply)) || write_all(fd, payload, length);
	case NBD_CMD_WRITE:
		if (backing >= 0)
			must(pwrite(backing, payload, length, (off_t)from) == (ssize_t)length,
			     options.file);
		return write_all(fd, &reply, sizeof(reply));
	case NBD_CMD_DISC:
		return options.ignore_disconnect ? 0 : -1;
	default:
		return write_all(fd, &reply, sizeof(reply));
	}
}

static void on_usr1(int number)
{
	(void)number;
	told_to_shut = 1;
}

/*
 * The process of one connection. After SIGUSR1 it takes no more requests but
 * leaves the connection up: nbd notices when it sends the next one.
 */
static void serve_one(int fd, int index)
{
	struct sigaction action = { .sa_handler = on_usr1 };
	struct pollfd poll = { .fd = fd, .events = POLLIN };
	sigset_t usr1, none;
	char key[64];

	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	sigaction(SIGUSR1, &action, NULL);
	snprintf(key, sizeof(key), "server_child%d_pid", index);
	fact_int(key, getpid());
	while (!told_to_shut) {
		if (ppoll(&poll, 1, NULL, &none) > 0 && serve_request(fd))
			_exit(0);
	}
	must(shutdown(fd, SHUT_RD) == 0, "shutdown");
	snprintf(key, sizeof(key), "server_child%d_shut", index);
	fact_int(key, 1);
	rest();
}

static void serve_with_children(int listener)
{
	int index, fd;

	/* A child that ends shall be gone, not wait for us. */
	signal(SIGCHLD, SIG_IGN);
	for (index = 0;; index++) {
		fd = accept(listener, NULL, NULL);
		must(fd >= 0, "accept");
		if (fork() == 0) {
			close(listener);
			serve_one(fd, index);
		}
		close(fd);
	}
}

void serve_connection(int fd)
{
	while (!serve_request(fd))
		;
}

static int shared_connection;
static uint64_t tids[8];
static pthread_mutex_t tids_lock = PTHREAD_MUTEX_INITIALIZER;

/* A request without a payload comes in one piece: whoever gets it has all of it. */
static void *serve_shared(void *number)
{
	pthread_mutex_lock(&tids_lock);
	tids[(uintptr_t)number] = (uint64_t)syscall(SYS_gettid);
	fact_inodes("server_tids", tids, (size_t)options.threads);
	pthread_mutex_unlock(&tids_lock);
	serve_connection(shared_connection);
	return NULL;
}

static void serve_with_threads(int listener)
{
	pthread_t thread;
	int i;

	if ((size_t)options.threads > sizeof(tids) / sizeof(tids[0]))
		die("too many threads");
	shared_connection = accept(listener, NULL, NULL);
	must(shared_connection >= 0, "accept");
	for (i = 0; i < options.threads; i++)
		must(pthread_create(&thread, NULL, serve_shared, (void *)(uintptr_t)i) == 0, "thread");
	rest();
}

static void serve(int listener)
{
	static struct pollfd fds[1 + MAX_CONNECTIONS];
	nfds_t used = 1, i;
	int fd;

	fds[0].fd = listener;
	fds[0].events = POLLIN;
	for (;;) {
		must(poll(fds, used, -1) > 0 || errno == EINTR, "poll");
		if (fds[0].revents) {
			fd = accept(listener, NULL, NULL);
			if (fd >= 0 && used < 1 + MAX_CONNECTIONS) {
				fds[used].fd = fd;
				fds[used].events = POLLIN;
				fds[used++].revents = 0;
			} else if (errno == EMFILE) {
				/* Full: everybody else stays in the queue. */
				fds[0].fd = -1;
			}
		}
		for (i = 1; i < used; i++) {
			if (!fds[i].revents || !serve_request(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i--] = fds[--used];
		}
	}
}

int role_server(int argc, char **argv)
{
	struct address address = address_parse(argv[argc - 1]);
	int listener;

	detach();
	if (options.file) {
		backing = open(options.file, O_RDWR);
		must(backing >= 0, options.file);
	}
	listener = address_listen(&address);
	fact_pid();
	fact_address(&address);
	ready();
	if (options.no_accept)
		rest();
	if (options.threads)
		serve_with_threads(listener);
	if (options.children)
		serve_with_children(listener);
	serve(listener);
	return 0;
}
