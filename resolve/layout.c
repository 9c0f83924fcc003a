// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/page_cache.h"
#include "resolve/anchors.h"
#include "resolve/kernel_btf.h"
#include "resolve/kernel_computed.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/module_debuginfo.h"
#include "resolve/disks.h"
#include "resolve/symbols.h"

/* Refuses absurd sizes before memory is taken for them: a kernel's BTF is about 5 MB. */
#define MAX_BTF_SIZE (64 << 20)

enum source { NOWHERE, DEBUGINFO, BTF, COMPUTED };

static bool required_resolved;
/* While layouts are looked up; NULL where vmlinux has no BTF, too. */
static struct btf_types *of_vmlinux;
static enum source source_of_nbd;

static bool is_nbd_type(enum ktype t)
{
	return k_types[t].owner == OF_NBD;
}

/* kernel_btf.c and kernel_computed.c as sources of layouts. */
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

/*
 * The kernel proper's types, all at once: vmlinux's BTF takes 10 ms, gdb up to 25 ms for each type that it has to search for.
 * What is not resolved here gdb is asked about when it is needed: all of them where vmlinux has no BTF, and those that
 * BTF has more than once or that may be a module's.
 */
static void resolve_kernel_types(void)
{
	const char *vmlinux = k_vmlinux();
	struct k_source source;

	of_vmlinux = vmlinux ? btf_types_of_vmlinux(vmlinux) : NULL;
	source = (struct k_source){btf_size, btf_member, of_vmlinux};
	for (int t = 0; of_vmlinux && t < K_TYPE_COUNT; t++) {
		size_t n = btf_types_count(of_vmlinux, k_types[t].name);

		if (n == 1 ? !is_nbd_type(t) : !n && k_types[t].owner == OF_KERNEL)
			k_resolve(t, &source);
	}
}

static void forget_vmlinux(void)
{
	btf_types_free(of_vmlinux);
	of_vmlinux = NULL;
}

static long size_of_nothing(const void *unused, const char *structure)
{
	(void)unused;
	(void)structure;
	return -1;
}

static void resolve_nbd_types(const struct k_source *source)
{
	for (int t = 0; t < K_TYPE_COUNT; t++) {
		if (is_nbd_type(t))
			k_resolve(t, source);
	}
}

/* Takes out of force whatever was tried for nbd's structures. */
static void forget_nbd(void)
{
	/* Without a size no member is asked for. */
	static const struct k_source nothing = {size_of_nothing, NULL, NULL};

	resolve_nbd_types(&nothing);
}

static bool is_required(const struct k_member *member)
{
	/* Only nbd's own types have such members; they are resolved by the time they are checked. */
	bool is_with_config = member->flags & WITH_CONFIG && !k_has(KM_NBD_MAGIC);

	return member->flags & REQUIRED || is_with_config;
}

/* The first member of nbd's types, or of all others, that is missing though nothing can be said without
 * it, or -1. */
static int missing_member(bool nbd_types)
{
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		if (is_nbd_type(k_members[m].type) == nbd_types && is_required(&k_members[m]) &&
		    !k_has(m))
			return m;
	}
	return -1;
}

