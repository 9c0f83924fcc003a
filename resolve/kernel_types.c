// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts and reads of kernel memory: the only file that asks crash for them.
 *
 * Of crash only functions are used, and the few fields that have the same place in all releases
 * from 7.2.9 on: one nbd.so serves them all.
 */
#include "resolve/kernel_types.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <crash/defs.h>

#include "resolve/kernel_btf.h"
#include "resolve/kernel_computed.h"
#include "resolve/kernel_members.h"
#include "resolve/kernel_module.h"
#include "resolve/klist.h"
#include "resolve/anchors.h"
#include "base/page_cache.h"

#define NSEC_PER_SEC 1000000000u
/* include/linux/jiffies.h refuses any other HZ: it has no SHIFT_HZ for them. */
#define MIN_HZ 12
#define MAX_HZ 12288
/* Refuses absurd sizes before memory is taken for them: a kernel's BTF is about 5 MB. */
#define MAX_BTF_SIZE (64 << 20)

/* What was found out about this kernel. */
static struct {
	const char *source; /* of nbd's layouts; NULL until resolved */
	bool required_resolved;
	bool resolved[K_TYPE_COUNT];
	long type_size[K_TYPE_COUNT];
	struct {
		long offset; /* -1: absent */
		size_t size;
	} member[KM_MEMBER_COUNT];
	struct {
		size_t start, size; /* from the first to the last member of interest */
	} span[K_TYPE_COUNT];
} layout;

static bool is_nbd_type(enum ktype t)
{
	return k_types[t].owner == OF_NBD;
}

/* Pages that the running command has read, and what it has asked crash for. */
static struct page_cache pages;
static struct reads reads;

static void forget_reads(void)
{
	pages = (struct page_cache){0};
	reads = (struct reads){0};
}

/* At a Ctrl-C crash leaves its commands by longjmp, wherever they are: what was found so far would be lost,
 * and memory that malloc() was changing damaged. So nbd.so takes the first one of a command itself. */
static volatile sig_atomic_t interrupted;
static struct sigaction of_crash;
static bool listening;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = true;
	sigaction(SIGINT, &of_crash, NULL);
}

static bool listen_to_interrupts(struct sigaction *before)
{
	struct sigaction ours = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};

	return !sigaction(SIGINT, &ours, before);
}

static void hold_interrupts(int how)
{
	sigset_t interrupt;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(how, &interrupt, NULL);
}

/* gdb has a handler of its own: what it is asked at a Ctrl-C, or next, has no answer, as if the type were
 * not there. And behind gdb crash's own handler is in force. So a Ctrl-C waits for the answer; with a pipe
 * or a pager crash has gdb ignore it, and it may be lost. */
static void gdb_begin(void)
{
	hold_interrupts(SIG_BLOCK);
}

static void gdb_end(void)
{
	if (listening && !interrupted)
		listen_to_interrupts(NULL);
	hold_interrupts(SIG_UNBLOCK);
}

/* The sources: how each tells sizes, and offsets and sizes of members. */
static long debuginfo_size(const void *unused, const char *structure)
{
	char name[64];
	long size;

	(void)unused;
	snprintf(name, sizeof(name), "%s", structure);
	gdb_begin();
	size = STRUCT_SIZE(name);
	gdb_end();
	return size;
}

static long debuginfo_member(const void *unused, const char *structure, const char *member,
			     size_t *size)
{
	char name[64], mem[64];
	long offset;

	(void)unused;
	/* crash takes both as writable strings. */
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

static long btf_size(const void *types, const char *structure)
{
	return btf_types_size(types, structure);
}

static long btf_member(const void *types, const char *structure, const char *member, size_t *size)
{
	return btf_types_member(types, structure, member, size);
}

static long computed_struct_size(const void *candidate, const char *structure)
{
	return computed_size(candidate, structure);
}

static long computed_struct_member(const void *candidate, const char *structure, const char *member,
				   size_t *size)
{
	return computed_member(candidate, structure, member, size);
}

typedef long size_fn(const void *source, const char *structure);
typedef long member_fn(const void *source, const char *structure, const char *member, size_t *size);

/* A span lets k_load() fetch all members of a structure with one read. */
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

/* Fills the layout of a type from one source. */
static void resolve(enum ktype t, const void *source, size_fn *size_of, member_fn *member_of)
{
	layout.type_size[t] = size_of(source, k_types[t].name);
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		const struct k_member *mem = &k_members[m];
		long offset = -1;
		size_t size = 0;

		if (mem->type != t)
			continue;
		for (int a = 0; a < K_MAX_NAMES && mem->names[a] && offset < 0; a++) {
			if (layout.type_size[t] > 0)
				offset = member_of(source, k_types[t].name, mem->names[a], &size);
		}
		layout.member[m].offset = offset;
		layout.member[m].size = size;
	}
	compute_span(t);
	layout.resolved[t] = true;
}

