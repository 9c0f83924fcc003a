// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/module_debuginfo.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "resolve/module_file.h"

#define BUILD_ID_SECTION ".note.gnu.build-id"
#define MAX_PATH	 256

/* The build-id of a module in the image. */
static struct build_id id_of_module(uint64_t module)
{
	num section = kernel_module_section(module, BUILD_ID_SECTION);
	struct {
		Elf64_Nhdr header;
		char name[sizeof(ELF_NOTE_GNU)];
	} note;
	struct build_id id = {0};

	if (!section.known || !k_read(section.v, &note, sizeof(note), BUILD_ID_SECTION) ||
	    note.header.n_type != NT_GNU_BUILD_ID || note.header.n_namesz != sizeof(note.name) ||
	    memcmp(note.name, ELF_NOTE_GNU, sizeof(note.name)) ||
	    note.header.n_descsz > sizeof(id.bytes) ||
	    !k_read(section.v + sizeof(note), id.bytes, note.header.n_descsz, BUILD_ID_SECTION))
		return id;
	id.len = note.header.n_descsz;
	return id;
}

static bool is_same(const struct build_id *a, const struct build_id *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static void write_id(const struct build_id *id, char text[2 * sizeof(id->bytes) + 1])
{
	for (size_t i = 0; i < id->len; i++)
		sprintf(text + 2 * i, "%02x", id->bytes[i]);
}

/* What was found of the file that path names. */
static struct {
	char path[MAX_PATH];
	char problem[3 * MAX_PATH + 256];
} checked;

void module_debuginfo_forget(void)
{
	*checked.path = '\0';
}

static void check(void)
{
	struct build_id file = module_file_build_id(checked.path);
	struct build_id image = id_of_module(kernel_module_by_name("nbd"));
	char of_file[2 * sizeof(file.bytes) + 1], of_image[sizeof(of_file)];

	*checked.problem = '\0';
	if (!file.len || !image.len || is_same(&file, &image))
		return;
	write_id(&file, of_file);
	write_id(&image, of_image);
	snprintf(checked.problem, sizeof(checked.problem),
		 "the debuginfo that is loaded for nbd is not used: %s is of another build than "
		 "the nbd in this image (its build-id is %s, that of the image %s)",
		 checked.path, of_file, of_image);
}

const char *module_debuginfo_problem(void)
{
	const char *path = k_debuginfo_file("nbd");

	if (!*path)
		return NULL;
	if (strcmp(path, checked.path)) {
		snprintf(checked.path, sizeof(checked.path), "%s", path);
		check();
	}
	return *checked.problem ? checked.problem : NULL;
}

/* The variables that are asked for. */
static const struct {
	const char *name, *module;
} variables[] = {
	{"nbd_index_idr", "nbd"},
	{"loop_index_idr", "loop"},
	{"name_rb_tree", "dm_mod"},
	{"_name_buckets", "dm_mod"},
};

static num variable_of(const char *name, const char *module)
{
	const char *path = k_debuginfo_file(module);
	uint64_t addr = *path ? kernel_module_by_name(module) : 0;
	struct build_id file, image;
	struct module_place place;
	num section;

	if (!addr || !module_file_symbol(path, name, &place))
		return NUM_UNKNOWN;
	file = module_file_build_id(path);
	image = id_of_module(addr);
	if (!file.len || !is_same(&file, &image))
		return NUM_UNKNOWN;
	section = kernel_module_section(addr, place.section);
	return section.known ? NUM(section.v + place.offset) : NUM_UNKNOWN;
}

num module_debuginfo_variable(const char *name)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (!strcmp(variables[i].name, name))
			return variable_of(name, variables[i].module);
	}
	return NUM_UNKNOWN;
}
