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

static num rwsem_owner(uint64_t rwsem, const struct task_list *tasks)
{
	num owner = k_num_at(rwsem, KM_RWSEM_OWNER);

	(void)tasks;
	owner.v = owner.v & RWSEM_READER ? 0 : owner.v & ~RWSEM_FLAGS;
	return owner;
}

/* Of readers the kernel keeps the last one that got it, which may have let go. */
static num last_reader(uint64_t rwsem)
{
	num owner = k_num_at(rwsem, KM_RWSEM_OWNER);

	owner.v = owner.v & RWSEM_READER ? owner.v & ~RWSEM_FLAGS : 0;
	return owner;
}

static num owner_of_mutex(uint64_t mutex, const struct task_list *tasks)
{
	(void)tasks;
	return mutex_owner(mutex);
}

/* Where a task waits in a journal, and its kernel thread, which does what is waited for. */
static const enum kmember journal_queues[] = {KM_JOURNAL_WAIT_DONE_COMMIT,
					      KM_JOURNAL_WAIT_TRANSACTION_LOCKED};

/* The journal_s that has the queue; 0 when none has: one of a journal leads to its kernel thread. */
static uint64_t journal_of(uint64_t queue, const struct task_list *tasks)
{
	for (size_t i = 0; i < sizeof(journal_queues) / sizeof(journal_queues[0]); i++) {
		uint64_t journal =
			k_has(journal_queues[i]) ? k_container(queue, journal_queues[i]) : 0;
		num thread = journal ? k_num_at(journal, KM_JOURNAL_TASK) : NUM_UNKNOWN;
		const struct task *t = task_list_by_address(tasks, thread.v);

		if (t && t->kernel_thread)
			return journal;
	}
	return 0;
}

static num journal_thread(uint64_t queue, const struct task_list *tasks)
{
	uint64_t journal = journal_of(queue, tasks);

	return journal ? k_num_at(journal, KM_JOURNAL_TASK) : NUM_UNKNOWN;
}

/* How a task waits for a lock, told by the functions it is in, and where its place in the lock's list is. */
static const struct kind {
	const char *name;
	const char *functions[4];
	enum kmember list, task, head;
	num (*owner)(uint64_t lock, const struct task_list *tasks);
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
	 owner_of_mutex},
	/* Not a lock, but waited for like one: the end of a transaction, of which the kernel thread sees to it. Mirrors
	 * fs/jbd2. */
	{"journal",
	 {"jbd2_log_wait_commit", "wait_transaction_locked", "add_transaction_credits",
	  "start_this_handle"},
	 KM_WAIT_ENTRY_LIST,
	 KM_WAIT_ENTRY_PRIVATE,
	 KM_WAIT_QUEUE_LIST,
	 journal_thread},
};

static bool has_function(const struct kind *kind, const char *function)
{
	for (size_t i = 0; i < sizeof(kind->functions) / sizeof(kind->functions[0]); i++) {
		if (kind->functions[i] && !fnmatch(kind->functions[i], function, 0))
			return true;
	}
	return false;
}

/* The innermost function that waits for a lock tells which kind it is; NULL when there is none. *certain: the stack was
 * unwound so far. */
static const struct kind *kind_of(const struct kernel_stack *stack, bool *certain)
{
	for (size_t f = 0; f < stack->n_frames; f++) {
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
			*certain = f < stack->n_unwound;
			if (has_function(&kinds[k], stack->frames[f].function))
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

/* "nbd38", what the file system of a journal is on; NULL where that is none of nbd's, nor stacked. */
static const char *journal_name(uint64_t journal, const struct block_devices *block_devices)
{
	num bdev = journal ? k_num_at(journal, KM_JOURNAL_FS_DEV) : NUM_UNKNOWN;

	for (size_t i = 0; bdev.v && i < block_devices->n; i++) {
		const struct block_device *b = &block_devices->v[i];

		if (b->addr == bdev.v && (b->nbd || b->stacked))
			return block_device_name(b);
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

static const char *what_kind_of(const struct kind *kind, uint64_t lock,
				const struct task_list *tasks,
				const struct block_devices *block_devices)
{
	if (kind->owner == rwsem_owner)
		return what_of(lock, block_devices);
	if (kind->owner == journal_thread)
		return journal_name(journal_of(lock, tasks), block_devices);
	return NULL;
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
	num addr = lock ? kind->owner(lock, tasks) : NUM_UNKNOWN;
	num reader =
		num_is(addr, 0) && kind->owner == rwsem_owner ? last_reader(lock) : NUM_UNKNOWN;
	const struct task *owner = task_list_by_address(tasks, reader.v ? reader.v : addr.v);

	if (owner && owner != task)
		*ARENA_PUSH(blocked->v, blocked->n) = (struct blocked){
			.task = task,
			.owner = owner,
			.lock = lock,
			.kind = kind->name,
			.shared = reader.v != 0,
			.of = what_kind_of(kind, lock, tasks, block_devices),
		};
	/* Inside those of a journal a task may wait for something else. */
	return !kind || !certain || addr.known || (kind->owner == journal_thread && !lock);
}

static struct device *device_that_explains(struct report *report, const struct task *t)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		if (device_explains(&report->devices[d], t))
			return &report->devices[d];
	}
	return NULL;
}

/* A reader that has not let go is inside a call that knows the rwsem, or the inode that has it. */
static bool may_hold(const struct blocked *b, struct stack_reader *stacks)
{
	uint64_t inode = k_has(KM_INODE_RWSEM) ? k_container(b->lock, KM_INODE_RWSEM) : b->lock;
	struct kernel_stack stack;

	if (!b->shared)
		return true;
	if (!kernel_stack_read(stacks, b->owner->addr, &stack))
		return false;
	for (size_t i = 0; i < stack.n_words; i++) {
		if (stack.words[i] == b->lock || stack.words[i] == inode)
			return true;
	}
	return false;
}

void blocked_behind_devices(struct report *report, const struct blocked_list *blocked,
			    struct stack_reader *stacks)
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
			if (!may_hold(&blocked->v[i], stacks))
				continue;
			*ARENA_PUSH(dev->behind, dev->n_behind) = blocked->v[i];
		}
	}
}