static long size_of_nothing(const void *unused, const char *structure)
{
	(void)unused;
	(void)structure;
	return -1;
}

/* Nothing of nbd's that was tried stays in force. */
static void forget_nbd(void)
{
	for (int t = 0; t < K_TYPE_COUNT; t++) {
		if (is_nbd_type(t))
			resolve(t, NULL, size_of_nothing, NULL);
	}
}

/* The kernel proper's types when they are first asked for: most commands need few of them, and to find
 * out that a kernel does not have one takes crash up to 50 ms. */
static void need(enum ktype t)
{
	if (!layout.resolved[t])
		resolve(t, NULL, debuginfo_size, debuginfo_member);
}

static long offset_of(enum kmember m)
{
	need(k_members[m].type);
	return layout.member[m].offset;
}

/* nbd's types are resolved before they are asked for. */
static bool is_required(const struct k_member *member)
{
	bool has_config = layout.member[KM_NBD_MAGIC].offset < 0;

	return member->flags & REQUIRED || (member->flags & WITH_CONFIG && has_config);
}

/* The first member of nbd's types, or of all others, that is missing though nothing can be said without
 * it, or -1. */
static int missing_member(bool nbd_types)
{
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		if (is_required(&k_members[m]) && is_nbd_type(k_members[m].type) == nbd_types &&
		    offset_of(m) < 0)
			return m;
	}
	return -1;
}

/* nbd's own types, all from one source. Returns as missing_member(). */
static int resolve_nbd(const void *source, size_fn *size_of, member_fn *member_of)
{
	for (int t = 0; t < K_TYPE_COUNT; t++) {
		if (is_nbd_type(t))
			resolve(t, source, size_of, member_of);
	}
	return missing_member(true);
}

/* The bytes of the BTF that the kernel holds for module nbd. Returns malloc'ed memory or NULL. */
static void *read_module_btf(size_t *size)
{
	struct klist modules = klist_of(k_symbol("btf_modules"), "btf_modules");

	while (klist_next(&modules)) {
		num btf =
			k_num_at(k_container(modules.node, KM_BTF_MODULE_LIST), KM_BTF_MODULE_BTF);
		char name[4] = "";

		if (btf.known && k_read(k_at(btf.v, KM_BTF_NAME), name, sizeof(name), "btf.name") &&
		    !memcmp(name, "nbd", sizeof(name))) {
			num data = k_num_at(btf.v, KM_BTF_DATA);
			num bytes = k_num_at(btf.v, KM_BTF_DATA_SIZE);
			void *buf;

			if (!data.known || !bytes.known || !bytes.v || bytes.v > MAX_BTF_SIZE)
				return NULL;
			buf = malloc(bytes.v);
			if (buf && k_read(data.v, buf, bytes.v, "btf.data")) {
				*size = bytes.v;
				return buf;
			}
			free(buf);
			return NULL;
		}
	}
	return NULL;
}

/* The kernel proper's BTF, which module BTF builds on. Returns malloc'ed memory or NULL. */
static void *read_kernel_btf(size_t *size)
{
	num start = k_symbol("__start_BTF"), stop = k_symbol("__stop_BTF");
	void *buf;

	if (!start.known || !stop.known || stop.v <= start.v || stop.v - start.v > MAX_BTF_SIZE)
		return NULL;
	*size = stop.v - start.v;
	buf = malloc(*size);
	if (buf && k_read(start.v, buf, *size, "BTF of the kernel"))
		return buf;
	free(buf);
	return NULL;
}

static bool resolve_nbd_from_btf(void)
{
	size_t base_size, module_size;
	void *base = NULL, *module = NULL;
	struct btf_types *types = NULL;
	bool done = false;

	if (k_has(KM_BTF_MODULE_LIST) && k_has(KM_BTF_DATA))
		module = read_module_btf(&module_size);
	if (module)
		base = read_kernel_btf(&base_size);
	if (base)
		types = btf_types_parse(base, base_size, module, module_size);
	if (types) {
		done = resolve_nbd(types, btf_size, btf_member) < 0;
		btf_types_free(types);
	}
	free(base);
	free(module);
	return done;
}

