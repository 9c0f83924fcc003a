// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* memmem() */
#include "resolve/kernel_module.h"

#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"

/* MODULE_NAME_LEN of 64-bit kernels is 56. */
#define MAX_MODULE_NAME 56
/* nbd.ko takes some 60 KB; a debugging kernel's takes more. */
#define MAX_MODULE_SIZE (16u << 20)
/* enum mod_mem_type has 7 kinds. */
#define MAX_MODULE_PIECES 16

uint64_t *kernel_modules(size_t *n)
{
	struct klist list = klist_of(k_symbol("modules"), "modules");
	uint64_t *modules = NULL;

	*n = 0;
	while (k_has(KM_MODULE_LIST) && klist_next(&list))
		*ARENA_PUSH(modules, *n) = k_container(list.node, KM_MODULE_LIST);
	return modules;
}

static uint64_t module_by_name(const char *name)
{
	size_t n, len = strlen(name) + 1;
	uint64_t *modules = kernel_modules(&n);
	char found[MAX_MODULE_NAME];

	for (size_t i = 0; len <= sizeof(found) && k_has(KM_MODULE_NAME) && i < n; i++) {
		if (k_read(k_at(modules[i], KM_MODULE_NAME), found, len, "module.name") &&
		    !memcmp(found, name, len))
			return modules[i];
	}
	return 0;
}

/* Where the i-th piece of a module's memory is, and its size. False when the module has no more pieces. */
static bool module_piece(uint64_t module, size_t i, num *base, num *size)
{
	size_t part;
	uint64_t mem;

	if (k_has(KM_MODULE_CORE_LAYOUT)) {
		mem = k_at(module, KM_MODULE_CORE_LAYOUT);
		*base = k_num_at(mem, KM_MODULE_LAYOUT_BASE);
		*size = k_num_at(mem, KM_MODULE_LAYOUT_SIZE);
		return i == 0;
	}
	part = k_sizeof(K_MODULE_MEMORY);
	if (!k_has(KM_MODULE_MEM) || !part || i >= MAX_MODULE_PIECES ||
	    (i + 1) * part > k_member_size(KM_MODULE_MEM))
		return false;
	mem = k_at(module, KM_MODULE_MEM) + i * part;
	*base = k_num_at(mem, KM_MODULE_MEMORY_BASE);
	*size = k_num_at(mem, KM_MODULE_MEMORY_SIZE);
	return true;
}

bool kernel_module_contains(uint64_t module, uint64_t addr)
{
	num base, size;

	for (size_t i = 0; module_piece(module, i, &base, &size); i++) {
		if (base.known && size.known && addr >= base.v && addr - base.v < size.v)
			return true;
	}
	return false;
}

bool kernel_module_is_loaded(const char *name)
{
	return module_by_name(name) != 0;
}

num kernel_module_has_symbol(const char *module, const char *symbol)
{
	uint64_t addr = module_by_name(module);
	num value = k_symbol(symbol);

	if (!value.known)
		return NUM(0);
	return addr && kernel_module_contains(addr, value.v) ? NUM(1) : NUM_UNKNOWN;
}

static num piece_holds(num base, num size, const char *text)
{
	void *piece;

	if (!base.known || !size.known || size.v > MAX_MODULE_SIZE)
		return NUM_UNKNOWN;
	/* Pieces that were needed only to start the module have been freed since, and have size 0. */
	if (!size.v)
		return NUM(0);
	piece = arena_alloc(size.v);
	if (!k_read(base.v, piece, size.v, "module"))
		return NUM_UNKNOWN;
	return NUM(memmem(piece, size.v, text, strlen(text)) != NULL);
}

num kernel_module_holds(const char *module, const char *text)
{
	uint64_t addr = module_by_name(module);
	num base, size, all = NUM_UNKNOWN;

	for (size_t i = 0; addr && module_piece(addr, i, &base, &size); i++) {
		num one = piece_holds(base, size, text);

		if (num_is(one, 1))
			return one;
		/* The answer is "no" only when all pieces could be read. */
		if (!one.known)
			return NUM_UNKNOWN;
		all = one;
	}
	return all;
}