/* nbd's own types, all from one source. Returns as missing_member(). */
static int resolve_nbd(const struct k_source *source)
{
	resolve_nbd_types(source);
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

/* True when vmlinux's BTF is what the image holds at start, as far as a page tells. */
static bool is_of_vmlinux(uint64_t start, size_t size)
{
	uint8_t page[PAGE_CACHE_PAGE];
	size_t found, n = size < sizeof(page) ? size : sizeof(page);
	const void *bytes = of_vmlinux ? btf_types_bytes(of_vmlinux, &found) : NULL;

	return bytes && found == size && k_read(start, page, n, "BTF of the kernel") &&
	       !memcmp(bytes, page, n);
}

/* The kernel proper's types as the image has them, which module BTF builds on: vmlinux's where they are the same. */
static struct btf_types *kernel_types(void)
{
	num start = k_symbol("__start_BTF"), stop = k_symbol("__stop_BTF");
	struct btf_types *types = NULL;
	size_t size = stop.v - start.v;
	void *buf;

	if (!start.known || !stop.known || stop.v <= start.v || size > MAX_BTF_SIZE)
		return NULL;
	if (is_of_vmlinux(start.v, size))
		return of_vmlinux;
	buf = malloc(size);
	if (buf && k_read(start.v, buf, size, "BTF of the kernel"))
		types = btf_types_parse(buf, size);
	free(buf);
	return types;
}

static bool resolve_nbd_from_btf(void)
{
	size_t size;
	void *data = NULL;
	struct btf_types *kernel = NULL, *module = NULL;
	bool done = false;

	if (k_has(KM_BTF_MODULE_LIST) && k_has(KM_BTF_DATA))
		data = read_module_btf(&size);
	if (data)
		kernel = kernel_types();
	if (kernel)
		module = btf_types_of_module(kernel, data, size);
	if (module)
		done = resolve_nbd(&(struct k_source){btf_size, btf_member, module}) < 0;
	btf_types_free(module);
	if (kernel != of_vmlinux)
		btf_types_free(kernel);
	free(data);
	return done;
}

static num nbd_has_function(const char *name)
{
	return k_module_has_function("nbd", name);
}

static num nbd_has_text(const char *text)
{
	return kernel_module_holds("nbd", text);
}

static int resolve_nbd_as(const struct computed_layout *candidate)
{
	return resolve_nbd(
		&(struct k_source){computed_struct_size, computed_struct_member, candidate});
}

/* Puts the candidate in force, and checks the image by it. Returns as anchors_check(). */
static const char *check_computed(const struct computed_layout *candidate, size_t *held)
{
	if (resolve_nbd_as(candidate) >= 0)
		return "vmlinux does not tell the size of a member's type";
	return anchors_check(held);
}

/* NULL, or why no computed layout was taken. */
static const char *resolve_nbd_computed(void)
{
	static const struct computed_image image = {k_debuginfo_size, nbd_has_function,
						    nbd_has_text};
	const struct computed_layout *chosen;
	const char *why;

	chosen = computed_choose(&image, check_computed, &why);
	if (!chosen)
		return why;
	resolve_nbd_as(chosen);
	return NULL;
}

static const char *member_missing(int m)
{
	static char message[256];

	snprintf(message, sizeof(message),
		 "this kernel has no member %s in struct %s: its layout is not supported",
		 k_members[m].names[0], k_types[k_members[m].type].name);
	return message;
}

/* What loads nbd's debuginfo, where anything does. */
static const char *remedy(void)
{
	static char text[320];
	const char *release = k_system().release;

	if (!k_module_is_known("nbd"))
		return "crash itself has no module nbd, so that mod -s cannot load its debuginfo: "
		       "a crash that opens this image without --no_modules can";
	snprintf(text, sizeof(text),
		 "Try: mod -s nbd PATH/nbd.ko.debug  (package linux-image-%s-dbg on Debian, "
		 "kernel-debuginfo-%s on Fedora, RHEL and openEuler)",
		 release, release);
	return text;
}

static const char *no_nbd_layout(const char *why)
{
	static char message[2048];
	const char *foreign = module_debuginfo_problem();

	snprintf(message, sizeof(message),
		 "nbd's structures are unknown: %s, the image holds no BTF of it, and none could "
		 "be computed (%s). %s",
		 foreign ? foreign : "its debuginfo is not loaded", why, remedy());
	return message;
}

bool k_nbd_is_loaded(void)
{
	return k_symbol("nbd_index_idr").known || k_symbol("nbd_dev").known ||
	       kernel_module_is_loaded("nbd") || disks_of_major(NBD_MAJOR).n;
}

static bool debuginfo_is_loaded(void)
{
	return !module_debuginfo_problem() && k_debuginfo_size(k_types[K_NBD_DEVICE].name) > 0;
}

/* True when "mod -s" has loaded nbd's debuginfo. gdb takes 15 to 50 ms to say no, crash no time at all: so crash is
 * asked first. */
static bool mod_has_loaded_debuginfo(void)
{
	return k_debuginfo_is_loaded("nbd") && debuginfo_is_loaded();
}

/* Looks for nbd's layouts in each place. Returns NULL, or why they are in none. */
static const char *find_nbd_layout(void)
{
	const char *why;
	bool loaded = mod_has_loaded_debuginfo();

	source_of_nbd = BTF;
	if (!loaded && resolve_nbd_from_btf())
		return NULL;
	/* That of an nbd that is built in, or that gdb was given otherwise, crash has not counted as loaded. */
	if (loaded || debuginfo_is_loaded()) {
		int missing = resolve_nbd(&k_from_debuginfo);

		source_of_nbd = DEBUGINFO;
		return missing >= 0 ? member_missing(missing) : NULL;
	}
	source_of_nbd = COMPUTED;
	why = resolve_nbd_computed();
	return why ? no_nbd_layout(why) : NULL;
}

const char *k_init(void)
{
	int missing;

	if (required_resolved)
		return NULL;
	forget_vmlinux();
	resolve_kernel_types();
	missing = missing_member(false);
	if (missing >= 0)
		return member_missing(missing);
	forget_nbd();
	required_resolved = true;
	return NULL;
}

static const char *init_nbd(void)
{
	const char *problem = k_init();

	if (problem)
		return problem;
	/* Debuginfo that was loaded in between is better than anything else. */
	if (source_of_nbd == DEBUGINFO || (source_of_nbd != NOWHERE && !mod_has_loaded_debuginfo()))
		return NULL;
	if (k_nbd_is_loaded())
		problem = find_nbd_layout();
	else
		problem =
			"this kernel image has no nbd module (neither a module of that name, nor a "
			"symbol nbd_index_idr or, before 4.11, nbd_dev, nor a disk of its major): "
			"it was not loaded when the image was taken";
	/* A search that was cut short proves neither that something is missing nor that only one layout fits. */
	if (k_interrupted())
		problem =
			"interrupted while nbd's structures were looked up: run the command again";
	/* So a report counts the same reads whether or not it is the first of its session. */
	k_forget_reads();
	k_symbols_forget();
	if (problem) {
		source_of_nbd = NOWHERE;
		forget_nbd();
	}
	return problem;
}

const char *k_init_nbd(void)
{
	const char *problem = init_nbd();

	forget_vmlinux();
	return problem;
}

void k_fini(void)
{
	forget_vmlinux();
	k_forget_layouts();
	module_debuginfo_forget();
	required_resolved = false;
	source_of_nbd = NOWHERE;
}

const char *k_layout_source(void)
{
	static const char *const names[] = {NULL, "debuginfo", "btf", "computed"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == COMPUTED + 1, "each source has a name");
	return names[source_of_nbd];
}
