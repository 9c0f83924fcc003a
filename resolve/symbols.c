// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/symbols.h"

#include <string.h>

#include "base/arena.h"
#include "base/ptr_map.h"
#include "resolve/kernel_crash.h"
#include "resolve/kernel_module.h"
#include "resolve/module_debuginfo.h"
#include "resolve/module_symbols.h"

/* What crash says of nbd's memory when it has loaded debuginfo that does not belong to it. */
static bool is_of_another_build(uint64_t addr)
{
	return module_debuginfo_problem() &&
	       kernel_module_contains(kernel_module_by_name("nbd"), addr);
}

/* What was asked for in this command: for each name crash compares hundreds, and a stack asks for some in each frame. */
struct asked {
	const char *name;
	num symbol;
};

static struct ptr_map asked;
static unsigned long round_of_asked;

/* FNV-1a. Two names with one hash are told apart by their text. */
static uint64_t hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	return h;
}

void k_symbols_forget(void)
{
	asked = (struct ptr_map){0};
	module_symbols_forget();
}

static num look_up(const char *name)
{
	num symbol = k_crash_symbol(name);

	if (symbol.known && !is_of_another_build(symbol.v))
		return symbol;
	symbol = module_symbol(name);
	return symbol.known ? symbol : module_debuginfo_variable(name);
}

num k_symbol(const char *name)
{
	uint64_t key = hash(name);
	struct asked *a;
	num symbol;

	if (round_of_asked != arena_round())
		asked = (struct ptr_map){0};
	round_of_asked = arena_round();
	a = ptr_map_get(&asked, key);
	if (a && !strcmp(a->name, name))
		return a->symbol;
	/* This may ask for others. */
	symbol = look_up(name);
	if (a || k_interrupted())
		return symbol;
	a = arena_alloc(sizeof(*a));
	*a = (struct asked){arena_strndup(name, strlen(name)), symbol};
	*ptr_map_at(&asked, key) = a;
	return symbol;
}

const char *k_function(uint64_t addr, uint64_t *start)
{
	const char *name = is_of_another_build(addr) ? NULL : k_crash_function(addr, start);

	return name ? name : module_function(addr, start);
}

bool k_is_symbol(num addr, const char *name)
{
	num symbol = k_symbol(name);

	return addr.known && symbol.known && addr.v == symbol.v;
}

num k_module_has_function(const char *module, const char *function)
{
	num symbol = k_symbol(function);
	uint64_t addr = kernel_module_by_name(module);

	if (symbol.known)
		return addr && kernel_module_contains(addr, symbol.v) ? NUM(1) : NUM_UNKNOWN;
	return module_symbols_are_of_crash(module) || module_symbols_are_complete(module)
		       ? NUM(0)
		       : NUM_UNKNOWN;
}