static const char *member_missing(int m)
{
	static char message[256];

	snprintf(message, sizeof(message),
		 "this kernel has no member %s in struct %s: its layout is not supported",
		 k_members[m].names[0], k_types[k_members[m].type].name);
	return message;
}

static long kernel_size(const char *structure)
{
	return debuginfo_size(NULL, structure);
}

static num nbd_has_function(const char *name)
{
	return kernel_module_has_symbol("nbd", name);
}

static num nbd_has_text(const char *text)
{
	return kernel_module_holds("nbd", text);
}

/* Puts the candidate in force, and looks at the image through it. */
static const char *check_computed(const struct computed_layout *candidate, size_t *held)
{
	if (resolve_nbd(candidate, computed_struct_size, computed_struct_member) >= 0)
		return "vmlinux does not tell the size of a member's type";
	return anchors_check(held);
}

/* NULL, or why no computed layout was taken. */
static const char *resolve_nbd_computed(void)
{
	static const struct computed_image image = {kernel_size, nbd_has_function, nbd_has_text};
	const struct computed_layout *chosen;
	const char *why;

	chosen = computed_choose(&image, check_computed, &why);
	if (!chosen)
		return why;
	resolve_nbd(chosen, computed_struct_size, computed_struct_member);
	return NULL;
}

static const char *no_nbd_layout(const char *why)
{
	static char message[768];
	const char *release = kt->utsname.release;

	snprintf(
		message, sizeof(message),
		"nbd's structures are unknown: its debuginfo is not loaded, the image holds no BTF "
		"of it, and none could be computed (%s). Try: mod -s nbd PATH/nbd.ko.debug  "
		"(package linux-image-%s-dbg on Debian, kernel-debuginfo-%s on Fedora, RHEL and "
		"openEuler)",
		why, release, release);
	return message;
}

const char *k_init(void)
{
	int missing;

	if (layout.required_resolved)
		return NULL;
	missing = missing_member(false);
	if (missing >= 0)
		return member_missing(missing);
	forget_nbd();
	layout.required_resolved = true;
	return NULL;
}

static const char *no_nbd_symbols(void)
{
	if (kernel_module_is_loaded("nbd"))
		return "nbd is loaded, but crash does not know its symbol nbd_index_idr (was it "
		       "started with --no_modules?). Try: mod -s nbd PATH/nbd.ko.debug";
	return "this kernel image has no nbd module (no symbol nbd_index_idr, nor nbd_dev of "
	       "kernels before 4.11): the module was not loaded when the image was taken";
}

static bool debuginfo_is_loaded(void)
{
	return debuginfo_size(NULL, k_types[K_NBD_DEVICE].name) > 0;
}

/* Has "mod -s" loaded nbd's debuginfo since its layouts were found elsewhere? gdb needs 15 to 50 ms to say
 * no, crash none: that is asked first. */
static bool debuginfo_has_come(void)
{
	char name[] = "nbd";
	struct load_module *module;

	return is_module_name(name, NULL, &module) && module->mod_flags & MOD_LOAD_SYMS &&
	       debuginfo_is_loaded();
}

/* Where nbd's layouts are; NULL, or why they are nowhere. */
static const char *find_nbd_layout(void)
{
	const char *why;

	if (debuginfo_is_loaded()) {
		int missing = resolve_nbd(NULL, debuginfo_size, debuginfo_member);

		layout.source = "debuginfo";
		return missing >= 0 ? member_missing(missing) : NULL;
	}
	layout.source = "btf";
	if (resolve_nbd_from_btf())
		return NULL;
	layout.source = "computed";
	why = resolve_nbd_computed();
	return why ? no_nbd_layout(why) : NULL;
}

const char *k_init_nbd(void)
{
	const char *problem = k_init();

	if (problem)
		return problem;
	/* Debuginfo that was loaded since is better than anything else. */
	if (layout.source && (!strcmp(layout.source, "debuginfo") || !debuginfo_has_come()))
		return NULL;
	if (!k_symbol("nbd_index_idr").known && !k_symbol("nbd_dev").known)
		return no_nbd_symbols();
	problem = find_nbd_layout();
	/* What was not looked at is no proof that it is not there, nor that another layout does not fit. */
	if (k_interrupted())
		problem = "interrupted while nbd's structures were looked up: once more, please";
	/* A report takes the same reads, be it the first of a session or not. */
	forget_reads();
	if (problem) {
		layout.source = NULL;
		forget_nbd();
	}
	return problem;
}

