// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/module_symbols.h"

#include <ctype.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "resolve/module_debuginfo.h"

/* KSYM_NAME_LEN is 512. */
#define MAX_SYMBOL_NAME 512
/* amdgpu has some 30,000. */
#define MAX_SYMBOLS (1u << 20)
/* Refuses absurd sizes before memory is taken for them. */
#define MAX_TABLE (32u << 20)

struct symbol {
	uint64_t addr;
	const char *name;
	bool is_function;
	size_t place; /* among all symbols of all modules */
};

/* A module whose symbols crash does not know. */
struct module_table {
	uint64_t module;
	char name[KERNEL_MODULE_NAME];
	uint64_t text, text_size;
	bool tried, complete;
	struct symbol *symbols; /* by address */
	size_t n;
};

/* All of them, in the arena of the command that round counts. */
static struct {
	bool valid;
	unsigned long round;
	struct module_table *v;
	size_t n;
	struct symbol *by_name; /* of all of them; made when the first is asked for */
	size_t n_by_name;
} modules;

bool module_symbols_are_of_crash(const char *module)
{
	return k_module_is_known(module) &&
	       (strcmp(module, "nbd") != 0 || !module_debuginfo_problem());
}

void module_symbols_forget(void)
{
	modules.valid = false;
}

static void find_modules(void)
{
	size_t n;
	uint64_t *all;

	if (modules.valid && modules.round == arena_round())
		return;
	modules.valid = true;
	modules.round = arena_round();
	modules.v = NULL;
	modules.n = 0;
	modules.by_name = NULL;
	modules.n_by_name = 0;
	all = kernel_modules(&n);
	for (size_t i = 0; i < n; i++) {
		struct module_table table = {.module = all[i]};

		if (!kernel_module_name(table.module, table.name) ||
		    module_symbols_are_of_crash(table.name))
			continue;
		if (!kernel_module_text(table.module, &table.text, &table.text_size))
			table.text_size = 0;
		*ARENA_PUSH(modules.v, modules.n) = table;
	}
}

/* The raw table. */
struct kallsyms {
	Elf64_Sym *symbols;
	size_t n;
	char *names;
	size_t names_size;
	char *types; /* NULL: in st_info */
};

/* len bytes in one piece of the module's memory, in arena memory; NULL when they cannot be read. */
static void *read_inside(const struct module_table *table, num addr, size_t len)
{
	void *bytes;

	if (!len || len > MAX_TABLE || kernel_module_room(table->module, addr.v) < len)
		return NULL;
	bytes = arena_alloc(len);
	return k_read(addr.v, bytes, len, "mod_kallsyms") ? bytes : NULL;
}

/* Nothing says how long the names are: they end behind the last one's beginning, and not behind the module. */
static bool read_names(const struct module_table *table, num strtab, struct kallsyms *raw)
{
	uint64_t room = kernel_module_room(table->module, strtab.v);
	size_t last = 0;

	for (size_t i = 0; i < raw->n; i++) {
		if (raw->symbols[i].st_name > last)
			last = raw->symbols[i].st_name;
	}
	if (last >= room)
		return false;
	raw->names_size = room - last < MAX_SYMBOL_NAME ? room : last + MAX_SYMBOL_NAME;
	raw->names = read_inside(table, strtab, raw->names_size);
	return raw->names;
}

static bool read_kallsyms(const struct module_table *table, struct kallsyms *raw)
{
	num at = k_num_at(table->module, KM_MODULE_KALLSYMS);
	num n = k_num_at(at.v, KM_KALLSYMS_NUM_SYMTAB);

	if (!n.v || n.v > MAX_SYMBOLS)
		return false;
	raw->n = n.v;
	raw->symbols = read_inside(table, k_num_at(at.v, KM_KALLSYMS_SYMTAB),
				   raw->n * sizeof(*raw->symbols));
	if (!raw->symbols || !read_names(table, k_num_at(at.v, KM_KALLSYMS_STRTAB), raw))
		return false;
	if (!k_has(KM_KALLSYMS_TYPETAB))
		return true;
	raw->types = read_inside(table, k_num_at(at.v, KM_KALLSYMS_TYPETAB), raw->n);
	return raw->types;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* Mirrors find_kallsyms_symbol() of kernel/module/kallsyms.c. */
static void read_table(struct module_table *table)
{
	struct kallsyms raw = {0};

	if (table->tried)
		return;
	table->tried = true;
	table->complete = read_kallsyms(table, &raw);
	if (!table->complete)
		return;
	table->symbols = arena_alloc(raw.n * sizeof(*table->symbols));
	for (size_t i = 0; i < raw.n; i++) {
		const Elf64_Sym *symbol = &raw.symbols[i];
		const char *name = raw.names + symbol->st_name;
		int type = tolower(raw.types ? raw.types[i] : symbol->st_info);

		if (symbol->st_shndx == SHN_UNDEF || !*name)
			continue;
		if (!memchr(name, 0, raw.names_size - symbol->st_name)) {
			table->complete = false;
			continue;
		}
		table->symbols[table->n++] = (struct symbol){
			.addr = symbol->st_value,
			.name = name,
			.is_function = (type == 't' || type == 'w') &&
				       symbol->st_value - table->text < table->text_size};
	}
	qsort(table->symbols, table->n, sizeof(*table->symbols), by_address);
}

/* Of several with one name the first module's comes first. */
static int by_name(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static void sort_by_name(void)
{
	size_t n = 0;

	for (size_t m = 0; m < modules.n; m++) {
		read_table(&modules.v[m]);
		n += modules.v[m].n;
	}
	modules.by_name = arena_alloc(n * sizeof(*modules.by_name));
	for (size_t m = 0; m < modules.n; m++) {
		for (size_t i = 0; i < modules.v[m].n; i++) {
			struct symbol *symbol = &modules.by_name[modules.n_by_name];

			*symbol = modules.v[m].symbols[i];
			symbol->place = modules.n_by_name++;
		}
	}
	qsort(modules.by_name, n, sizeof(*modules.by_name), by_name);
}

num module_symbol(const char *name)
{
	size_t low = 0, high;

	find_modules();
	if (!modules.by_name)
		sort_by_name();
	high = modules.n_by_name;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(modules.by_name[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < modules.n_by_name && !strcmp(modules.by_name[low].name, name)
		       ? NUM(modules.by_name[low].addr)
		       : NUM_UNKNOWN;
}

/* The last function that does not begin above addr. */
static const struct symbol *function_at(const struct module_table *table, uint64_t addr)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->symbols[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	while (low && !table->symbols[low - 1].is_function)
		low--;
	return low ? &table->symbols[low - 1] : NULL;
}

const char *module_function(uint64_t addr, uint64_t *start)
{
	*start = 0;
	find_modules();
	for (size_t m = 0; m < modules.n; m++) {
		struct module_table *table = &modules.v[m];
		const struct symbol *found;

		if (addr - table->text >= table->text_size)
			continue;
		read_table(table);
		found = function_at(table, addr);
		if (!found)
			return NULL;
		*start = found->addr;
		return found->name;
	}
	return NULL;
}

bool module_symbols_are_complete(const char *module)
{
	find_modules();
	for (size_t m = 0; m < modules.n; m++) {
		if (strcmp(modules.v[m].name, module))
			continue;
		read_table(&modules.v[m]);
		return modules.v[m].complete;
	}
	return false;
}
