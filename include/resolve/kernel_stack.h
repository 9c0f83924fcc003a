// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel stack of a task that sleeps: its words, and the functions it is in. */
#ifndef NBD_RESOLVE_KERNEL_STACK_H
#define NBD_RESOLVE_KERNEL_STACK_H

#include <stddef.h>

#include "base/num.h"

/* One function on the stack. */
struct stack_frame {
	const char *function; /* without the compiler's suffixes (.isra.0) */
	uint64_t ip;	      /* where it goes on when what it called returns */
	size_t word;	      /* index of the word with that address: the frame's own begin above */
};

struct kernel_stack {
	uint64_t sp, top; /* the words in use lie between */
	uint64_t *words;
	size_t n_words;
	struct stack_frame *frames; /* innermost first */
	size_t n_frames;
	size_t n_unwound; /* the first so many are certain, the rest may be left over */
};

/* What reading many stacks needs; zero-initialised. */
struct stack_reader {
	uint64_t *words;
	struct stack_frame *frames;
	uint64_t *modules;
	size_t n_modules;
	bool modules_read;
	bool unreadable; /* the tables to unwind this stack with */
};

/*
 * Reads the stack of a task that is not running; valid until the reader reads the next. False when
 * it, or what it is to be unwound with, cannot be read: guesses would pass for what was unwound.
 *
 * On x86_64 kernels with ORC tables (CONFIG_UNWINDER_ORC) the functions are found as the kernel
 * itself unwinds, and are certain. Elsewhere, and from where the tables end, each word that may be
 * a return address counts: a function that returned long ago may then be among them.
 */
bool kernel_stack_read(struct stack_reader *reader, uint64_t task_struct,
		       struct kernel_stack *stack);

#endif
