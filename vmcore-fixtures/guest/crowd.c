// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes with open files, and one with threads: what a search for owners has to go through. */
#include "actor.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long files;

/* Each open has a struct file of its own. */
static void open_files(void)
{
	unsigned long i;

	for (i = 0; i < files; i++)
		must(open("/dev/null", O_RDONLY) >= 0, "/dev/null");
}

static void *idle(void *unused)
{
	(void)unused;
	rest();
}

static void start_threads(unsigned long count)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	while (count--)
		must(pthread_create(&thread, &attributes, idle, NULL) == 0, "pthread_create");
}

/* The processes one after the other, so that each has got its files when ready() says so. */
static void start_process(void)
{
	int ends[2];
	pid_t pid;
	char byte;

	must(pipe(ends) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(ends[0]);
		open_files();
		must(write(ends[1], "", 1) == 1, "pipe");
		close(ends[1]);
		rest();
	}
	close(ends[1]);
	must(read(ends[0], &byte, 1) == 1, "process");
	close(ends[0]);
}

/* PROCESSES FILES THREADS: the actor itself is one more process, which has the threads. */
int role_crowd(int argc, char **argv)
{
	unsigned long processes = strtoul(argv[0], NULL, 10), i;

	(void)argc;
	files = strtoul(argv[1], NULL, 10);
	detach();
	for (i = 0; i < processes; i++)
		start_process();
	open_files();
	start_threads(strtoul(argv[2], NULL, 10));
	ready();
	rest();
}
