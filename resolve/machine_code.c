// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/machine_code.h"

#include <string.h>

#define X86_CALL_LENGTH 5 /* E8 rel32 */
#define ARM64_LENGTH	4

/* arm64: the bits that say which instruction it is, and those that do so in general. */
#define ARM64_B		   0x14000000u
#define ARM64_BL	   0x94000000u
#define ARM64_B_MASK	   0xfc000000u
#define ARM64_BLR	   0xd63f0000u
#define ARM64_BLR_MASK	   0xfffffc1fu
#define ARM64_BLRA	   0xd63f0800u /* with pointer authentication: blraa, blrab, and their z forms */
#define ARM64_BLRA_MASK	   0xfefff800u
#define ARM64_ADRP	   0x90000000u
#define ARM64_ADRP_MASK	   0x9f000000u
#define ARM64_ADD_IMM	   0x91000000u
#define ARM64_ADD_IMM_MASK 0xffc00000u
#define ARM64_BR	   0xd61f0000u
#define ARM64_BR_MASK	   0xfffffc1fu

enum code_machine code_machine(const char *machine)
{
	if (!strcmp(machine, "x86_64"))
		return CODE_X86_64;
	return strcmp(machine, "aarch64") ? CODE_UNKNOWN : CODE_ARM64;
}

static uint32_t instruction(const uint8_t *code)
{
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	return word;
}

/* The signed number in the lowest bits of a word. */
static int64_t sign_extend(uint64_t value, unsigned bits)
{
	return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static bool x86_calls(const uint8_t *code, size_t len, uint64_t addr, uint64_t *callee)
{
	int32_t distance;

	if (len < X86_CALL_LENGTH || code[0] != 0xe8)
		return false;
	memcpy(&distance, code + 1, sizeof(distance));
	*callee = addr + X86_CALL_LENGTH + (int64_t)distance;
	return true;
}

static bool arm64_calls(const uint8_t *code, size_t len, uint64_t addr, uint64_t *callee)
{
	uint32_t word;

	if (len < ARM64_LENGTH || addr % ARM64_LENGTH)
		return false;
	word = instruction(code);
	if ((word & ARM64_B_MASK) != ARM64_BL && (word & ARM64_B_MASK) != ARM64_B)
		return false;
	*callee = addr + sign_extend(word, 26) * ARM64_LENGTH;
	return true;
}

bool code_calls(enum code_machine machine, const uint8_t *code, size_t len, uint64_t addr,
		uint64_t *callee)
{
	if (machine == CODE_X86_64)
		return x86_calls(code, len, addr, callee);
	return machine == CODE_ARM64 && arm64_calls(code, len, addr, callee);
}

bool code_is_veneer(const uint8_t code[CODE_VENEER_LENGTH], uint64_t addr, uint64_t *callee)
{
	uint32_t adrp = instruction(code), add = instruction(code + 4), br = instruction(code + 8);
	uint32_t reg = adrp & 31;
	int64_t pages;

	if ((adrp & ARM64_ADRP_MASK) != ARM64_ADRP || (br & ARM64_BR_MASK) != ARM64_BR ||
	    (add & ARM64_ADD_IMM_MASK) != ARM64_ADD_IMM || (add & 31) != reg ||
	    (add >> 5 & 31) != reg || (br >> 5 & 31) != reg)
		return false;
	pages = sign_extend((uint64_t)(adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3), 21);
	*callee = (addr & ~0xfffull) + (uint64_t)pages * 4096 + (add >> 10 & 0xfff);
	return true;
}

/* The direct call, or FF /2. */
static bool x86_ends_with_call(const uint8_t *code)
{
	static const int ff_lengths[] = {2, 3, 4, 6, 7};

	if (code[CODE_MAX_CALL - X86_CALL_LENGTH] == 0xe8)
		return true;
	for (size_t i = 0; i < sizeof(ff_lengths) / sizeof(*ff_lengths); i++) {
		const uint8_t *call = code + CODE_MAX_CALL - ff_lengths[i];

		if (call[0] == 0xff && (call[1] >> 3 & 7) == 2)
			return true;
	}
	return false;
}

static bool arm64_ends_with_call(const uint8_t *code)
{
	uint32_t word = instruction(code + CODE_MAX_CALL - ARM64_LENGTH);

	return (word & ARM64_B_MASK) == ARM64_BL || (word & ARM64_BLR_MASK) == ARM64_BLR ||
	       (word & ARM64_BLRA_MASK) == ARM64_BLRA;
}

bool code_ends_with_call(enum code_machine machine, const uint8_t code[CODE_MAX_CALL])
{
	if (machine == CODE_X86_64)
		return x86_ends_with_call(code);
	return machine != CODE_ARM64 || arm64_ends_with_call(code);
}
