// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ten times the crowd: so many more processes that each must cost little. They share the actor's memory, and so have no page
 * tables of their own, but each has a file table and opens its files itself.
 */
#include "actor.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TENFOLD		    10
#define THREADS_PER_PROCESS 4
/* Of the threads that main.sh counts, fifty times as many. */
#define MORE_THREADS 50
/* How many processes open their files at the same time. */
#define AT_ONCE	      4
#define PROCESS_STACK 4096
#define THREAD_STACK  1024
#define REPORT_EVERY  2000
#define THREAD_OF_SAME                                                                             \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static unsigned long files;
static int in_position[2];

/* Each open has a struct file of its own. O_PATH: the cheapest one, for there are ten million. */
static void open_files(void)
{
	unsigned long i;

	for (i = 0; i < files; i++)
		must(open("/", O_PATH) >= 0, "/");
}

static int idle(void *unused)
{
	(void)unused;
	rest();
}

/* Stacks grow downwards: each is used from its end. */
static void start_threads(unsigned long count, char *stacks)
{
	while (count--) {
		stacks += THREAD_STACK;
		must(clone(idle, stacks, THREAD_OF_SAME, NULL) > 0, "clone: a thread");
	}
}

static int process(void *stacks)
{
	open_files();
	start_threads(THREADS_PER_PROCESS, stacks);
	must(write(in_position[1], "", 1) == 1, "pipe");
	close(in_position[0]);
	close(in_position[1]);
	rest();
}

static void start_process(char *stacks)
{
	must(clone(process, stacks + PROCESS_STACK, CLONE_VM, stacks + PROCESS_STACK) > 0,
	     "clone: a process");
}

static char *make_stacks(size_t size)
{
	char *stacks = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	must(stacks != MAP_FAILED, "stacks");
	return stacks;
}

static void report(int console, unsigned long count)
{
	if (count % REPORT_EVERY == 0)
		dprintf(console, "fixture: %lu processes have come\n", count);
}

static void start_processes(unsigned long count, int console)
{
	const size_t size = PROCESS_STACK + THREADS_PER_PROCESS * THREAD_STACK;
	char *stacks = make_stacks(count * size), byte;
	unsigned long started = 0, come;

	for (come = 0; come < count; come++) {
		for (; started < count && started < come + AT_ONCE; started++)
			start_process(stacks + started * size);
		must(read(in_position[0], &byte, 1) == 1, "a process");
		report(console, come + 1);
	}
}

/* A host on which nobody has ever used an io_uring is not searched for any. */
static void make_ring(void)
{
	struct io_uring_params parameters = { 0 };

	must(syscall(SYS_io_uring_setup, 4, &parameters) >= 0, "io_uring_setup");
}

/* PROCESSES FILES THREADS, as in the other crowds: the actor itself is one more process, which has the rest of the threads. */
int role_crowd(int argc, char **argv)
{
	unsigned long processes = TENFOLD * strtoul(argv[0], NULL, 10);
	unsigned long threads =
		MORE_THREADS * strtoul(argv[2], NULL, 10) - THREADS_PER_PROCESS * processes;
	int console;

	(void)argc;
	files = strtoul(argv[1], NULL, 10);
	detach();
	console = open("/dev/console", O_WRONLY | O_CLOEXEC);
	must(console >= 0 && pipe(in_position) == 0, "console and pipe");
	start_processes(processes, console);
	open_files();
	make_ring();
	start_threads(threads, make_stacks(threads * THREAD_STACK));
	ready();
	rest();
}
