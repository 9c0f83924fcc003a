// SPDX-License-Identifier: GPL-2.0-or-later
/* Which system call a thread is in, by the registers that it has saved on its kernel stack. */
#ifndef NBD_COLLECT_USER_REGISTERS_H
#define NBD_COLLECT_USER_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"

/* A system call whose first argument is an fd. */
struct fd_call {
	const char *name; /* "recvfrom" */
	uint32_t fd;
	num second, third; /* its other arguments; of ioctl() the request comes first */
};

/*
 * Reads the call of a thread that sleeps from its kernel stack, the lowest address of which is given. False when it is in
 * no call of this kind, or not known to be: on other machines than x86_64 and arm64, and for 32-bit programs. Only the
 * stack tells whether it is still inside that call.
 */
bool user_registers_call(uint64_t stack, struct fd_call *call);

#endif
