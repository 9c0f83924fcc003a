// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.so, for measuring only: `stopwatch LABEL` tells what the session has used so far, `floor` reads
 * what every search for owners must have read: each fd array, and what leads to it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <crash/defs.h>

struct array {
	ulong addr;
	size_t slots;
};

static struct array *arrays;
static size_t n_arrays, room;

/* One line: LABEL, seconds of CPU of this process, its peak of resident KiB. */
static void cmd_stopwatch(void)
{
	struct timespec used;
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");
	long peak = 0;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	while (status && fgets(line, sizeof(line), status))
		sscanf(line, "VmHWM: %ld", &peak);
	if (status)
		fclose(status);
	fprintf(fp, "%s %ld.%06ld %ld\n", argcnt > 1 ? args[1] : "-", (long)used.tv_sec,
		used.tv_nsec / 1000, peak);
}

static bool read_pointer(ulong addr, ulong *value)
{
	return readmem(addr, KVADDR, value, sizeof(*value), "pointer", RETURN_ON_ERROR | QUIET);
}

/* Offsets of what leads to the arrays, and the piece of a task_struct that holds its four. */
static struct {
	long tasks, thread_node, signal, files, thread_head, fdt, fd, max_fds, first, length;
} off;

static void look_up(void)
{
	off.tasks = MEMBER_OFFSET("task_struct", "tasks");
	off.thread_node = MEMBER_OFFSET("task_struct", "thread_node");
	off.signal = MEMBER_OFFSET("task_struct", "signal");
	off.files = MEMBER_OFFSET("task_struct", "files");
	off.thread_head = MEMBER_OFFSET("signal_struct", "thread_head");
	off.fdt = MEMBER_OFFSET("files_struct", "fdt");
	off.fd = MEMBER_OFFSET("fdtable", "fd");
	off.max_fds = MEMBER_OFFSET("fdtable", "max_fds");
	off.first = MIN(MIN(off.tasks, off.thread_node), MIN(off.signal, off.files));
	off.length = MAX(MAX(off.tasks, off.thread_node), MAX(off.signal, off.files)) +
		     (long)sizeof(ulong) - off.first;
}

static ulong field(const char *task, long offset)
{
	ulong value;

	memcpy(&value, task + offset - off.first, sizeof(value));
	return value;
}

static bool add_array(ulong files)
{
	char fdtable[64];
	ulong fdt;
	unsigned max_fds;

	/* All kernel threads share the first task's. */
	if (!files || (n_arrays && files == symbol_value("init_files")))
		return true;
	if (!read_pointer(files + off.fdt, &fdt) ||
	    !readmem(fdt, KVADDR, fdtable, sizeof(fdtable), "fdtable", RETURN_ON_ERROR | QUIET))
		return false;
	if (n_arrays == room) {
		room = room ? 2 * room : 1024;
		arrays = realloc(arrays, room * sizeof(*arrays));
	}
	memcpy(&arrays[n_arrays].addr, fdtable + off.fd, sizeof(ulong));
	memcpy(&max_fds, fdtable + off.max_fds, sizeof(max_fds));
	arrays[n_arrays++].slots = max_fds;
	return true;
}

static bool read_task(ulong task, char *buf)
{
	return readmem(task + off.first, KVADDR, buf, off.length, "task_struct",
		       RETURN_ON_ERROR | QUIET);
}

/* All task_structs, and of each thread group's leader the table: threads of this image share it. */
static bool collect(void)
{
	ulong init_task = symbol_value("init_task"), task = init_task, link;
	char *leader = GETBUF(off.length), *thread = GETBUF(off.length);

	n_arrays = 0;
	do {
		if (!read_task(task, leader))
			return false;
		if (!add_array(field(leader, off.files)))
			return false;
		/* Back to the list's head in signal_struct: a single thread's node is all there is. */
		for (link = field(leader, off.thread_node);
		     link != field(leader, off.signal) + off.thread_head;
		     link = field(thread, off.thread_node)) {
			if (!read_task(link - off.thread_node, thread))
				return false;
		}
		task = field(leader, off.tasks) - off.tasks;
	} while (task != init_task);
	FREEBUF(leader);
	FREEBUF(thread);
	return true;
}

/* floor arrays: the arrays that floor has found, and nothing else. Prints how many files there are. */
static void cmd_floor(void)
{
	ulong *slots, files = 0;

	if (!off.length)
		look_up();
	if (argcnt == 1 && !collect())
		error(FATAL, "the tables cannot be read\n");
	for (size_t i = 0; i < n_arrays; i++) {
		slots = malloc(arrays[i].slots * sizeof(*slots));
		if (!readmem(arrays[i].addr, KVADDR, slots, arrays[i].slots * sizeof(*slots),
			     "fd array", RETURN_ON_ERROR | QUIET))
			error(FATAL, "an array cannot be read\n");
		for (size_t s = 0; s < arrays[i].slots; s++)
			files += slots[s] != 0;
		free(slots);
	}
	fprintf(fp, "%lu tables %lu files\n", (ulong)n_arrays, files);
}

static char *help[] = {"bench", "measures", " ", "  See tests/bench.", NULL};

static struct command_table_entry command_table[] = {
	{"stopwatch", cmd_stopwatch, help, 0},
	{"floor", cmd_floor, help, 0},
	{NULL, NULL, NULL, 0},
};

static void __attribute__((constructor)) bench_init(void)
{
	register_extension(command_table);
}
