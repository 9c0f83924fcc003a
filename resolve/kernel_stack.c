// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/kernel_stack.h"

#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "resolve/machine_code.h"
#include "resolve/symbols.h"

/* THREAD_SIZE is 16 KiB, 32 with KASAN; arm64 with pages of 64 KiB has 64. */
#define MAX_STACK  (64u << 10)
#define MAX_FRAMES 256
/* struct pt_regs of arm64, in which the last frame record is, takes some 340 bytes. */
#define MAX_REGISTERS 512
/* How far beyond the last entry of a table an instruction may be: hardly any function is longer. */
#define AFTER_LAST 4096

/* Registers of an ORC entry, arch/x86/include/asm/orc_types.h. Some were numbered anew between v6.12 and v7.2. */
enum { ORC_REG_BP = 4 };
static const struct orc_numbers {
	uint8_t sp, prev_sp;
} orc_numbers[] = {{.sp = 5, .prev_sp = 1}, {.sp = 3, .prev_sp = 8}};

/* struct orc_entry. What follows the registers differs between kernels and is not needed here:
 * frames of interrupts and exceptions end the walk by themselves, for what they hold is no
 * return address. */
struct orc {
	int16_t sp_offset, bp_offset;
	uint8_t sp_reg : 4, bp_reg : 4;
	uint8_t rest;
};

/* A sorted table of ORC entries: one array of 32-bit distances to the instructions, and one of the entries. */
struct orc_table {
	uint64_t ip, entries;
	size_t n;
	bool unreadable; /* a part of it could not be read */
};

/* The instruction that the i-th entry begins at, 0 when unreadable. */
static uint64_t orc_ip(struct orc_table *table, size_t i)
{
	uint64_t at = table->ip + i * sizeof(int32_t);
	int32_t distance;

	if (k_read(at, &distance, sizeof(distance), "orc_unwind_ip"))
		return at + (int64_t)distance;
	table->unreadable = true;
	return 0;
}

static bool orc_search(struct orc_table *table, uint64_t ip, struct orc *orc)
{
	size_t low = 0, high = table->n;

	/* Looks for the last entry that is not above ip: [low] is not, [high] is. */
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		uint64_t at = orc_ip(table, mid);

		if (!at)
			return false;
		if (at <= ip)
			low = mid;
		else
			high = mid;
	}
	if (k_read(table->entries + low * sizeof(*orc), orc, sizeof(*orc), "orc_unwind"))
		return true;
	table->unreadable = true;
	return false;
}

static bool table_covers(struct orc_table *table, uint64_t ip)
{
	/* Nothing says where the function of the last entry ends. */
	return table->n && table->ip && table->entries && ip >= orc_ip(table, 0) &&
	       ip < orc_ip(table, table->n - 1) + AFTER_LAST;
}

static struct orc_table kernel_table(void)
{
	num ip = k_symbol("__start_orc_unwind_ip"), end = k_symbol("__stop_orc_unwind_ip");
	num entries = k_symbol("__start_orc_unwind");

	if (!ip.known || !end.known || !entries.known || end.v < ip.v)
		return (struct orc_table){0};
	return (struct orc_table){
		.ip = ip.v, .entries = entries.v, .n = (end.v - ip.v) / sizeof(int32_t)};
}

static struct orc_table module_table(uint64_t module)
{
	uint64_t arch = k_at(module, KM_MODULE_ARCH);

	return (struct orc_table){.ip = k_num_at(arch, KM_MODULE_ORC_IP).v,
				  .entries = k_num_at(arch, KM_MODULE_ORC).v,
				  .n = k_num_at(arch, KM_MODULE_NUM_ORCS).v};
}

static bool orc_look_up(struct stack_reader *reader, struct orc_table *table, uint64_t ip,
			struct orc *orc, bool *covered)
{
	bool found;

	*covered = table_covers(table, ip);
	found = *covered && orc_search(table, ip, orc);
	reader->unreadable |= table->unreadable;
	return found;
}

