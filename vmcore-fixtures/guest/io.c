// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whoever has requests in flight: opens the device, waits for SIGUSR1, then each
 * request is made by a thread of its own. With --zombie, or once the process is
 * killed, the main thread is gone and the others wait on: a qemu killed during I/O.
 */
#include "actor.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_REQUESTS 8
#define PAGE 4096

struct request {
	char op[16];
	uint64_t range[2];	/* offset and length */
	pthread_t thread;
};

static int device;
static uint64_t tids[MAX_REQUESTS];
static unsigned int started, ended;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The thread is known, and so is what it will wait for. */
static void announce(const struct request *request)
{
	const char *op = request->op;
	char key[64];

	pthread_mutex_lock(&lock);
	tids[started++] = (uint64_t)syscall(SYS_gettid);
	snprintf(key, sizeof(key), "%s_tids", options.as);
	fact_inodes(key, tids, started);
	if (started == 1) {
		snprintf(key, sizeof(key), "%s_tid", options.as);
		fact_int(key, (int64_t)tids[0]);
	}
	if (strcmp(op, "flush") == 0)
		fact_request("FLUSH", -1, 0);
	else
		fact_request(op[0] == 'r' ? "READ" : op[0] == 'w' ? "WRITE" : "DISCARD",
			     (int64_t)request->range[0] + options.shift * 512,
			     (int64_t)request->range[1]);
	pthread_mutex_unlock(&lock);
}

/* How many requests are over, whatever came of them. */
static void announce_end(void)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_ended", options.as);
	pthread_mutex_lock(&lock);
	fact_int(key, ++ended);
	pthread_mutex_unlock(&lock);
}

static void *perform(void *argument)
{
	struct request *request = argument;
	size_t length = request->range[1];
	off_t offset = (off_t)request->range[0];
	void *buffer;
	ssize_t result;

	if (posix_memalign(&buffer, PAGE, length + PAGE))
		die("out of memory");
	memset(buffer, 'x', length);
	announce(request);
	switch (request->op[0]) {
	case 'r':
		result = pread(device, buffer, length, offset);
		break;
	case 'w':
		result = pwrite(device, buffer, length, offset);
		break;
	case 'd':
		result = ioctl(device, BLKDISCARD, request->range);
		break;
	default:
		result = fsync(device);
		break;
	}
	fprintf(stderr, "%s ended with %zd\n", request->op, result);
	announce_end();
	rest();
}

static void parse(struct request *request, const char *text)
{
	if (strcmp(text, "flush") == 0)
		strcpy(request->op, text);
	else if (sscanf(text, "%15[a-z]:%lu:%lu", request->op, &request->range[0],
			&request->range[1]) != 3)
		die("not a request: %s", text);
}

void run_on(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "sched_setaffinity");
}

int role_io(int argc, char **argv)
{
	static struct request requests[MAX_REQUESTS];
	int count = argc - 1, number, i;
	char path[64], key[64];
	sigset_t start;

	if (count > MAX_REQUESTS)
		die("too many requests");
	for (i = 0; i < count; i++)
		parse(&requests[i], argv[1 + i]);
	detach();
	sigemptyset(&start);
	sigaddset(&start, SIGUSR1);
	sigprocmask(SIG_BLOCK, &start, NULL);
	if (options.cpu >= 0)
		run_on(options.cpu);
	snprintf(path, sizeof(path), "/dev/%s", argv[0]);
	device = open(path, O_RDWR | O_DIRECT);
	must(device >= 0, path);
	fact_pid();
	snprintf(key, sizeof(key), "%s_fd", options.as);
	fact_int(key, device);
	ready();
	sigwait(&start, &number);
	for (i = 0; i < count; i++)
		must(pthread_create(&requests[i].thread, NULL, perform, &requests[i]) == 0,
		     "thread");
	if (options.zombie)
		pthread_exit(NULL);
	rest();
}
