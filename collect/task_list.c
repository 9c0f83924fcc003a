// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/task_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"
#include "base/limits.h"
#include "base/progress.h"
#include "base/ptr_map.h"

/* Task states, include/linux/sched.h. The values below 0x10 never changed. */
#define TASK_INTERRUPTIBLE   0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_STOPPED	     0x4
#define TASK_TRACED	     0x8
#define TASK_NOLOAD	     0x400
#define EXIT_DEAD	     0x10
#define EXIT_ZOMBIE	     0x20
/* task_struct.flags, same place */
#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000

/* The letter that ps shows, from task_struct.__state and exit_state. */
static char state_letter(uint64_t state, uint64_t exit_state)
{
	if (exit_state)
		return exit_state & EXIT_ZOMBIE ? 'Z' : 'X';
	if (state & TASK_UNINTERRUPTIBLE)
		return state & TASK_NOLOAD ? 'I' : 'D';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if (state & TASK_STOPPED)
		return 'T';
	return state & TASK_TRACED ? 't' : 'R';
}

struct walk {
	struct task_list *list;
	size_t expected; /* by the kernel's own count; 0 when that is not known */
	struct ptr_map seen;
	bool is_whole;	   /* all tasks are read at once: only then their times say anything */
	uint64_t latest;   /* when any task last got a processor */
	bool times_unread; /* that of some task could not be read */
	bool other_tables; /* some thread uses another file table than its leader */
};

/* Returns the next link of a list. One that does not lead back to this link means that the list is damaged, or that it
 * changed while it was read: that is counted, since tasks may be missing behind it. */
static num next_link(struct walk *walk, uint64_t link, const char *what)
{
	num next = k_pointer(link, what);

	if (!next.known || !num_is(k_pointer(next.v + sizeof(next.v), what), link))
		walk->list->unreadable++;
	return next;
}

/*
 * When the task last got a processor, in nanoseconds of the scheduler's clock (sched_info_arrive() of kernel/sched/stats.h).
 * task_struct.se.exec_start would be closer to when it went to sleep, but its clock leaves out the time of interrupts, on
 * each processor another one; last_switch_count is no time.
 */
static num last_ran(struct walk *walk, uint64_t task)
{
	num at;

	if (!k_has(KM_TASK_SCHED_INFO))
		return NUM_ABSENT;
	if (!walk->is_whole)
		return NUM_UNKNOWN;
	at = k_num_at(k_at(task, KM_TASK_SCHED_INFO), KM_SCHED_INFO_LAST_ARRIVAL);
	walk->times_unread |= !at.known;
	if (at.v > walk->latest)
		walk->latest = at.v;
	return at;
}

/* Some task got a processor just before memory was captured: that is taken for now. */
static void set_times(const struct walk *walk)
{
	struct task_list *list = walk->list;
	bool known = !walk->times_unread && !list->unreadable && !list->interrupted;

	for (size_t i = 0; i < list->n; i++) {
		num *time = &list->v[i]->ran_ago_ms;

		/* 0: it never ran, or nobody counts (nodelayacct). */
		if (known && time->v)
			*time = NUM((walk->latest - time->v) / 1000000);
		else
			*time = time->absent ? NUM_ABSENT : NUM_UNKNOWN;
	}
}