static bool orc_find(struct stack_reader *reader, uint64_t ip, struct orc *orc)
{
	struct orc_table table = kernel_table();
	bool covered, found = orc_look_up(reader, &table, ip, orc, &covered);

	if (covered || !k_has(KM_MODULE_ARCH) || !k_has(KM_MODULE_ORC_IP))
		return found;
	if (!reader->modules_read)
		reader->modules = kernel_modules(&reader->n_modules);
	reader->modules_read = true;
	for (size_t i = 0; i < reader->n_modules; i++) {
		if (!kernel_module_contains(reader->modules[i], ip))
			continue;
		/* The table has entries of .init, too, whose code is elsewhere, sorted in among the others. */
		table = module_table(reader->modules[i]);
		return orc_look_up(reader, &table, ip, orc, &covered);
	}
	return false;
}

/* At the beginning of a function its caller's stack pointer is 8 above its own: that tells the number of it. */
static const struct orc_numbers *orc_numbers_of(struct stack_reader *reader)
{
	num function = k_symbol("schedule");
	struct orc orc;

	if (function.known && orc_find(reader, function.v, &orc) && orc.sp_offset == 8 &&
	    orc.sp_reg == orc_numbers[1].sp)
		return &orc_numbers[1];
	return &orc_numbers[0];
}

/* The word at an address of the stack, 0 when it lies outside. */
static uint64_t word_at(const struct kernel_stack *stack, uint64_t addr)
{
	size_t i = (addr - stack->sp) / sizeof(uint64_t);

	return addr >= stack->sp && i < stack->n_words ? stack->words[i] : 0;
}

/* Adds the function that a return address leads into. False when it is none. */
static bool add_frame(struct kernel_stack *stack, uint64_t ip, size_t word)
{
	struct stack_frame *frame;
	const char *name;
	uint64_t start;

	/* A function that never returns may end in a call: the address after that belongs to the
	 * next function. */
	name = ip ? k_function(ip - 1, &start) : NULL;
	if (!name || stack->n_frames >= MAX_FRAMES)
		return false;
	frame = &stack->frames[stack->n_frames++];
	frame->function = arena_strndup(name, strcspn(name, "."));
	frame->ip = ip;
	frame->word = word;
	return true;
}

/* Walks frame by frame from where the task was switched out, see __switch_to_asm(). Returns the
 * index of the first word above all frames found. */
static size_t unwind_orc(struct stack_reader *reader, struct kernel_stack *stack)
{
	num bp = k_num_at(stack->sp, KM_INACTIVE_FRAME_BP);
	num ip = k_num_at(stack->sp, KM_INACTIVE_FRAME_RETURN);
	const struct orc_numbers *numbers = orc_numbers_of(reader);
	uint64_t sp = stack->sp + k_sizeof(K_INACTIVE_FRAME);
	size_t word = 0;
	struct orc orc;

	if (!bp.known || !ip.known || k_sizeof(K_ORC_ENTRY) != sizeof(orc))
		return 0;
	for (;;) {
		uint64_t caller_sp;

		word = (sp - stack->sp) / sizeof(uint64_t);
		if (!add_frame(stack, ip.v, word - 1))
			break;
		stack->n_unwound = stack->n_frames;
		if (!orc_find(reader, ip.v - 1, &orc))
			break;
		if (orc.sp_reg == numbers->sp)
			caller_sp = sp + orc.sp_offset;
		else if (orc.sp_reg == ORC_REG_BP)
			caller_sp = bp.v + orc.sp_offset;
		else
			break;
		/* Each caller lies above: whatever is read, this ends. */
		if (caller_sp <= sp || caller_sp > stack->top || caller_sp % sizeof(uint64_t))
			break;
		ip = NUM(word_at(stack, caller_sp - sizeof(uint64_t)));
		if (orc.bp_reg == numbers->prev_sp)
			bp = NUM(word_at(stack, caller_sp + orc.bp_offset));
		else if (orc.bp_reg == ORC_REG_BP)
			bp = NUM(word_at(stack, bp.v + orc.bp_offset));
		sp = caller_sp;
	}
	return word;
}

/* The bits that each address of code has set: those above it may hold a code of pointer authentication. 0 when the
 * kernel's first symbol is not known. */
static uint64_t code_bits(void)
{
	uint64_t text = k_symbol("_text").v;

	return text >> 63 ? ~(UINT64_MAX >> __builtin_clzll(~text)) : 0;
}

