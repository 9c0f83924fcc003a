// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel stack of a task that sleeps: its words, and the functions it is in. */
#ifndef NBD_RESOLVE_KERNEL_STACK_H
#define NBD_RESOLVE_KERNEL_STACK_H

#include <stddef.h>

#include "base/num.h"

/* One function on the stack. */
struct stack_frame {
	const char *function; /* without the compiler's suffixes (.isra.0) */
	uint64_t ip;	      /* its next instruction after the function that it called */
	/* Index of the word that its own frame follows: the one that holds ip; of arm64, where the frame begins. */
	size_t word;
};

struct kernel_stack {
	uint64_t sp, top; /* addresses: the words in use are from sp up to top */
	uint64_t *words;
	size_t n_words;
	struct stack_frame *frames; /* innermost first */
	size_t n_frames;
	size_t n_unwound; /* so many frames are certain; the rest may be left over from earlier calls */
};

/* What is kept while many stacks are read. Initialise it with zeros; its memory belongs to the arena. */
struct stack_reader {
	uint64_t *words;
	struct stack_frame *frames;
	uint64_t *modules;
	size_t n_modules;
	bool modules_read;
	bool unreadable; /* a table that this stack is to be unwound with could not be read */
};

/*
 * Reads the stack of the task at task_struct; the result is valid until the reader reads the next one. False when the
 * task is running, and when its stack or the tables to unwind it with cannot be read: guesses must not be taken for
 * frames that were unwound.
 *
 * On x86_64 kernels with ORC tables (CONFIG_UNWINDER_ORC) the functions are found as the kernel
 * itself unwinds, and are certain; so they are on arm64, by its frame records. Elsewhere, and from where these end, each word that may be
 * a return address counts: a function that returned long ago may then be among them.
 */
bool kernel_stack_read(struct stack_reader *reader, uint64_t task_struct,
		       struct kernel_stack *stack);

#endif
