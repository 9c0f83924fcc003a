// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_kernel.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PIECES 64

static struct {
	uint64_t addr;
	size_t size;
} pieces[MAX_PIECES];
static size_t n_pieces;

static struct {
	bool known;
	long offset;
	size_t size;
} fake_members[KM_MEMBER_COUNT];
static size_t fake_sizes[K_TYPE_COUNT];
static const char *symbol;
static uint64_t symbol_addr;

void fake_reset(void)
{
	for (size_t i = 0; i < n_pieces; i++)
		free((void *)(uintptr_t)pieces[i].addr);
	n_pieces = 0;
	memset(pieces, 0, sizeof(pieces));
	memset(fake_members, 0, sizeof(fake_members));
	memset(fake_sizes, 0, sizeof(fake_sizes));
	symbol = NULL;
}

uint64_t fake_alloc(size_t size)
{
	void *piece = calloc(1, size);

	ck_assert(piece && n_pieces < MAX_PIECES);
	pieces[n_pieces].addr = (uintptr_t)piece;
	pieces[n_pieces++].size = size;
	return (uintptr_t)piece;
}

void fake_truncate(uint64_t addr, size_t size)
{
	for (size_t i = 0; i < n_pieces; i++) {
		if (pieces[i].addr == addr)
			pieces[i].size = size;
	}
}

void fake_member(enum kmember m, long offset, size_t size)
{
	fake_members[m].known = offset >= 0;
	fake_members[m].offset = offset;
	fake_members[m].size = size;
}

void fake_size(enum ktype t, size_t size)
{
	fake_sizes[t] = size;
}

void fake_symbol(const char *name, uint64_t addr)
{
	symbol = name;
	symbol_addr = addr;
}

void fake_set(uint64_t addr, enum kmember m, uint64_t value)
{
	size_t size = fake_members[m].size;

	if (fake_members[m].known)
		memcpy((void *)(uintptr_t)k_at(addr, m), &value, size < 8 ? size : 8);
}

bool k_read(uint64_t addr, void *buf, size_t len, const char *what)
{
	(void)what;
	for (size_t i = 0; i < n_pieces; i++) {
		if (addr >= pieces[i].addr && addr + len <= pieces[i].addr + pieces[i].size) {
			memcpy(buf, (const void *)(uintptr_t)addr, len);
			return true;
		}
	}
	return false;
}

bool k_has(enum kmember m)
{
	return fake_members[m].known;
}

size_t k_sizeof(enum ktype t)
{
	return fake_sizes[t];
}

size_t k_member_size(enum kmember m)
{
	return fake_members[m].size;
}

long k_offset(enum kmember m)
{
	return fake_members[m].known ? fake_members[m].offset : -1;
}

uint64_t k_at(uint64_t addr, enum kmember m)
{
	return addr && k_has(m) ? addr + (uint64_t)fake_members[m].offset : 0;
}

uint64_t k_container(uint64_t addr, enum kmember m)
{
	return addr && k_has(m) ? addr - (uint64_t)fake_members[m].offset : 0;
}

num k_num_at(uint64_t addr, enum kmember m)
{
	uint64_t value = 0;
	size_t size = fake_members[m].size;

	if (!k_has(m))
		return NUM_ABSENT;
	if (!k_read(k_at(addr, m), &value, size < 8 ? size : 8, ""))
		return NUM_UNKNOWN;
	return NUM(value);
}

bool k_load(struct kobj *o, enum ktype t, uint64_t addr)
{
	*o = (struct kobj){.addr = addr, .type = t};
	return false;
}

num k_num(const struct kobj *o, enum kmember m)
{
	return k_num_at(o->addr, m);
}

num k_pointer(uint64_t addr, const char *what)
{
	uint64_t value;

	return k_read(addr, &value, sizeof(value), what) ? NUM(value) : NUM_UNKNOWN;
}

num k_symbol(const char *name)
{
	return symbol && !strcmp(symbol, name) ? NUM(symbol_addr) : NUM_UNKNOWN;
}

bool k_interrupted(void)
{
	return false;
}
