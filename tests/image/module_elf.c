// SPDX-License-Identifier: GPL-2.0-or-later
#include "module_elf.h"

#include <err.h>
#include <gelf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names of sections, and of the other note that comes first. */
static char names[] = "\0.data\0.note.gnu.build-id\0.symtab\0.strtab";
#define NAME_OF(name) (Elf64_Word)(section_name(name) - names)

static const char *section_name(const char *name)
{
	const char *found = names + 1;

	while (strcmp(found, name) != 0)
		found += strlen(found) + 1;
	return found;
}

static Elf_Scn *add_section(Elf *elf, const char *name, Elf64_Word type, Elf_Type kind, void *bytes,
			    size_t size)
{
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *data = elf_newdata(section);
	GElf_Shdr header;

	data->d_buf = bytes;
	data->d_size = size;
	data->d_type = kind;
	data->d_align = 4;
	data->d_version = EV_CURRENT;
	gelf_getshdr(section, &header);
	header.sh_name = NAME_OF(name);
	header.sh_type = type;
	gelf_update_shdr(section, &header);
	return section;
}

static void link_to(Elf_Scn *section, Elf_Scn *other)
{
	GElf_Shdr header;

	gelf_getshdr(section, &header);
	header.sh_link = (Elf64_Word)elf_ndxscn(other);
	header.sh_entsize = sizeof(Elf64_Sym);
	gelf_update_shdr(section, &header);
}

char *module_elf_write(const struct module_elf *module)
{
	/* Two notes: the second one is the build-id. */
	struct {
		Elf64_Nhdr other;
		char other_name[8];
		Elf64_Nhdr header;
		char name[sizeof(ELF_NOTE_GNU)];
		uint8_t build_id[128];
	} notes = {{6, 0, NT_GNU_BUILD_ID},
		   "Linux",
		   {sizeof(ELF_NOTE_GNU), (Elf64_Word)module->len, NT_GNU_BUILD_ID},
		   ELF_NOTE_GNU,
		   {0}};
	Elf64_Sym symbols[2] = {{0}, {.st_name = 1, .st_shndx = 1, .st_value = module->offset}};
	char *path = strdup("/tmp/module-XXXXXX"), strings[64] = "", data[256] = "";
	int fd = mkstemp(path);
	Elf *elf;
	Elf_Scn *symtab, *strtab;
	GElf_Ehdr header;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (!elf || !gelf_newehdr(elf, ELFCLASS64))
		errx(EXIT_FAILURE, "%s: %s", path, elf_errmsg(-1));
	add_section(elf, ".data", SHT_PROGBITS, ELF_T_BYTE, data, sizeof(data));
	if (module->build_id) {
		memcpy(notes.build_id, module->build_id, module->len);
		add_section(elf, ".note.gnu.build-id", SHT_NOTE, ELF_T_BYTE, &notes,
			    offsetof(typeof(notes), build_id) + module->len);
	}
	if (module->symbol)
		strcpy(strings + 1, module->symbol);
	symtab = add_section(elf, ".symtab", SHT_SYMTAB, ELF_T_SYM, symbols,
			     module->symbol ? sizeof(symbols) : sizeof(*symbols));
	strtab = add_section(elf, ".strtab", SHT_STRTAB, ELF_T_BYTE, strings, sizeof(strings));
	link_to(symtab, strtab);
	add_section(elf, ".strtab", SHT_STRTAB, ELF_T_BYTE, names, sizeof(names));
	gelf_getehdr(elf, &header);
	header.e_type = ET_REL;
	header.e_machine = EM_X86_64;
	header.e_shstrndx = (Elf64_Half)(elf_ndxscn(strtab) + 1);
	gelf_update_ehdr(elf, &header);
	if (elf_update(elf, ELF_C_WRITE) < 0)
		errx(EXIT_FAILURE, "%s: %s", path, elf_errmsg(-1));
	elf_end(elf);
	close(fd);
	return path;
}
