// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* memmem() */
#include "resolve/kernel_module.h"

#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"

/* nbd.ko takes some 60 KB; a debugging kernel's takes more. */
#define MAX_MODULE_SIZE (16u << 20)
/* enum mod_mem_type has 7 kinds. */
#define MAX_MODULE_PIECES 16
/* A usual module has 30; one with a section for each function may have thousands. */
#define MAX_SECTIONS	 (1u << 16)
#define MAX_SECTION_NAME 64

uint64_t *kernel_modules(size_t *n)
{
	struct klist list = klist_of(k_crash_symbol("modules"), "modules");
	uint64_t *modules = NULL;

	*n = 0;
	while (k_has(KM_MODULE_LIST) && klist_next(&list))
		*ARENA_PUSH(modules, *n) = k_container(list.node, KM_MODULE_LIST);
	return modules;
}

bool kernel_module_name(uint64_t module, char name[KERNEL_MODULE_NAME])
{
	size_t size = k_member_size(KM_MODULE_NAME);

	memset(name, 0, KERNEL_MODULE_NAME);
	return size &&
	       k_read(k_at(module, KM_MODULE_NAME), name,
		      size < KERNEL_MODULE_NAME ? size : KERNEL_MODULE_NAME - 1, "module.name");
}

uint64_t kernel_module_by_name(const char *name)
{
	char found[KERNEL_MODULE_NAME];
	size_t n;
	uint64_t *modules = kernel_modules(&n);

	for (size_t i = 0; i < n; i++) {
		if (kernel_module_name(modules[i], found) && !strcmp(found, name))
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

bool kernel_module_text(uint64_t module, uint64_t *base, uint64_t *size)
{
	/* The first piece has the code, at its beginning or alone (MOD_TEXT). */
	num start, len;

	if (!module_piece(module, 0, &start, &len))
		return false;
	if (k_has(KM_MODULE_CORE_LAYOUT))
		len = k_num_at(k_at(module, KM_MODULE_CORE_LAYOUT), KM_MODULE_LAYOUT_TEXT_SIZE);
	*base = start.v;
	*size = len.v;
	return start.known && len.known;
}

uint64_t kernel_module_room(uint64_t module, uint64_t addr)
{
	num base, size;

	for (size_t i = 0; module_piece(module, i, &base, &size); i++) {
		if (base.known && size.known && addr >= base.v && addr - base.v < size.v)
			return size.v - (addr - base.v);
	}
	return 0;
}

bool kernel_module_contains(uint64_t module, uint64_t addr)
{
	return kernel_module_room(module, addr);
}

static num section_address(uint64_t attribute)
{
	if (!k_has(KM_SECT_ATTR_BATTR))
		return k_num_at(attribute, KM_BIN_ATTRIBUTE_PRIVATE);
	return k_num_at(k_container(attribute, KM_SECT_ATTR_BATTR), KM_SECT_ATTR_ADDRESS);
}

static bool has_name(uint64_t attribute, const char *name)
{
	num addr = k_num_at(k_at(attribute, KM_BIN_ATTRIBUTE_ATTR), KM_ATTRIBUTE_NAME);
	char found[MAX_SECTION_NAME];
	size_t len = strlen(name) + 1;

	return len <= sizeof(found) && addr.known && k_read(addr.v, found, len, "attribute.name") &&
	       !memcmp(found, name, len);
}

/* Mirrors add_sect_attrs() of kernel/module/sysfs.c: an array of pointers that ends with 0. */
num kernel_module_section(uint64_t module, const char *name)
{
	uint64_t group = k_at(k_num_at(module, KM_MODULE_SECT_ATTRS).v, KM_SECT_ATTRS_GRP);
	num attributes = k_num_at(group, KM_GROUP_BIN_ATTRS);

	for (size_t i = 0; attributes.v && i < MAX_SECTIONS; i++) {
		num attribute = k_pointer(attributes.v + i * sizeof(uint64_t), "bin_attrs");

		if (!attribute.v)
			break;
		if (has_name(attribute.v, name))
			return section_address(attribute.v);
	}
	return NUM_UNKNOWN;
}

bool kernel_module_is_loaded(const char *name)
{
	return kernel_module_by_name(name) != 0;
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
	uint64_t addr = kernel_module_by_name(module);
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