void k_fini(void)
{
	memset(&layout, 0, sizeof(layout));
}

const char *k_layout_source(void)
{
	return layout.source;
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

uint64_t k_at(uint64_t addr, enum kmember m)
{
	return addr + (uint64_t)offset_of(m);
}

uint64_t k_container(uint64_t addr, enum kmember m)
{
	return addr - (uint64_t)offset_of(m);
}

static bool read_memory(uint64_t addr, void *buf, size_t len, const char *what)
{
	char type[64];

	/* crash takes the name as a writable string. */
	snprintf(type, sizeof(type), "%s", what);
	reads.calls++;
	reads.bytes += len;
	return readmem(addr, KVADDR, buf, (long)len, type, RETURN_ON_ERROR | QUIET);
}

bool k_read(uint64_t addr, void *buf, size_t len, const char *what)
{
	if (!addr || !len || addr + len <= addr)
		return false;
	/* What is as large as a page is read once, and has no neighbours in it. */
	if (len < PAGE_CACHE_PAGE && page_cache_read(&pages, addr, buf, len, read_memory, what))
		return true;
	return read_memory(addr, buf, len, what);
}

struct reads k_reads(void)
{
	return reads;
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

bool k_bytes(const struct kobj *o, enum kmember m, void *buf, size_t len)
{
	size_t offset = (size_t)offset_of(m);
	size_t size = layout.member[m].size;

	if (!k_has(m) || !o->addr || len > size)
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

	if (!size)
		return NUM_ABSENT;
	if (!k_bytes(o, m, &value, size < sizeof(value) ? size : sizeof(value)))
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
	struct kobj o = {.addr = addr, .type = k_members[m].type};

	return k_num(&o, m);
}

num k_pointer(uint64_t addr, const char *what)
{
	uint64_t value;

	return k_read(addr, &value, sizeof(value), what) ? NUM(value) : NUM_UNKNOWN;
}

num k_symbol(const char *name)
{
	char symbol[64];

	snprintf(symbol, sizeof(symbol), "%s", name);
	return symbol_exists(symbol) ? NUM(symbol_value(symbol)) : NUM_UNKNOWN;
}

const char *k_function(uint64_t addr, uint64_t *start)
{
	const char *name = is_kernel_text(addr) ? closest_symbol(addr) : NULL;

	*start = name ? closest_symbol_value(addr) : 0;
	return name;
}

bool k_is_symbol(num addr, const char *name)
{
	num symbol = k_symbol(name);

	return addr.known && symbol.known && addr.v == symbol.v;
}

struct k_system k_system(void)
{
	return (struct k_system){.release = kt->utsname.release,
				 .version = kt->utsname.version,
				 .machine = kt->utsname.machine,
				 .tasks_in_crash = RUNNING_TASKS()};
}

unsigned k_hz(void)
{
	num symbol = k_symbol("tick_nsec");
	uint64_t tick_nsec;

	/* crash takes 1000 where it does not find CONFIG_HZ; the kernel's own tick tells (TICK_NSEC is
	 * not exactly a second's part for all HZ). Damaged, it may be anything. */
	if (symbol.known && k_read(symbol.v, &tick_nsec, sizeof(tick_nsec), "tick_nsec") &&
	    tick_nsec > NSEC_PER_SEC / MAX_HZ && tick_nsec <= NSEC_PER_SEC / MIN_HZ)
		return (unsigned)((NSEC_PER_SEC + tick_nsec / 2) / tick_nsec);
	return machdep->hz;
}

size_t k_stack_size(void)
{
	return machdep->stacksize;
}

bool k_interrupted(void)
{
	return interrupted;
}

void k_begin(void)
{
	interrupted = false;
	forget_reads();
	/* Not between the new handler and the knowledge of the old one. */
	hold_interrupts(SIG_BLOCK);
	if (!listening)
		listening = listen_to_interrupts(&of_crash);
	hold_interrupts(SIG_UNBLOCK);
}

void k_hold_interrupts(void)
{
	hold_interrupts(SIG_BLOCK);
}

void k_end(void)
{
	if (listening)
		sigaction(SIGINT, &of_crash, NULL);
	listening = false;
	/* Also where crash has left by longjmp what held them. */
	hold_interrupts(SIG_UNBLOCK);
}