/* arm64: walks the frame records, pairs of the caller's record and the address to return to, the first of which the
 * saved frame pointer has. Returns as unwind_orc(). */
static size_t unwind_records(struct kernel_stack *stack, uint64_t cpu_context)
{
	num record = k_num_at(cpu_context, KM_CPU_CONTEXT_FP);
	num ip = k_num_at(cpu_context, KM_CPU_CONTEXT_PC);
	uint64_t bits = code_bits();
	size_t word = 0;

	if (!record.known || !ip.known || record.v < stack->sp)
		return 0;
	while (record.v < stack->top && record.v % sizeof(uint64_t) == 0) {
		uint64_t caller = word_at(stack, record.v);

		word = (record.v - stack->sp) / sizeof(uint64_t);
		/* Bit 55 tells addresses of the kernel from others. */
		if (!(ip.v >> 55 & 1) || !add_frame(stack, ip.v | bits, word))
			return word;
		stack->n_unwound = stack->n_frames;
		ip.v = word_at(stack, record.v + sizeof(uint64_t));
		/* Each caller lies above: whatever is read, this ends. Above the last record, of zeros, there are the
		 * registers of user space. */
		if (caller <= record.v)
			return !caller && !ip.v && stack->top - record.v <= MAX_REGISTERS
				       ? stack->n_words
				       : word;
		record.v = caller;
	}
	return word;
}

static size_t unwind(struct stack_reader *reader, struct kernel_stack *stack, uint64_t task_struct)
{
	uint64_t cpu_context = k_at(k_at(task_struct, KM_TASK_THREAD), KM_THREAD_CPU_CONTEXT);

	return cpu_context ? unwind_records(stack, cpu_context) : unwind_orc(reader, stack);
}

static bool follows_call(enum code_machine machine, uint64_t addr)
{
	uint8_t code[CODE_MAX_CALL];

	return machine == CODE_UNKNOWN ||
	       (k_read(addr - sizeof(code), code, sizeof(code), "text") &&
		code_ends_with_call(machine, code));
}

/* Where the stack cannot be unwound: adds all words from the first-th on that may be return addresses. */
static void guess(struct kernel_stack *stack, size_t first)
{
	enum code_machine machine = code_machine(k_system().machine);

	for (size_t i = first; i < stack->n_words; i++) {
		uint64_t start, ip = stack->words[i];

		if (ip >> 63 && k_function(ip - 1, &start) && follows_call(machine, ip))
			add_frame(stack, ip, i);
	}
}

static num saved_sp(uint64_t task_struct)
{
	uint64_t thread = k_at(task_struct, KM_TASK_THREAD);

	if (!k_has(KM_TASK_THREAD))
		return NUM_UNKNOWN;
	return k_has(KM_THREAD_SP)
		       ? k_num_at(thread, KM_THREAD_SP)
		       : k_num_at(k_at(thread, KM_THREAD_CPU_CONTEXT), KM_CPU_CONTEXT_SP);
}

bool kernel_stack_read(struct stack_reader *reader, uint64_t task_struct,
		       struct kernel_stack *stack)
{
	num base = k_num_at(task_struct, KM_TASK_STACK), sp = saved_sp(task_struct);
	size_t size = k_stack_size(), unwound;

	memset(stack, 0, sizeof(*stack));
	if (!base.v || !sp.known || size > MAX_STACK || sp.v < base.v || sp.v - base.v >= size ||
	    sp.v % sizeof(uint64_t) || num_is(k_num_at(task_struct, KM_TASK_ON_CPU), 1))
		return false;
	stack->sp = sp.v;
	stack->top = base.v + size;
	stack->n_words = (stack->top - sp.v) / sizeof(uint64_t);
	if (!reader->words) {
		reader->words = arena_alloc(MAX_STACK);
		reader->frames = arena_alloc(MAX_FRAMES * sizeof(*reader->frames));
	}
	stack->words = reader->words;
	stack->frames = reader->frames;
	if (!k_read(sp.v, stack->words, stack->n_words * sizeof(uint64_t), "kernel stack"))
		return false;
	reader->unreadable = false;
	unwound = unwind(reader, stack, task_struct);
	if (reader->unreadable)
		return false;
	guess(stack, unwound);
	return true;
}
