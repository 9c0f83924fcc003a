// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/symbols.h"

#include "resolve/kernel_crash.h"
#include "resolve/kernel_module.h"
#include "resolve/module_symbols.h"

num k_symbol(const char *name)
{
	num symbol = k_crash_symbol(name);

	return symbol.known ? symbol : module_symbol(name);
}

const char *k_function(uint64_t addr, uint64_t *start)
{
	const char *name = k_crash_function(addr, start);

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
	return k_module_is_known(module) || module_symbols_are_complete(module) ? NUM(0)
										: NUM_UNKNOWN;
}
