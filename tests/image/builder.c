// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* memfd_create() */
#include "builder.h"

#include <err.h>
#include <gelf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	   4096u
#define ALIGN	   64u
#define MAX_REGION (16u << 20)

enum { DATA = MODULE_CODE + 1, REGIONS };

/* Where x86_64 kernels have such things. */
static const struct {
	uint64_t start;
	uint32_t flags;
} places[REGIONS] = {
	[KERNEL_CODE] = {0xffffffff81000000, PF_R | PF_X},
	[MODULE_CODE] = {0xffffffffc0000000, PF_R | PF_X},
	[DATA] = {0xffff888000010000, PF_R | PF_W},
};

struct region {
	uint8_t *bytes;
	size_t size, room;
};

struct symbol {
	char *name;
	Elf64_Sym elf;
};

struct hole {
	uint64_t start, end;
};

struct image {
	const struct layout *layout;
	struct region regions[REGIONS];
	struct symbol *symbols;
	struct image_object *objects;
	struct hole *holes;
	size_t n_symbols, n_objects, n_holes;
	const char *without;
};

static void *grow(void *array, size_t n, size_t size)
{
	array = realloc(array, (n + 1) * size);
	if (!array)
		err(EXIT_FAILURE, "image");
	memset((char *)array + n * size, 0, size);
	return array;
}

#define PUSH(array, n) ((array) = grow((array), (n), sizeof(*(array))), &(array)[(n)++])

struct image *image_create(const struct layout *layout)
{
	struct image *image = grow(NULL, 0, sizeof(*image));

	image->layout = layout;
	return image;
}

void image_free(struct image *image)
{
	for (size_t i = 0; i < image->n_symbols; i++)
		free(image->symbols[i].name);
	for (int r = 0; r < REGIONS; r++)
		free(image->regions[r].bytes);
	free(image->symbols);
	free(image->objects);
	free(image->holes);
	free(image);
}

const struct layout *image_layout(const struct image *image)
{
	return image->layout;
}

static uint64_t take(struct image *image, int where, size_t size, size_t align)
{
	struct region *region = &image->regions[where];
	size_t at = (region->size + align - 1) / align * align;

	if (at + size > MAX_REGION)
		errx(EXIT_FAILURE, "image: no room for %zu bytes more", size);
	if (at + size > region->room) {
		size_t room = 2 * (at + size);

		region->bytes = realloc(region->bytes, room);
		if (!region->bytes)
			err(EXIT_FAILURE, "image");
		memset(region->bytes + region->room, 0, room - region->room);
		region->room = room;
	}
	region->size = at + size;
	return places[where].start + at;
}

static uint64_t take_object(struct image *image, size_t size, size_t align, const char *what)
{
	uint64_t addr = take(image, DATA, size, align);

	*PUSH(image->objects, image->n_objects) = (struct image_object){addr, size, what};
	return addr;
}

/* The bytes of an address, len of which must exist. */
static uint8_t *memory(const struct image *image, uint64_t addr, size_t len)
{
	for (int r = 0; r < REGIONS; r++) {
		const struct region *region = &image->regions[r];
		uint64_t at = addr - places[r].start;

		if (addr >= places[r].start && at <= region->size && len <= region->size - at)
			return region->bytes + at;
	}
	errx(EXIT_FAILURE, "image: nothing at %llx", (unsigned long long)addr);
}

size_t image_sizeof(const struct image *image, const char *type)
{
	size_t size = layout_size(image->layout, type);

	if (!size)
		errx(EXIT_FAILURE, "image: this kernel has no %s", type);
	return size;
}

uint64_t image_array(struct image *image, const char *type, size_t n)
{
	return take_object(image, n * image_sizeof(image, type), ALIGN, type);
}

uint64_t image_new(struct image *image, const char *type)
{
	return image_array(image, type, 1);
}

uint64_t image_string(struct image *image, const char *text)
{
	uint64_t addr = take_object(image, strlen(text) + 1, ALIGN, "string");

	image_write(image, addr, text, strlen(text));
	return addr;
}

uint64_t image_stack(struct image *image, size_t size)
{
	return take_object(image, size, size, "stack");
}

