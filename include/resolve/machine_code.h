// SPDX-License-Identifier: GPL-2.0-or-later
/* Which calls machine code has: of x86_64 and arm64. Pure. */
#ifndef NBD_RESOLVE_MACHINE_CODE_H
#define NBD_RESOLVE_MACHINE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest call of x86_64: prefix, FF, ModRM, SIB, disp32; those of arm64 have 4 bytes. */
#define CODE_MAX_CALL 7
/* What a module of arm64 calls when the function itself is too far away: adrp, add, br. */
#define CODE_VENEER_LENGTH 12

enum code_machine { CODE_UNKNOWN, CODE_X86_64, CODE_ARM64 };

/* machine as utsname has it. */
enum code_machine code_machine(const char *machine);

/* True when code, which has len bytes and comes from addr, begins with a call of an address that it names itself, or,
 * of arm64, with a jump to one: a call that a function ends with is such a jump. *callee becomes that address. */
bool code_calls(enum code_machine machine, const uint8_t *code, size_t len, uint64_t addr,
		uint64_t *callee);

/* True when the code from addr is a veneer of arm64. *callee becomes where it leads. */
bool code_is_veneer(const uint8_t code[CODE_VENEER_LENGTH], uint64_t addr, uint64_t *callee);

/* True when code may end with a call, of whatever kind. True for an unknown machine. */
bool code_ends_with_call(enum code_machine machine, const uint8_t code[CODE_MAX_CALL]);

#endif
