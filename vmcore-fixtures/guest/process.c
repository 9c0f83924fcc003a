// SPDX-License-Identifier: GPL-2.0-or-later
/* Life of an actor's process. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options options = { .cpu = -1 };

static int ready_fd = -1;

void die(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "actor %s: ", options.as ? options.as : "");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void must(int ok, const char *what)
{
	if (!ok)
		die("%s: %s", what, strerror(errno));
}

/*
 * Goes on in a child; the caller's process waits for its ready() and exits with
 * success, or with failure if the child ends before.
 */
void detach(void)
{
	int ends[2], null;
	char byte;
	pid_t pid;

	must(pipe(ends) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid > 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
	}
	setsid();
	/* Out of the way: what the actor opens shall get fd 3 and up. */
	ready_fd = fcntl(ends[1], F_DUPFD, 100);
	must(ready_fd >= 0, "F_DUPFD");
	close(ends[0]);
	close(ends[1]);
	/* A caller that reads our output must not have to wait for our death. */
	null = open("/dev/null", O_RDWR);
	must(null >= 0, "/dev/null");
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

void ready(void)
{
	must(write(ready_fd, "", 1) == 1, "reporting ready");
	close(ready_fd);
	ready_fd = -1;
}

void rest(void)
{
	for (;;)
		pause();
}