/* Appends the task in o. False when it was there already: its list is cyclic and must be left. */
static bool add_task(struct walk *walk, const struct kobj *o)
{
	num pid = k_num(o, KM_TASK_PID), tgid = k_num(o, KM_TASK_TGID);
	num files = k_num(o, KM_TASK_FILES), flags = k_num(o, KM_TASK_FLAGS);
	num state = k_num(o, KM_TASK_STATE), exit_state = k_num(o, KM_TASK_EXIT_STATE);
	void **seen = ptr_map_at(&walk->seen, o->addr);
	struct task *t;

	if (*seen || walk->list->n >= MAX_PID)
		return false;
	progress("reading tasks", walk->list->n, walk->expected);
	*seen = walk;
	if (!pid.known || !tgid.known || !files.known) {
		walk->list->unreadable++;
		return true;
	}
	t = arena_alloc(sizeof(*t));
	*ARENA_PUSH(walk->list->v, walk->list->n) = t;
	t->addr = o->addr;
	t->pid = (uint32_t)pid.v;
	t->tgid = (uint32_t)tgid.v;
	t->files = files.v;
	t->stack = k_num(o, KM_TASK_STACK).v;
	t->kernel_thread = (flags.v & PF_KTHREAD) != 0;
	/* Kernel threads and those of vhost may have no table; a process has one until it exits. */
	if (!files.v && pid.v == tgid.v && !(flags.v & (PF_EXITING | PF_KTHREAD)))
		walk->list->unreadable++;
	t->may_use_io_uring = !num_is(k_num(o, KM_TASK_IO_URING), 0);
	t->start_boottime = k_num(o, KM_TASK_START_BOOTTIME);
	t->ran_ago_ms = last_ran(walk, o->addr);
	t->state = state.known && exit_state.known ? state_letter(state.v, exit_state.v) : '?';
	if (!k_bytes(o, KM_TASK_COMM, t->comm, sizeof(t->comm) - 1))
		strcpy(t->comm, "?");
	return true;
}

/* Address of the head of the list of a leader's threads: signal_struct.thread_head. Before v3.14 the threads are a ring
 * without a head, and the leader's own link serves as one. 0 when it is not known. */
static uint64_t thread_list_of(const struct kobj *leader)
{
	num signal = k_num(leader, KM_TASK_SIGNAL);

	if (k_has(KM_SIGNAL_THREAD_HEAD))
		return signal.known && k_has(KM_TASK_THREAD_NODE)
			       ? k_at(signal.v, KM_SIGNAL_THREAD_HEAD)
			       : 0;
	return k_has(KM_TASK_THREAD_GROUP) ? k_at(leader->addr, KM_TASK_THREAD_GROUP) : 0;
}

/* True when both neighbours in the list of threads are its head, which then need not be read. */
static bool is_single(const struct kobj *leader, enum kmember link, uint64_t head)
{
	uint64_t node[2]; /* next, prev */

	return k_bytes(leader, link, node, sizeof(node)) && node[0] == head && node[1] == head;
}

/* Which of its members links a task into that list. */
static enum kmember thread_node(void)
{
	return k_has(KM_SIGNAL_THREAD_HEAD) ? KM_TASK_THREAD_NODE : KM_TASK_THREAD_GROUP;
}

static bool add_thread(struct walk *walk, const struct task *leader, uint64_t addr)
{
	struct kobj o;

	k_load(&o, K_TASK, addr);
	/* The list holds threads of its own group only: anything else is damage. */
	if (!num_is(k_num(&o, KM_TASK_TGID), leader->tgid) || !add_task(walk, &o))
		return false;
	/* A thread that exits has none. */
	walk->other_tables |= !num_is(k_num(&o, KM_TASK_FILES), leader->files) &&
			      !num_is(k_num(&o, KM_TASK_FILES), 0);
	return true;
}

/* Adds the other threads of the leader. Of him no more need be known than who he is, where they are, and his files. */
static void add_threads(struct walk *walk, const struct task *leader)
{
	bool leader_seen = !k_has(KM_SIGNAL_THREAD_HEAD);
	num link = next_link(walk, leader->threads, "signal_struct.thread_head");

	for (size_t n = 0; link.known && link.v != leader->threads; n++) {
		uint64_t addr = k_container(link.v, thread_node());
		bool is_leader = addr == leader->addr;

		if (k_interrupted())
			return;
		/* The leader is in the list once. */
		if (n > MAX_PID || (is_leader && leader_seen) ||
		    (!is_leader && !add_thread(walk, leader, addr))) {
			walk->list->unreadable++;
			return;
		}
		leader_seen |= is_leader;
		link = next_link(walk, link.v, "task_struct.thread_node");
	}
	if (link.known && !leader_seen)
		walk->list->unreadable++;
}

