// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/kernel_types.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "base/page_cache.h"

#define NSEC_PER_SEC 1000000000u
/* include/linux/jiffies.h refuses any other HZ: it has no SHIFT_HZ for them. */
#define MIN_HZ 12
#define MAX_HZ 12288

/* What k_pass_begin() tells of needs to stay for a moment only. */
#define PASSING_SETS 2

/* Where everything is in this kernel. */
static struct {
	bool resolved[K_TYPE_COUNT];
	long type_size[K_TYPE_COUNT];
	struct {
		long offset; /* -1: absent */
		size_t size;
	} member[KM_MEMBER_COUNT];
	struct {
		size_t start, size; /* from the first to the last member that k_load() reads */
	} span[K_TYPE_COUNT];
} layout;

static char misuse[160];

/* Pages that the running command has read, those that k_pass_begin() tells of, and what it has asked crash for. */
static struct page_cache pages, passing = {.n_sets = PASSING_SETS};
static bool in_pass;
static struct reads reads;

static long debuginfo_size(const void *unused, const char *structure)
{
	(void)unused;
	return k_debuginfo_size(structure);
}

static long debuginfo_member(const void *unused, const char *structure, const char *member,
			     size_t *size)
{
	(void)unused;
	return k_debuginfo_member(structure, member, size);
}

const struct k_source k_from_debuginfo = {debuginfo_size, debuginfo_member, NULL};

/* A span lets k_load() fetch all numbers of a structure with one read. */
static void compute_span(enum ktype t)
{
	size_t start = SIZE_MAX, end = 0;

	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		size_t offset = (size_t)layout.member[m].offset;
		size_t size = layout.member[m].size;

		if (k_members[m].type != t || layout.member[m].offset < 0)
			continue;
		/* Embedded structures are read on their own, if at all. */
		if (size > sizeof(uint64_t) && !(k_members[m].flags & LOADED))
			continue;
		start = offset < start ? offset : start;
		end = offset + size > end ? offset + size : end;
	}
	layout.span[t].start = end ? start : 0;
	layout.span[t].size = end ? end - start : 0;
}

static void resolve_member(enum kmember m, const struct k_source *source)
{
	const struct k_member *mem = &k_members[m];
	long offset = -1;
	size_t size = 0;

	for (int a = 0; a < K_MAX_NAMES && mem->names[a] && offset < 0; a++) {
		if (layout.type_size[mem->type] > 0)
			offset = source->member_of(source->context, k_types[mem->type].name,
						   mem->names[a], &size);
	}
	layout.member[m].offset = offset;
	layout.member[m].size = size;
}

void k_resolve(enum ktype t, const struct k_source *source)
{
	layout.type_size[t] = source->size_of(source->context, k_types[t].name);
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		if (k_members[m].type == t)
			resolve_member(m, source);
	}
	compute_span(t);
	layout.resolved[t] = true;
}

void k_forget_layouts(void)
{
	memset(&layout, 0, sizeof(layout));
	*misuse = '\0';
}

/* The kernel proper's types are resolved when they are first asked for: most commands need few of them, and crash
 * takes up to 50 ms to find out that a kernel does not have one. */
static void need(enum ktype t)
{
	if (!layout.resolved[t])
		k_resolve(t, &k_from_debuginfo);
}

static long offset_of(enum kmember m)
{
	need(k_members[m].type);
	return layout.member[m].offset;
}

bool k_has(enum kmember m)
{
	return offset_of(m) >= 0;
}

size_t k_sizeof(enum ktype t)
{
	need(t);
	return layout.type_size[t] > 0 ? (size_t)layout.type_size[t] : 0;
}

size_t k_member_size(enum kmember m)
{
	return k_has(m) ? layout.member[m].size : 0;
}

long k_offset(enum kmember m)
{
	return offset_of(m);
}

uint64_t k_at(uint64_t addr, enum kmember m)
{
	return addr && k_has(m) ? addr + (uint64_t)offset_of(m) : 0;
}

uint64_t k_container(uint64_t addr, enum kmember m)
{
	return addr && k_has(m) ? addr - (uint64_t)offset_of(m) : 0;
}

static bool read_memory(uint64_t addr, void *buf, size_t len, const char *what)
{
	reads.calls++;
	reads.bytes += len;
	return k_readmem(addr, buf, len, what);
}

bool k_read(uint64_t addr, void *buf, size_t len, const char *what)
{
	if (!addr || !len || addr + len <= addr)
		return false;
	/* What is at least a page long is read directly: in the cache it would only take the room of others. */
	if (len < PAGE_CACHE_PAGE &&
	    page_cache_read(in_pass ? &passing : &pages, addr, buf, len, read_memory, what))
		return true;
	return read_memory(addr, buf, len, what);
}

void k_pass_begin(void)
{
	in_pass = true;
}

void k_pass_end(void)
{
	in_pass = false;
}

struct reads k_reads(void)
{
	return reads;
}

static void free_pages(void)
{
	page_cache_free(&pages);
	page_cache_free(&passing);
	in_pass = false;
}

/* Thousands of pieces: a Ctrl-C at which crash leaves the command by longjmp would find one of them half free. */
void k_forget_pages(void)
{
	k_uninterrupted(free_pages);
}

