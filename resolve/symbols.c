// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/symbols.h"

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

num k_symbol(const char *name)
{
	num symbol = k_crash_symbol(name);

	if (symbol.known && !is_of_another_build(symbol.v))
		return symbol;
	symbol = module_symbol(name);
	return symbol.known ? symbol : module_debuginfo_variable(name);
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
