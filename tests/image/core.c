// SPDX-License-Identifier: GPL-2.0-or-later
#include "core.h"

#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>

#include "image_format.h"

struct core {
	Elf *elf;
	uint8_t *bytes;
	GElf_Phdr *segments;
	size_t n_segments;
	const struct layout_entry *layout;
	size_t n_layout;
	struct symbol {
		const char *name;
		uint64_t addr;
	} * symbols; /* by name */
	size_t n_symbols;
	struct cut {
		uint64_t start, end;
	} cuts[CORE_MAX_CUTS];
	size_t n_cuts;
};

static bool read_segments(struct core *core, size_t size)
{
	size_t n;

	if (elf_getphdrnum(core->elf, &n) || !n)
		return false;
	core->segments = calloc(n, sizeof(*core->segments));
	for (size_t i = 0; core->segments && i < n; i++) {
		GElf_Phdr *segment = &core->segments[core->n_segments];

		if (!gelf_getphdr(core->elf, (int)i, segment) || segment->p_offset > size ||
		    segment->p_filesz > size - segment->p_offset)
			return false;
		core->n_segments += segment->p_type == PT_LOAD;
	}
	return core->n_segments;
}

static int by_name(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* names is the section that has their names. */
static void read_symbols(struct core *core, const Elf64_Sym *symbols, size_t n, size_t names)
{
	core->symbols = calloc(n, sizeof(*core->symbols));
	for (size_t i = 1; core->symbols && i < n; i++) {
		const char *name = elf_strptr(core->elf, names, symbols[i].st_name);

		if (name)
			core->symbols[core->n_symbols++] =
				(struct symbol){name, symbols[i].st_value};
	}
	if (core->n_symbols)
		qsort(core->symbols, core->n_symbols, sizeof(*core->symbols), by_name);
}

static bool read_sections(struct core *core)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(core->elf, &names))
		return false;
	while ((section = elf_nextscn(core->elf, section))) {
		GElf_Shdr header;
		Elf_Data *data;
		const char *name;

		if (!gelf_getshdr(section, &header))
			return false;
		name = elf_strptr(core->elf, names, header.sh_name);
		if (header.sh_type == SHT_SYMTAB && (data = elf_getdata(section, NULL))) {
			read_symbols(core, data->d_buf, data->d_size / sizeof(Elf64_Sym),
				     header.sh_link);
		} else if (name && !strcmp(name, LAYOUT_SECTION) &&
			   (data = elf_getdata(section, NULL))) {
			core->layout = data->d_buf;
			core->n_layout = data->d_size / sizeof(*core->layout);
		}
	}
	return core->n_symbols && core->layout;
}

struct core *core_open(void *elf, size_t size)
{
	struct core *core = calloc(1, sizeof(*core));
	GElf_Ehdr header;

	if (!core)
		return NULL;
	elf_version(EV_CURRENT);
	core->bytes = elf;
	core->elf = elf_memory(elf, size);
	if (core->elf && gelf_getclass(core->elf) == ELFCLASS64 &&
	    gelf_getehdr(core->elf, &header) && header.e_type == ET_CORE &&
	    read_segments(core, size) && read_sections(core))
		return core;
	core_close(core);
	return NULL;
}

void core_close(struct core *core)
{
	elf_end(core->elf);
	free(core->segments);
	free(core->symbols);
	free(core);
}

static const GElf_Phdr *find_segment(const struct core *core, uint64_t addr)
{
	for (size_t i = 0; i < core->n_segments; i++) {
		const GElf_Phdr *segment = &core->segments[i];

		if (addr >= segment->p_vaddr && addr - segment->p_vaddr < segment->p_filesz)
			return segment;
	}
	return NULL;
}

uint8_t *core_memory(const struct core *core, uint64_t addr, size_t *len)
{
	const GElf_Phdr *segment = find_segment(core, addr);
	uint64_t at = segment ? addr - segment->p_vaddr : 0;

	if (!segment)
		return NULL;
	if (*len > segment->p_filesz - at)
		*len = segment->p_filesz - at;
	return core->bytes + segment->p_offset + at;
}

void core_cut(struct core *core, uint64_t addr, size_t len)
{
	if (core->n_cuts < CORE_MAX_CUTS)
		core->cuts[core->n_cuts++] = (struct cut){addr, addr + len};
}

void core_uncut(struct core *core)
{
	core->n_cuts = 0;
}

static bool is_cut(const struct core *core, uint64_t addr, size_t len)
{
	for (size_t i = 0; i < core->n_cuts; i++) {
		if (addr < core->cuts[i].end && addr + len > core->cuts[i].start)
			return true;
	}
	return false;
}

bool core_read(const struct core *core, uint64_t addr, void *buf, size_t len)
{
	uint8_t *to = buf;

	if (is_cut(core, addr, len))
		return false;
	while (len) {
		size_t n = len;
		const uint8_t *from = core_memory(core, addr, &n);

		if (!from)
			return false;
		memcpy(to, from, n);
		to += n;
		addr += n;
		len -= n;
	}
	return true;
}

bool core_is_code(const struct core *core, uint64_t addr)
{
	const GElf_Phdr *segment = find_segment(core, addr);

	return segment && segment->p_flags & PF_X;
}

bool core_symbol(const struct core *core, const char *name, uint64_t *addr)
{
	struct symbol key = {.name = name}, *found;

	found = bsearch(&key, core->symbols, core->n_symbols, sizeof(key), by_name);
	if (found)
		*addr = found->addr;
	return found != NULL;
}

const char *core_symbol_at(const struct core *core, uint64_t addr, uint64_t *start)
{
	const struct symbol *best = NULL;

	for (size_t i = 0; i < core->n_symbols; i++) {
		const struct symbol *symbol = &core->symbols[i];

		if (symbol->addr <= addr && (!best || symbol->addr > best->addr))
			best = symbol;
	}
	*start = best ? best->addr : 0;
	return best ? best->name : NULL;
}

bool core_layout(const struct core *core, const char *type, const char *member, size_t *offset,
		 size_t *size)
{
	struct layout_entry key = {0};
	const struct layout_entry *found;

	snprintf(key.type, sizeof(key.type), "%s", type);
	snprintf(key.member, sizeof(key.member), "%s", member ? member : "");
	found = bsearch(&key, core->layout, core->n_layout, sizeof(key), layout_entry_compare);
	if (!found)
		return false;
	*offset = found->offset;
	*size = found->size;
	return true;
}
