// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/module_file.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file as libelf has it; elf is NULL when it is none of 64 bits. Nothing between both calls asks crash. */
struct elf_file {
	int fd;
	Elf *elf;
};

static struct elf_file open_elf(const char *path)
{
	struct elf_file file = {.fd = open(path, O_RDONLY | O_CLOEXEC)};

	elf_version(EV_CURRENT);
	file.elf = file.fd < 0 ? NULL : elf_begin(file.fd, ELF_C_READ, NULL);
	if (file.elf && gelf_getclass(file.elf) != ELFCLASS64) {
		elf_end(file.elf);
		file.elf = NULL;
	}
	return file;
}

static void close_elf(struct elf_file *file)
{
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
}

/* The next section of that type behind section, NULL when there is none; its header and contents. */
static Elf_Scn *next_of_type(Elf *elf, Elf_Scn *section, uint32_t type, GElf_Shdr *header,
			     Elf_Data **data)
{
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, header) || header->sh_type != type)
			continue;
		*data = elf_getdata(section, NULL);
		if (*data)
			return section;
	}
	return NULL;
}

static bool find_build_id(Elf_Data *notes, struct build_id *id)
{
	size_t next = 0, name, desc;
	GElf_Nhdr note;

	while ((next = gelf_getnote(notes, next, &note, &name, &desc)) > 0) {
		const char *bytes = notes->d_buf;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof(ELF_NOTE_GNU) ||
		    memcmp(bytes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) ||
		    note.n_descsz > sizeof(id->bytes))
			continue;
		id->len = note.n_descsz;
		memcpy(id->bytes, bytes + desc, note.n_descsz);
		return true;
	}
	return false;
}

struct build_id module_file_build_id(const char *path)
{
	struct elf_file file = open_elf(path);
	struct build_id id = {0};
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *notes;

	while ((section = next_of_type(file.elf, section, SHT_NOTE, &header, &notes)) &&
	       !find_build_id(notes, &id))
		;
	close_elf(&file);
	return id;
}

static bool name_section(Elf *elf, size_t index, struct module_place *place)
{
	Elf_Scn *section = elf_getscn(elf, index);
	const char *name;
	GElf_Shdr header;
	size_t names;

	if (!section || !gelf_getshdr(section, &header) || elf_getshdrstrndx(elf, &names))
		return false;
	name = elf_strptr(elf, names, header.sh_name);
	return name && *name &&
	       (size_t)snprintf(place->section, sizeof(place->section), "%s", name) <
		       sizeof(place->section);
}

static bool find_symbol(Elf *elf, const GElf_Shdr *table, Elf_Data *symbols, const char *name,
			struct module_place *place)
{
	GElf_Sym symbol;

	for (int i = 0; gelf_getsym(symbols, i, &symbol); i++) {
		const char *found = elf_strptr(elf, table->sh_link, symbol.st_name);

		if (!found || strcmp(found, name) || symbol.st_shndx == SHN_UNDEF ||
		    symbol.st_shndx >= SHN_LORESERVE)
			continue;
		place->offset = symbol.st_value;
		return name_section(elf, symbol.st_shndx, place);
	}
	return false;
}

bool module_file_symbol(const char *path, const char *name, struct module_place *place)
{
	struct elf_file file = open_elf(path);
	Elf_Scn *section = NULL;
	bool found = false;
	GElf_Shdr header;
	Elf_Data *symbols;

	while (!found && (section = next_of_type(file.elf, section, SHT_SYMTAB, &header, &symbols)))
		found = find_symbol(file.elf, &header, symbols, name, place);
	close_elf(&file);
	return found;
}
