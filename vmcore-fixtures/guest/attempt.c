// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a new task gets that tries to attach the device. Each way is tried by a
 * process of its own; one that does not come back stays, in D. What succeeds is
 * undone: the close of the last opener undoes NBD_SET_SOCK, a disconnect the rest.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 2000
#define DEVICE_BYTES (8UL << 20)
#define MAX_WAYS 3

static int outcome(int result)
{
	return result < 0 ? errno : 0;
}

static int open_device(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int a_socket(void)
{
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	return pair[0];
}

static int set_sock(const char *name)
{
	int device = open_device(name);

	return device < 0 ? errno : outcome(ioctl(device, NBD_SET_SOCK, a_socket()));
}

static int do_it(const char *name)
{
	int device = open_device(name);

	return device < 0 ? errno : outcome(ioctl(device, NBD_DO_IT));
}

static int netlink(const char *name)
{
	int socket = a_socket(), error;
	struct nbd_attach attach = { .size = DEVICE_BYTES, .sockets = &socket, .count = 1 };

	if (sscanf(name, "nbd%u", &attach.index) != 1)
		die("not an nbd device: %s", name);
	error = nbd_netlink_connect(&attach);
	if (!error && nbd_netlink_disconnect(attach.index))
		die("the connection cannot be undone");
	return error;
}

static const struct {
	const char *name;
	int (*try)(const char *device);
} ways[] = {
	{ "set_sock", set_sock },
	{ "do_it", do_it },
	{ "netlink", netlink },
};

struct attempt {
	const char *way;
	pid_t pid;
	int answer;
};

static void begin(struct attempt *attempt, const char *device, const char *way)
{
	int ends[2], error;
	size_t i;

	attempt->way = way;
	must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
	attempt->answer = ends[0];
	attempt->pid = fork();
	must(attempt->pid >= 0, "fork");
	if (attempt->pid)
		return (void)close(ends[1]);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, way) != 0)
			continue;
		error = ways[i].try(device);
		must(write(ends[1], &error, sizeof(error)) == sizeof(error), "pipe");
		_exit(0);
	}
	die("no such way: %s", way);
}

static void end(struct attempt *attempt)
{
	struct pollfd answer = { .fd = attempt->answer, .events = POLLIN };
	const char *result = "ok";
	char key[64];
	int error;

	snprintf(key, sizeof(key), "attempt_%s_pid", attempt->way);
	if (poll(&answer, 1, PATIENCE_MS) == 0) {
		result = "hangs";
		fact_int(key, attempt->pid);
	} else {
		if (read(attempt->answer, &error, sizeof(error)) != sizeof(error))
			die("%s: no answer", attempt->way);
		/* Only now has the device been closed. */
		must(waitpid(attempt->pid, NULL, 0) == attempt->pid, "waitpid");
		if (error)
			result = strerrorname_np(error);
	}
	close(attempt->answer);
	snprintf(key, sizeof(key), "attempt_%s", attempt->way);
	fact_text(key, result, strlen(result));
}

int role_attempt(int argc, char **argv)
{
	struct attempt attempts[MAX_WAYS];
	int count = argc - 1, i;

	if (count > MAX_WAYS)
		die("too many ways");
	for (i = 0; i < count; i++) {
		begin(&attempts[i], argv[0], argv[1 + i]);
		if (!options.together)
			end(&attempts[i]);
	}
	for (i = 0; options.together && i < count; i++)
		end(&attempts[i]);
	return 0;
}
