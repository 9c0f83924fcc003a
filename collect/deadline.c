// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/deadline.h"

#include "collect/clocks.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"

#define MS_PER_SEC 1000

/* The timer on the stack that wakes the task, as an index of its first word; n_words when there is none. */
static size_t timer_on(const struct kernel_stack *stack, const struct task *task)
{
	size_t word = sizeof(*stack->words), function = (size_t)k_offset(KM_TIMER_FUNCTION) / word;
	size_t size = k_sizeof(K_TIMER_LIST) / word;
	num wakes = k_symbol("process_timeout");

	for (size_t i = 0; wakes.v && i + size < stack->n_words; i++) {
		if (stack->words[i + function] == wakes.v && stack->words[i + size] == task->addr)
			return i;
	}
	return stack->n_words;
}

num deadline_left_ms(struct stack_reader *reader, const struct task *task)
{
	num jiffies;
	struct kernel_stack stack;
	size_t timer;
	int64_t left;

	if (!k_has(KM_TIMER_EXPIRES) || !k_has(KM_TIMER_FUNCTION) || !k_hz() ||
	    !kernel_stack_read(reader, task->addr, &stack))
		return NUM_UNKNOWN;
	timer = timer_on(&stack, task);
	jiffies = clock_jiffies();
	if (timer == stack.n_words || !jiffies.known)
		return NUM_UNKNOWN;
	left = (int64_t)(stack.words[timer +
				     (size_t)k_offset(KM_TIMER_EXPIRES) / sizeof(*stack.words)] -
			 jiffies.v);
	return NUM(left > 0 ? (uint64_t)left * MS_PER_SEC / k_hz() : 0);
}
