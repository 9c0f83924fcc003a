// SPDX-License-Identifier: GPL-2.0-or-later
#include "extras.h"

#include <bpf/btf.h>
#include <err.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define BITS 8

static void check(bool ok)
{
	if (!ok)
		errx(EXIT_FAILURE, "BTF of an image cannot be made");
}

/* A type of so many bytes in BTF that holds nothing yet but the integers 1, 2, 4 and 8 bytes long. */
static int type_of_size(struct btf *btf, size_t size)
{
	char name[16];

	snprintf(name, sizeof(name), "u%zu", size * BITS);
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return btf__add_array(btf, btf__find_by_name(btf, "u32"),
				      btf__find_by_name(btf, "u8"), (__u32)size);
	return btf__find_by_name(btf, name);
}

struct btf *extra_btf_kernel(void)
{
	struct btf *btf = btf__new_empty();

	for (size_t size = 1; size <= 8; size *= 2) {
		char name[16];

		snprintf(name, sizeof(name), "u%zu", size * BITS);
		check(btf__add_int(btf, name, size, 0) > 0);
	}
	return btf;
}

/* A structure with all its members. Members of arrays need types of their own, which come before. */
static void add_struct(struct btf *btf, const struct layout_entry *first, size_t n)
{
	int types[128];

	check(n < sizeof(types) / sizeof(types[0]));
	for (size_t i = 1; i < n; i++)
		types[i] = type_of_size(btf, first[i].size);
	check(btf__add_struct(btf, first->type, first->size) > 0);
	for (size_t i = 1; i < n; i++)
		check(!btf__add_field(btf, first[i].member, types[i], first[i].offset * BITS, 0));
}

static void add_structs(struct btf *btf, const struct image *image, const char *without, bool nbds)
{
	struct layout_entry *entries;
	size_t n;

	entries = layout_entries(image_layout(image), without, &n);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !strcmp(entries[end].type, entries[i].type); end++)
			;
		if (!strncmp(entries[i].type, "nbd_", 4) == nbds)
			add_struct(btf, &entries[i], end - i);
	}
	free(entries);
}

struct btf *extra_btf_module(const struct scene *s, struct btf *base)
{
	struct btf *btf = btf__new_empty_split(base);

	add_structs(btf, s->image, NULL, true);
	return btf;
}

struct btf *extra_btf_all(const struct image *image, const char *without)
{
	struct btf *btf = extra_btf_kernel();

	add_structs(btf, image, without, false);
	return btf;
}

static void add_section(Elf *elf, size_t name, unsigned type, const void *bytes, size_t size)
{
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *data = elf_newdata(section);
	GElf_Shdr header;

	check(data && gelf_getshdr(section, &header));
	*data = (Elf_Data){.d_buf = (void *)bytes,
			   .d_size = size,
			   .d_align = 1,
			   .d_type = ELF_T_BYTE,
			   .d_version = EV_CURRENT};
	header.sh_name = (Elf64_Word)name;
	header.sh_type = type;
	check(gelf_update_shdr(section, &header));
}

void extra_vmlinux(int fd, const struct btf *btf)
{
	static const char names[] = "\0.shstrtab\0.BTF";
	__u32 size;
	const void *bytes = btf__raw_data(btf, &size);
	GElf_Ehdr header;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	check(elf && gelf_newehdr(elf, ELFCLASS64) && gelf_getehdr(elf, &header));
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_type = ET_EXEC;
	header.e_machine = EM_X86_64;
	header.e_version = EV_CURRENT;
	header.e_shstrndx = 1;
	check(gelf_update_ehdr(elf, &header));
	add_section(elf, 1, SHT_STRTAB, names, sizeof(names));
	add_section(elf, strlen(".shstrtab") + 2, SHT_PROGBITS, bytes, size);
	check(elf_update(elf, ELF_C_WRITE) > 0);
	elf_end(elf);
}

static uint64_t add_bytes(struct image *image, const struct btf *btf, size_t *size)
{
	__u32 bytes;
	const void *data = btf__raw_data(btf, &bytes);
	uint64_t addr = image_array(image, "char", bytes);

	image_write(image, addr, data, bytes);
	*size = bytes;
	return addr;
}

void extra_btf(struct scene *s)
{
	struct image *image = s->image;
	struct btf *base = extra_btf_kernel(), *module = extra_btf_module(s, base);
	uint64_t list = image_variable(image, "btf_modules", "list_head");
	uint64_t entry = image_new(image, "btf_module"), btf = image_new(image, "btf"), data;
	size_t size;

	data = add_bytes(image, base, &size);
	image_symbol(image, "__start_BTF", data, 0);
	image_symbol(image, "__stop_BTF", data + size, 0);
	image_set(image, btf, "btf", "data", add_bytes(image, module, &size));
	image_set(image, btf, "btf", "data_size", size);
	image_set_text(image, btf, "btf", "name", "nbd");
	image_set(image, entry, "btf_module", "btf", btf);
	image_list_init(image, list);
	image_list_add(image, list, image_at(image, entry, "btf_module", "list"));
	image_without_nbd_debuginfo(image);
	btf__free(module);
	btf__free(base);
}
