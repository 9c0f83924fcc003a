// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/blocked_behind.h"

#include <fnmatch.h>

#include "base/arena.h"
#include "base/words.h"
#include "collect/mounts.h"
#include "collect/mutex.h"
#include "collect/task_list.h"
#include "model/explains.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"

/* The lowest bits of rw_semaphore.owner are flags; the first of them: readers hold it. */
#define RWSEM_FLAGS  7ull
#define RWSEM_READER 1ull

static num rwsem_owner(uint64_t rwsem)
{
	num owner = k_num_at(rwsem, KM_RWSEM_OWNER);

	owner.v = owner.v & RWSEM_READER ? 0 : owner.v & ~RWSEM_FLAGS;
	return owner;
}

/* How a task waits for a lock, told by the functions it is in, and where its place in the lock's list is. */
static const struct kind {
	const char *name;
	const char *functions[2];
	enum kmember list, task, head;
	num (*owner)(uint64_t lock);
} kinds[] = {
	{"rwsem",
	 {"rwsem_down_*", "__rwsem_down_*"},
	 KM_RWSEM_WAITER_LIST,
	 KM_RWSEM_WAITER_TASK,
	 KM_RWSEM_WAIT_LIST,
	 rwsem_owner},
	{"mutex",
	 {"mutex_lock*", "__mutex_lock*"},
	 KM_MUTEX_WAITER_LIST,
	 KM_MUTEX_WAITER_TASK,
	 KM_MUTEX_WAIT_LIST,
	 mutex_owner},
};

/* The innermost function that waits for a lock tells which kind it is; NULL when there is none. *certain: the stack was
 * unwound so far. */
static const struct kind *kind_of(const struct kernel_stack *stack, bool *certain)
{
	for (size_t f = 0; f < stack->n_frames; f++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			const char *const *functions = kinds[k].functions;

			*certain = f < stack->n_unwound;
			if (!fnmatch(functions[0], stack->frames[f].function, 0) ||
			    !fnmatch(functions[1], stack->frames[f].function, 0))
				return &kinds[k];
		}
	}
	return NULL;
}

/* True when a node of a lock's list is a waiter's: that lies on the stack of the task that it names. */
static bool is_waiter(const struct kind *kind, uint64_t node, const struct task_list *tasks)
{
	const struct task *t =
		task_list_by_address(tasks, k_num_at(k_container(node, kind->list), kind->task).v);
	num stack = t ? k_num_at(t->addr, KM_TASK_STACK) : NUM_UNKNOWN;

	return stack.v && node >= stack.v && node - stack.v < k_stack_size();
}

/* The lock in whose list a waiter is: the list goes in a circle through its waiters and one head. 0 when it does
 * not. */
static uint64_t lock_of(const struct kind *kind, uint64_t waiter, const struct task_list *tasks)
{
	struct klist nodes;
	uint64_t head = 0;
	size_t n = 0;

	if (!k_has(kind->list) || !k_has(kind->head))
		return 0;
	nodes = klist_of(NUM(k_at(waiter, kind->list)), "wait_list");
	while (klist_next(&nodes)) {
		if (is_waiter(kind, nodes.node, tasks))
			continue;
		head = nodes.node;
		n++;
	}
	return nodes.complete && n == 1 ? k_container(head, kind->head) : 0;
}

/* "ext4 on nbd38", where a super_block is on one of nbd's block devices, or on one that is stacked; NULL elsewhere. */
static const char *file_system_name(uint64_t sb, const struct block_devices *block_devices)
{
	num bdev = sb ? k_num_at(sb, KM_SB_BDEV) : NUM_UNKNOWN;

	for (size_t i = 0; bdev.v && i < block_devices->n; i++) {
		const struct block_device *b = &block_devices->v[i];

		if (b->addr == bdev.v && (b->nbd || b->stacked))
			return arena_printf("%s on %s", mounts_file_system(sb),
					    block_device_name(b));
	}
	return NULL;
}

/* What a rwsem belongs to, where that leads to a file system of nbd's; NULL elsewhere. */
static const char *what_of(uint64_t rwsem, const struct block_devices *block_devices)
{
	uint64_t inode = k_container(rwsem, KM_INODE_RWSEM);
	const char *fs = file_system_name(k_num_at(inode, KM_INODE_SB).v, block_devices);

	if (inode && fs)
		return arena_printf("inode %s of %s", word_decimal(k_num_at(inode, KM_INODE_INO)),
				    fs);
	fs = file_system_name(k_container(rwsem, KM_SB_UMOUNT), block_devices);
	return fs ? arena_printf("%s (s_umount)", fs) : NULL;
}

/* The lock whose waiter lies on the task's stack, 0 when none was found. */
static uint64_t find_lock(const struct kind *kind, const struct task *task,
			  const struct kernel_stack *stack, const struct task_list *tasks)
{
	for (size_t i = 0; k_has(kind->task) && i < stack->n_words; i++) {
		uint64_t addr = stack->sp + i * sizeof(uint64_t), lock;

		if (stack->words[i] != task->addr)
			continue;
		lock = lock_of(kind, k_container(addr, kind->task), tasks);
		if (lock)
			return lock;
	}
	return 0;
}

bool blocked_behind_read(struct blocked_list *blocked, const struct task *task,
			 const struct kernel_stack *stack, const struct task_list *tasks,
			 const struct block_devices *block_devices)
{
	bool certain;
	const struct kind *kind = kind_of(stack, &certain);
	uint64_t lock = kind ? find_lock(kind, task, stack, tasks) : 0;
	num addr = lock ? kind->owner(lock) : NUM_UNKNOWN;
	const struct task *owner = task_list_by_address(tasks, addr.v);

	if (owner && owner != task)
		*ARENA_PUSH(blocked->v, blocked->n) = (struct blocked){
			.task = task,
			.owner = owner,
			.lock = lock,
			.kind = kind->name,
			.of = kind == kinds ? what_of(lock, block_devices) : NULL,
		};
	return !kind || !certain || addr.known;
}

static struct device *device_that_explains(struct report *report, const struct task *t)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		if (device_explains(&report->devices[d], t))
			return &report->devices[d];
	}
	return NULL;
}

void blocked_behind_devices(struct report *report, const struct blocked_list *blocked)
{
	bool *done = arena_alloc(blocked->n * sizeof(*done)), more = true;

	while (more && !k_interrupted()) {
		more = false;
		for (size_t i = 0; i < blocked->n; i++) {
			struct device *dev =
				done[i] ? NULL : device_that_explains(report, blocked->v[i].owner);

			if (!dev)
				continue;
			done[i] = more = true;
			*ARENA_PUSH(dev->behind, dev->n_behind) = blocked->v[i];
		}
	}
}