bool image_has(const struct image *image, const char *type, const char *member)
{
	size_t offset;

	return member ? layout_member(image->layout, type, member, &offset, NULL)
		      : layout_size(image->layout, type) > 0;
}

static size_t offset_of(const struct image *image, const char *type, const char *member,
			size_t *size)
{
	size_t offset;

	if (!layout_member(image->layout, type, member, &offset, size))
		errx(EXIT_FAILURE, "image: this kernel has no %s.%s", type, member);
	return offset;
}

uint64_t image_at(const struct image *image, uint64_t object, const char *type, const char *member)
{
	return object + offset_of(image, type, member, NULL);
}

uint64_t image_container(const struct image *image, uint64_t addr, const char *type,
			 const char *member)
{
	return addr - offset_of(image, type, member, NULL);
}

size_t image_member_size(const struct image *image, const char *type, const char *member)
{
	size_t size;

	offset_of(image, type, member, &size);
	return size;
}

/* Numbers are of this machine's byte order, as in an image that its crash opens. */
static uint8_t *number(const struct image *image, uint64_t object, const char *type,
		       const char *member, size_t *size)
{
	size_t offset = offset_of(image, type, member, size);

	if (*size > sizeof(uint64_t))
		errx(EXIT_FAILURE, "image: %s.%s is no number", type, member);
	return memory(image, object + offset, *size);
}

void image_set(struct image *image, uint64_t object, const char *type, const char *member,
	       uint64_t value)
{
	size_t size;
	uint8_t *bytes = number(image, object, type, member, &size);

	memcpy(bytes, &value, size);
}

uint64_t image_get(const struct image *image, uint64_t object, const char *type, const char *member)
{
	uint64_t value = 0;
	size_t size;
	const uint8_t *bytes = number(image, object, type, member, &size);

	memcpy(&value, bytes, size);
	return value;
}

bool image_try_set(struct image *image, uint64_t object, const char *type, const char *member,
		   uint64_t value)
{
	if (!image_has(image, type, member))
		return false;
	image_set(image, object, type, member, value);
	return true;
}

void image_set_text(struct image *image, uint64_t object, const char *type, const char *member,
		    const char *text)
{
	size_t size, offset = offset_of(image, type, member, &size);

	if (strlen(text) > size)
		errx(EXIT_FAILURE, "image: %s.%s is too short for %s", type, member, text);
	image_write(image, object + offset, text, strlen(text));
}

void image_write(struct image *image, uint64_t addr, const void *bytes, size_t len)
{
	memcpy(memory(image, addr, len), bytes, len);
}

void image_set_pointer(struct image *image, uint64_t array, size_t i, uint64_t value)
{
	image_write(image, array + i * sizeof(value), &value, sizeof(value));
}

void image_list_init(struct image *image, uint64_t head)
{
	image_set(image, head, "list_head", "next", head);
	image_set(image, head, "list_head", "prev", head);
}

void image_list_add(struct image *image, uint64_t head, uint64_t node)
{
	uint64_t last = image_get(image, head, "list_head", "prev");

	image_set(image, node, "list_head", "next", head);
	image_set(image, node, "list_head", "prev", last);
	image_set(image, last, "list_head", "next", node);
	image_set(image, head, "list_head", "prev", node);
}

/* Both kinds have the same members. */
void image_hlist_add(struct image *image, uint64_t head, uint64_t node)
{
	uint64_t first = image_get(image, head, "hlist_head", "first");

	image_set(image, node, "hlist_node", "next", first);
	image_set(image, node, "hlist_node", "pprev", head);
	if (first && !(first & 1))
		image_set(image, first, "hlist_node", "pprev", node);
	image_set(image, head, "hlist_head", "first", node);
}

static void add_symbol(struct image *image, const char *name, uint64_t addr, size_t size,
		       unsigned char type)
{
	struct symbol *symbol = PUSH(image->symbols, image->n_symbols);

	symbol->name = strdup(name);
	if (!symbol->name)
		err(EXIT_FAILURE, "image");
	symbol->elf = (Elf64_Sym){.st_info = ELF64_ST_INFO(STB_GLOBAL, type),
				  .st_shndx = SHN_ABS,
				  .st_value = addr,
				  .st_size = size};
}

