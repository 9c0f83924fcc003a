// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/kernel_crash.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include <crash/defs.h>

/* crash takes every name as a writable string. */
#define MAX_NAME 64
/* All 64-bit kernels are above it, s390's too. */
#define LOWEST_SYMBOL (1u << 20)

/* At a Ctrl-C crash leaves its commands by longjmp, wherever they are: what was found so far would be lost,
 * and memory that malloc() was changing would be damaged. So nbd.so handles a command's first one itself, and those that
 * people press right behind it. */
static volatile sig_atomic_t interrupted;
static struct timespec interrupted_at;
static struct sigaction of_crash;
static bool listening;

/* A command that has not ended by then is left to crash. */
#define PATIENCE_S 1

static void on_interrupt(int signal)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!interrupted) {
		interrupted_at = now;
		interrupted = true;
	} else if (now.tv_sec - interrupted_at.tv_sec > PATIENCE_S) {
		sigaction(SIGINT, &of_crash, NULL);
		/* It waits until this handler has returned. */
		raise(signal);
	}
}

static bool listen_to_interrupts(struct sigaction *before)
{
	struct sigaction ours = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};

	return !sigaction(SIGINT, &ours, before);
}

static void mask_interrupts(int how)
{
	sigset_t interrupt;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(how, &interrupt, NULL);
}

bool k_interrupted(void)
{
	return interrupted;
}

void k_interrupts_begin(void)
{
	interrupted = false;
	/* A Ctrl-C that finds the new handler in force, and the old one not noted yet, could not be handed over. */
	mask_interrupts(SIG_BLOCK);
	if (!listening)
		listening = listen_to_interrupts(&of_crash);
	mask_interrupts(SIG_UNBLOCK);
}

void k_uninterrupted(void (*act)(void))
{
	sigset_t interrupt, before;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &before);
	act();
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void k_interrupts_hold(void)
{
	mask_interrupts(SIG_BLOCK);
}

void k_interrupts_end(void)
{
	if (listening)
		sigaction(SIGINT, &of_crash, NULL);
	listening = false;
	/* Also when crash left by longjmp what had blocked them. */
	mask_interrupts(SIG_UNBLOCK);
}

/* gdb has a handler of its own: after a Ctrl-C it answers the question of that moment, or the next one, as if the
 * type did not exist. Then it puts crash's own handler in force. So a Ctrl-C has to wait for the answer. With a
 * pipe or a pager crash has gdb ignore the signal, and it may be lost. */
static void gdb_begin(void)
{
	mask_interrupts(SIG_BLOCK);
}

static void gdb_end(void)
{
	if (listening)
		listen_to_interrupts(NULL);
	mask_interrupts(SIG_UNBLOCK);
}

long k_debuginfo_size(const char *structure)
{
	char name[MAX_NAME];
	long size;

	snprintf(name, sizeof(name), "%s", structure);
	gdb_begin();
	size = STRUCT_SIZE(name);
	gdb_end();
	return size;
}

long k_debuginfo_member(const char *structure, const char *member, size_t *size)
{
	char name[MAX_NAME], mem[MAX_NAME];
	long offset;

	snprintf(name, sizeof(name), "%s", structure);
	snprintf(mem, sizeof(mem), "%s", member);
	gdb_begin();
	/* Finds members of anonymous unions, too. */
	offset = MEMBER_OFFSET(name, mem);
	if (offset >= 0)
		*size = (size_t)MEMBER_SIZE(name, mem);
	gdb_end();
	return offset;
}

const char *k_vmlinux(void)
{
	return pc->namelist;
}

static struct load_module *find_module(const char *module)
{
	char name[MAX_NAME];
	struct load_module *found;

	snprintf(name, sizeof(name), "%s", module);
	return is_module_name(name, NULL, &found) ? found : NULL;
}

bool k_module_is_known(const char *module)
{
	return find_module(module);
}

bool k_debuginfo_is_loaded(const char *module)
{
	const struct load_module *found = find_module(module);

	return found && found->mod_flags & MOD_LOAD_SYMS;
}

const char *k_debuginfo_file(const char *module)
{
	const struct load_module *found = find_module(module);

	return found && found->mod_flags & MOD_LOAD_SYMS ? found->mod_namelist : "";
}

bool k_readmem(uint64_t addr, void *buf, size_t len, const char *what)
{
	char type[MAX_NAME];

	snprintf(type, sizeof(type), "%s", what);
	return readmem(addr, KVADDR, buf, (long)len, type, RETURN_ON_ERROR | QUIET);
}

num k_crash_per_cpu_symbol(const char *name)
{
	char symbol[MAX_NAME];

	snprintf(symbol, sizeof(symbol), "%s", name);
	return symbol_exists(symbol) ? NUM(symbol_value(symbol)) : NUM_UNKNOWN;
}

num k_crash_symbol(const char *name)
{
	num symbol = k_crash_per_cpu_symbol(name);

	return symbol.v >= LOWEST_SYMBOL ? symbol : NUM_UNKNOWN;
}

const char *k_crash_function(uint64_t addr, uint64_t *start)
{
	const char *name = is_kernel_text(addr) ? closest_symbol(addr) : NULL;

	*start = name ? closest_symbol_value(addr) : 0;
	return name;
}

struct k_system k_system(void)
{
	return (struct k_system){.release = kt->utsname.release,
				 .version = kt->utsname.version,
				 .machine = kt->utsname.machine,
				 .tasks_in_crash = RUNNING_TASKS()};
}

size_t k_stack_size(void)
{
	return machdep->stacksize;
}