/* The other threads of a leader that was just added: they are added, too, or it is noted where they are. */
static void follow_threads(struct walk *walk, const struct kobj *o)
{
	const struct task_list *list = walk->list;
	struct task *t = list->n ? list->v[list->n - 1] : NULL;
	struct task leader = {.addr = o->addr,
			      .tgid = (uint32_t)k_num(o, KM_TASK_TGID).v,
			      .files = k_num(o, KM_TASK_FILES).v,
			      .threads = thread_list_of(o)};

	if (leader.threads && is_single(o, thread_node(), leader.threads))
		return;
	/* A leader that could not be read is not in the list. */
	if (walk->is_whole || !leader.threads || !t || t->addr != o->addr) {
		add_threads(walk, &leader);
		return;
	}
	t->threads = leader.threads;
}

static int by_address(const void *a, const void *b)
{
	const struct task *x = *(const struct task *const *)a;
	const struct task *y = *(const struct task *const *)b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* What the kernel has counted, for an estimate only. */
static size_t count_threads(void)
{
	num counter = k_symbol("nr_threads");
	uint32_t n;

	return counter.known && k_read(counter.v, &n, sizeof(n), "nr_threads") ? n : 0;
}

static void sort(struct task_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_address);
}

/* All leaders, and what follow_threads() makes of their threads. */
static void walk_leaders(struct walk *walk)
{
	struct task_list *list = walk->list;
	num init_task = k_symbol("init_task");
	uint64_t addr = init_task.v;
	struct kobj o;

	memset(list, 0, sizeof(*list));
	walk->expected = count_threads();
	k_pass_begin();
	while (init_task.known) {
		num next;

		k_load(&o, K_TASK, addr);
		if (!add_task(walk, &o)) {
			/* The whole circle was walked, unless the list leads back to its middle: then it is damaged. */
			list->unreadable += addr != init_task.v;
			break;
		}
		follow_threads(walk, &o);
		next = next_link(walk, k_at(addr, KM_TASK_TASKS), "task_struct.tasks");
		list->interrupted = k_interrupted();
		if (!next.known || list->interrupted)
			break;
		addr = k_container(next.v, KM_TASK_TASKS);
	}
	k_pass_end();
	ptr_map_release(&walk->seen);
	sort(list);
}

void task_list_collect(struct task_list *list)
{
	struct walk walk = {.list = list, .is_whole = true};

	walk_leaders(&walk);
	set_times(&walk);
}

void task_list_leaders(struct task_list *list)
{
	walk_leaders(&(struct walk){.list = list});
}

bool task_list_add_threads(struct task_list *list, const struct ptr_map *leaders)
{
	struct walk walk = {.list = list, .expected = count_threads()};
	size_t n = list->n;

	for (size_t i = 0; i < n; i++)
		*ptr_map_at(&walk.seen, list->v[i]->addr) = list;
	k_pass_begin();
	for (size_t i = 0; i < n && !list->interrupted; i++) {
		struct task *leader = list->v[i];

		if (!leader->threads || (leaders && !ptr_map_get(leaders, leader->addr)))
			continue;
		add_threads(&walk, leader);
		leader->threads = 0;
		list->interrupted = k_interrupted();
	}
	k_pass_end();
	ptr_map_release(&walk.seen);
	sort(list);
	return walk.other_tables;
}

const struct task *task_list_by_address(const struct task_list *list, uint64_t addr)
{
	const struct task *key = &(struct task){.addr = addr};
	struct task **found =
		list->n ? bsearch(&key, list->v, list->n, sizeof(*list->v), by_address) : NULL;

	return found ? *found : NULL;
}

const struct task *task_list_by_pid(const struct task_list *list, uint32_t pid)
{
	/* pid 0 is the idle task of each CPU: no pid a user could mean. */
	for (size_t i = 0; pid && i < list->n; i++) {
		if (list->v[i]->pid == pid)
			return list->v[i];
	}
	return NULL;
}