void image_symbol(struct image *image, const char *name, uint64_t addr, size_t size)
{
	add_symbol(image, name, addr, size, STT_OBJECT);
}

uint64_t image_variable(struct image *image, const char *name, const char *type)
{
	uint64_t addr = image_new(image, type);

	image_symbol(image, name, addr, image_sizeof(image, type));
	return addr;
}

uint64_t image_pointer(struct image *image, const char *name, uint64_t value)
{
	uint64_t addr = image_variable(image, name, "ptr");

	image_set_pointer(image, addr, 0, value);
	return addr;
}

uint64_t image_function(struct image *image, enum image_code where, const char *name, size_t size)
{
	uint64_t addr = take(image, where, size, 16);

	add_symbol(image, name, addr, size, STT_FUNC);
	return addr;
}

uint64_t image_module_data(struct image *image, size_t size)
{
	return take(image, MODULE_CODE, size, ALIGN);
}

const char *image_symbol_name(const struct image *image, size_t i, uint64_t *addr)
{
	if (i >= image->n_symbols)
		return NULL;
	*addr = image->symbols[i].elf.st_value;
	return image->symbols[i].name;
}

uint64_t image_code(const struct image *image, enum image_code where, size_t *size)
{
	*size = image->regions[where].size;
	return places[where].start;
}

uint64_t image_call(struct image *image, uint64_t function, size_t offset, uint64_t callee)
{
	uint64_t behind = function + offset + 5;
	int32_t distance = (int32_t)(callee - behind);

	image_write(image, function + offset, &(uint8_t){0xe8}, 1);
	image_write(image, function + offset + 1, &distance, sizeof(distance));
	return behind;
}

void image_cut(struct image *image, uint64_t addr, size_t len)
{
	*PUSH(image->holes, image->n_holes) = (struct hole){addr, addr + len};
}

const struct image_object *image_objects(const struct image *image, size_t *n)
{
	*n = image->n_objects;
	return image->objects;
}

void image_without_nbd_debuginfo(struct image *image)
{
	image->without = "nbd_";
}

/* An ELF file while it is made. */
struct elf_file {
	Elf *elf;
	char names[64 * 1024]; /* a string table for sections and symbols */
	size_t names_size;
	struct {
		GElf_Phdr header;
		size_t section;
	} * segments;
	size_t n_segments;
};

static void check(bool ok)
{
	if (!ok)
		errx(EXIT_FAILURE, "image: %s", elf_errmsg(-1));
}

static uint32_t add_name(struct elf_file *file, const char *name)
{
	size_t at = file->names_size, len = strlen(name) + 1;

	if (at + len > sizeof(file->names))
		errx(EXIT_FAILURE, "image: too many symbols");
	memcpy(file->names + at, name, len);
	file->names_size += len;
	return (uint32_t)at;
}

/* Returns the section's number. The bytes are borrowed. */
static size_t add_section(struct elf_file *file, const char *name, GElf_Shdr header,
			  const void *bytes, size_t size)
{
	Elf_Scn *section = elf_newscn(file->elf);
	Elf_Data *data = section ? elf_newdata(section) : NULL;

	check(data);
	data->d_buf = (void *)bytes;
	data->d_size = size;
	data->d_align = ALIGN;
	data->d_type = header.sh_type == SHT_SYMTAB ? ELF_T_SYM : ELF_T_BYTE;
	header.sh_name = add_name(file, name);
	header.sh_addralign = ALIGN;
	check(gelf_update_shdr(section, &header));
	return elf_ndxscn(section);
}

static void add_segment(struct elf_file *file, const struct image *image, int where, uint64_t start,
			uint64_t end)
{
	GElf_Shdr header = {.sh_type = SHT_PROGBITS, .sh_addr = start, .sh_flags = SHF_ALLOC};
	size_t n = file->n_segments;

	if (start >= end)
		return;
	file->segments = grow(file->segments, n, sizeof(*file->segments));
	file->segments[n].header = (GElf_Phdr){.p_type = PT_LOAD,
					       .p_flags = places[where].flags,
					       .p_vaddr = start,
					       .p_filesz = end - start,
					       .p_memsz = end - start,
					       .p_align = 1};
	file->segments[n].section = add_section(
		file, ".memory", header,
		image->regions[where].bytes + (start - places[where].start), end - start);
	file->n_segments++;
}