void k_forget_reads(void)
{
	k_forget_pages();
	reads = (struct reads){0};
}

bool k_load(struct kobj *o, enum ktype t, uint64_t addr)
{
	need(t);
	o->addr = addr;
	o->type = t;
	o->whole =
		addr && layout.span[t].size && layout.span[t].size <= sizeof(o->bytes) &&
		k_read(addr + layout.span[t].start, o->bytes, layout.span[t].size, k_types[t].name);
	return o->whole;
}

/* False when m is no member of o's structure. That is a mistake in nbd.so: something else is at its offset. */
static bool belongs_to(const struct kobj *o, enum kmember m)
{
	const struct k_member *member = &k_members[m];

	if (member->type == o->type)
		return true;
	if (!*misuse)
		snprintf(misuse, sizeof(misuse), "%s.%s is no member of struct %s",
			 k_types[member->type].name, member->names[0], k_types[o->type].name);
	return false;
}

const char *k_misuse(void)
{
	return *misuse ? misuse : NULL;
}

bool k_bytes(const struct kobj *o, enum kmember m, void *buf, size_t len)
{
	size_t offset = (size_t)offset_of(m);
	size_t size = layout.member[m].size;

	if (!belongs_to(o, m) || !k_has(m) || !o->addr || len > size)
		return false;
	if (o->whole && offset >= layout.span[o->type].start &&
	    offset + len <= layout.span[o->type].start + layout.span[o->type].size) {
		memcpy(buf, o->bytes + (offset - layout.span[o->type].start), len);
		return true;
	}
	return k_read(o->addr + offset, buf, len, k_members[m].names[0]);
}

/* Members are read in the byte order of this machine: crash opens images of its own kind only. */
static num number(const struct kobj *o, enum kmember m, bool is_signed)
{
	size_t size = k_member_size(m);
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value = {0};

	if (belongs_to(o, m) && !k_has(m))
		return NUM_ABSENT;
	if (!size || !k_bytes(o, m, &value, size < sizeof(value) ? size : sizeof(value)))
		return NUM_UNKNOWN;
	switch (size) {
	case 1:
		return NUM(is_signed ? (uint64_t)(int8_t)value.u8 : value.u8);
	case 2:
		return NUM(is_signed ? (uint64_t)(int16_t)value.u16 : value.u16);
	case 4:
		return NUM(is_signed ? (uint64_t)(int32_t)value.u32 : value.u32);
	default:
		return NUM(value.u64);
	}
}

num k_num(const struct kobj *o, enum kmember m)
{
	return number(o, m, false);
}

num k_signed(const struct kobj *o, enum kmember m)
{
	return number(o, m, true);
}

num k_num_at(uint64_t addr, enum kmember m)
{
	struct kobj o;

	/* Its bytes are not looked at, and are too many to be cleared each time. */
	o.addr = addr;
	o.type = k_members[m].type;
	o.whole = false;
	return k_num(&o, m);
}

num k_pointer(uint64_t addr, const char *what)
{
	uint64_t value;

	return k_read(addr, &value, sizeof(value), what) ? NUM(value) : NUM_UNKNOWN;
}

/* Not a byte is read of a page behind the text's end, which the dump may not have. */
const char *k_text(uint64_t addr, size_t max, const char *what)
{
	char *text = arena_alloc(max);
	size_t n = 0;

	while (n < max) {
		size_t left = PAGE_CACHE_PAGE - (addr + n) % PAGE_CACHE_PAGE;
		size_t len = left < max - n ? left : max - n;

		if (!k_read(addr + n, text + n, len, what))
			return NULL;
		n += len;
		if (memchr(text, '\0', n))
			return name_escape_string(text, n);
	}
	return NULL;
}

/* How long a tick is. Since v6.13 no variable says so, but the clock that counts jiffies has it as the factor from its
 * cycles, which are ticks. */
static num tick_nsec(void)
{
	num variable = k_crash_symbol("tick_nsec"), clock = k_crash_symbol("clocksource_jiffies");
	num mult, shift;

	if (variable.known)
		return k_pointer(variable.v, "tick_nsec");
	mult = k_num_at(clock.v, KM_CLOCKSOURCE_MULT);
	shift = k_num_at(clock.v, KM_CLOCKSOURCE_SHIFT);
	return mult.known && shift.known && shift.v < 32 ? NUM(mult.v >> shift.v) : NUM_UNKNOWN;
}

unsigned k_hz(void)
{
	num tick = tick_nsec();

	/* TICK_NSEC is not a whole part of a second for every HZ, hence the rounding; in damaged memory it may be
	 * anything. What crash takes for HZ is of no use: where it finds no CONFIG_HZ it takes 1000. */
	if (!tick.known || tick.v <= NSEC_PER_SEC / MAX_HZ || tick.v > NSEC_PER_SEC / MIN_HZ)
		return 0;
	return (unsigned)((NSEC_PER_SEC + tick.v / 2) / tick.v);
}

static void free_memory(void)
{
	arena_free_all();
	k_forget_reads();
}

void k_begin(void)
{
	k_interrupts_begin();
	free_memory();
}

void k_end(void)
{
	/* crash's own handler of Ctrl-C would leave free() by longjmp. */
	k_interrupts_hold();
	free_memory();
	k_interrupts_end();
}
