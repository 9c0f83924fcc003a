// SPDX-License-Identifier: GPL-2.0-or-later
#include "standin.h"

#include <crash/defs.h>
#include <err.h>
#include <setjmp.h>
#include <signal.h>

#include "resolve/kernel_types.h"
#include "resolve/layout.h"

/* What crash exports, by its own names. */
FILE *fp;
char *args[MAXARGS];
int argcnt;
struct program_context program_context, *pc = &program_context;
struct task_table task_table, *tt = &task_table;
struct kernel_table kernel_table, *kt = &kernel_table;
static struct machdep_table machdep_table;
struct machdep_table *machdep = &machdep_table;

static const struct core *opened;
static struct command_table_entry *commands;
static jmp_buf prompt;
static unsigned long interrupt_at, n_reads;
static unsigned long interrupt_at_look, n_looks;

static crash_layout_filter *layout_filter;
static crash_symbol_filter *symbol_filter;

void crash_filter_layouts(crash_layout_filter *filter)
{
	layout_filter = filter;
}

void crash_filter_symbols(crash_symbol_filter *filter)
{
	symbol_filter = filter;
}

void crash_vmlinux(char *path)
{
	pc->namelist = path;
}

void register_extension(struct command_table_entry *table)
{
	commands = table;
}

/* This and symbol_value() end the command in crash when they fail, which must not happen to nbd.so:
 * here they end the test. */
int readmem(ulonglong addr, int memtype, void *buf, long size, char *type, ulong flags)
{
	/* People press it twice. */
	if (++n_reads == interrupt_at || (interrupt_at && n_reads == interrupt_at + 1))
		raise(SIGINT);
	if (memtype == KVADDR && core_read(opened, addr, buf, (size_t)size))
		return TRUE;
	if (!(flags & RETURN_ON_ERROR))
		errx(EXIT_FAILURE, "cannot read %ld bytes of %s at %llx", size, type, addr);
	return FALSE;
}

/* The linker has nbd.so's code call this one: LOOKS in the Makefile. */
bool __real_k_interrupted(void);
bool __wrap_k_interrupted(void);

bool __wrap_k_interrupted(void)
{
	if (++n_looks == interrupt_at_look)
		raise(SIGINT);
	return __real_k_interrupted();
}

void crash_interrupt_look(unsigned long n)
{
	interrupt_at_look = n;
}

unsigned long crash_looks(void)
{
	return n_looks;
}

long datatype_info(char *name, char *member, struct datatype_member *request)
{
	size_t offset, size;

	if (layout_filter && !layout_filter(name, member))
		return -1;
	if (!core_layout(opened, name, member, &offset, &size))
		return -1;
	return request == MEMBER_SIZE_REQUEST || request == STRUCT_SIZE_REQUEST ? (long)size
										: (long)offset;
}

static struct load_module nbd;
static bool loaded;

void crash_load_debuginfo(const char *path)
{
	loaded = path;
	snprintf(nbd.mod_namelist, sizeof(nbd.mod_namelist), "%s", path ? path : "");
}

/* What an image has of nbd's debuginfo counts as loaded, too. */
int is_module_name(char *name, ulong *address, struct load_module **module)
{
	size_t offset, size;

	(void)address;
	nbd.mod_flags = loaded || core_layout(opened, "nbd_device", NULL, &offset, &size)
				? MOD_LOAD_SYMS
				: 0;
	*module = &nbd;
	return (!symbol_filter || loaded) && !strcmp(name, "nbd");
}

int symbol_exists(char *name)
{
	uint64_t addr;

	return (!symbol_filter || symbol_filter(name)) && core_symbol(opened, name, &addr);
}

ulong symbol_value(char *name)
{
	uint64_t addr;

	if (!core_symbol(opened, name, &addr))
		errx(EXIT_FAILURE, "cannot resolve %s", name);
	return addr;
}

int is_kernel_text(ulong addr)
{
	uint64_t start;
	const char *name = core_symbol_at(opened, addr, &start);

	return core_is_code(opened, addr) && (!symbol_filter || !name || symbol_filter(name));
}

char *closest_symbol(ulong addr)
{
	uint64_t start;

	return (char *)core_symbol_at(opened, addr, &start);
}

ulong closest_symbol_value(ulong addr)
{
	uint64_t start;

	core_symbol_at(opened, addr, &start);
	return start;
}

void crash_interrupt(unsigned long n)
{
	interrupt_at = n;
}

unsigned long crash_reads(void)
{
	return n_reads;
}

int __error(int type, char *format, ...)
{
	va_list list;

	fprintf(fp, "%s: ", pc->curcmd);
	va_start(list, format);
	vfprintf(fp, format, list);
	va_end(list);
	if (type == FATAL)
		longjmp(prompt, 1);
	return TRUE;
}

void cmd_usage(char *name, int what)
{
	(void)what;
	fprintf(fp, "Usage: %s\n", name);
	longjmp(prompt, 1);
}

static struct command_table_entry *find_command(const char *name)
{
	for (struct command_table_entry *c = commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

/* Runs before the prompt comes. */
static void clean_up(void)
{
	for (struct command_table_entry *c = commands; c->name; c++) {
		if (c->flags & CLEANUP)
			c->func();
	}
}

static void execute(const struct command_table_entry *command)
{
	if (setjmp(prompt))
		return;
	command->func();
}

static void split(char *line)
{
	argcnt = 0;
	for (char *word = strtok(line, " "); word && argcnt < MAXARGS - 1; word = strtok(NULL, " "))
		args[argcnt++] = word;
	args[argcnt] = NULL;
}

char *crash_run(const char *line)
{
	struct command_table_entry *command;
	char *words = strdup(line), *output = NULL;
	size_t size;

	fp = open_memstream(&output, &size);
	split(words);
	command = argcnt ? find_command(args[0]) : NULL;
	if (!command)
		abort();
	n_reads = n_looks = 0;
	pc->curcmd = command->name;
	optind = 0;
	execute(command);
	fclose(fp);
	fp = NULL;
	clean_up();
	/* A mistake in nbd.so's code, which crash's users would see as an unknown value. */
	if (k_misuse())
		errx(EXIT_FAILURE, "%s: %s", line, k_misuse());
	interrupt_at = interrupt_at_look = 0;
	free(words);
	return output;
}

/* The kernel's name as crash knows it: from init_uts_ns. */
static void read_utsname(const char *member, char *to, size_t size)
{
	uint64_t init_uts_ns;
	size_t name, offset, len;

	memset(to, 0, size);
	if (core_symbol(opened, "init_uts_ns", &init_uts_ns) &&
	    core_layout(opened, "uts_namespace", "name", &name, &len) &&
	    core_layout(opened, "new_utsname", member, &offset, &len))
		core_read(opened, init_uts_ns + name + offset, to, (len < size ? len : size) - 1);
}

/* As crash does it: back to the prompt. */
static void back_to_the_prompt(int signal)
{
	(void)signal;
	longjmp(prompt, 1);
}

void crash_open(const struct core *core)
{
	struct sigaction action = {.sa_handler = back_to_the_prompt, .sa_flags = SA_NODEFER};

	sigaction(SIGINT, &action, NULL);
	opened = core;
	read_utsname("release", kt->utsname.release, sizeof(kt->utsname.release));
	read_utsname("version", kt->utsname.version, sizeof(kt->utsname.version));
	read_utsname("machine", kt->utsname.machine, sizeof(kt->utsname.machine));
	machdep->stacksize = 16384;
	tt->running_tasks = 1;
}

void crash_close(void)
{
	k_fini();
	opened = NULL;
}