static int by_start(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* A region, in whole pages, less its holes. */
static void add_segments(struct elf_file *file, struct image *image, int where)
{
	uint64_t start = places[where].start, end;

	take(image, where, 0, PAGE);
	end = start + image->regions[where].size;
	for (size_t i = 0; i < image->n_holes; i++) {
		const struct hole *hole = &image->holes[i];

		if (hole->end <= start || hole->start >= end)
			continue;
		add_segment(file, image, where, start, hole->start);
		start = hole->end;
	}
	add_segment(file, image, where, start, end);
}

static size_t add_symbols(struct elf_file *file, const struct image *image, Elf64_Sym **table)
{
	GElf_Shdr header = {
		.sh_type = SHT_SYMTAB, .sh_entsize = sizeof(Elf64_Sym), .sh_info = 1, .sh_link = 1};

	*table = calloc(image->n_symbols + 1, sizeof(**table));
	if (!*table)
		err(EXIT_FAILURE, "image");
	for (size_t i = 0; i < image->n_symbols; i++) {
		(*table)[i + 1] = image->symbols[i].elf;
		(*table)[i + 1].st_name = add_name(file, image->symbols[i].name);
	}
	return add_section(file, ".symtab", header, *table,
			   (image->n_symbols + 1) * sizeof(**table));
}

/* Section 1, which the others refer to by number: it comes first and is filled last. */
static Elf_Data *add_names(struct elf_file *file)
{
	size_t section;

	add_name(file, "");
	section = add_section(file, ".strtab", (GElf_Shdr){.sh_type = SHT_STRTAB}, file->names, 0);
	return elf_getdata(elf_getscn(file->elf, section), NULL);
}

static void *read_back(int fd, size_t *size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	void *bytes = end > 0 ? malloc((size_t)end) : NULL;

	if (!bytes || pread(fd, bytes, (size_t)end, 0) != end)
		err(EXIT_FAILURE, "image");
	*size = (size_t)end;
	return bytes;
}

void *image_elf(struct image *image, size_t *size)
{
	struct elf_file *file = calloc(1, sizeof(*file));
	struct layout_entry *entries;
	Elf64_Sym *symbols;
	Elf_Data *names;
	GElf_Ehdr header;
	size_t n_entries;
	void *bytes;
	int fd = memfd_create("image", MFD_CLOEXEC);

	elf_version(EV_CURRENT);
	if (!file || fd < 0)
		err(EXIT_FAILURE, "image");
	file->elf = elf_begin(fd, ELF_C_WRITE, NULL);
	check(file->elf && gelf_newehdr(file->elf, ELFCLASS64));
	names = add_names(file);
	if (image->n_holes)
		qsort(image->holes, image->n_holes, sizeof(*image->holes), by_start);
	for (int r = 0; r < REGIONS; r++)
		add_segments(file, image, r);
	entries = layout_entries(image->layout, image->without, &n_entries);
	add_section(file, LAYOUT_SECTION, (GElf_Shdr){.sh_type = SHT_PROGBITS}, entries,
		    n_entries * sizeof(*entries));
	add_symbols(file, image, &symbols);
	names->d_size = file->names_size;

	check(gelf_getehdr(file->elf, &header));
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_type = ET_CORE;
	header.e_machine = EM_X86_64;
	header.e_version = EV_CURRENT;
	header.e_shstrndx = 1;
	check(gelf_update_ehdr(file->elf, &header) && gelf_newphdr(file->elf, file->n_segments) &&
	      elf_update(file->elf, ELF_C_NULL) >= 0);
	for (size_t i = 0; i < file->n_segments; i++) {
		GElf_Shdr section;

		check(gelf_getshdr(elf_getscn(file->elf, file->segments[i].section), &section));
		file->segments[i].header.p_offset = section.sh_offset;
		check(gelf_update_phdr(file->elf, (int)i, &file->segments[i].header));
	}
	check(elf_update(file->elf, ELF_C_WRITE) >= 0);
	elf_end(file->elf);
	bytes = read_back(fd, size);
	close(fd);
	free(entries);
	free(symbols);
	free(file->segments);
	free(file);
	return bytes;
}
