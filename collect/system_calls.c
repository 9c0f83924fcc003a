// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/system_calls.h"

#include <fnmatch.h>
#include <string.h>

#include "base/arena.h"
#include "collect/task_list.h"
#include "collect/user_registers.h"
#include "resolve/kernel_stack.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"

/* The low bits of what fdget() returns are flags since v6.12: Linux kernel commit 88a2f6468d01 ("struct fd:
 * representation change"). */
#define FD_FLAGS 3ull

/* include/uapi/linux/nbd.h */
#define NBD_SET_SOCK 0xab00

/* A file table that has a file of which references are missing. */
struct table {
	size_t n_tasks; /* who share it */
};

struct call_search {
	const struct task_list *tasks;
	struct ptr_map tables; /* files_struct -> table */
	struct ptr_map found;  /* tasks whose call is known */
	bool once_shared; /* look at those alone whose table has lost the threads that shared it */
	struct stack_reader stacks;
};

/* The struct socket of a socket's file, 0 of any other. */
static uint64_t socket_of(const struct file *file)
{
	num op = k_num_at(file->addr, KM_FILE_OP);

	return k_is_symbol(op, "socket_file_ops") ? k_num_at(file->addr, KM_FILE_PRIVATE_DATA).v
						  : 0;
}

/* True when a wait queue entry is poll()'s for this file: poll_table_entry, whose task is in *task. */
static bool is_poll_of(uint64_t entry, const struct file *file, const struct task_list *tasks,
		       const struct task **task)
{
	uint64_t poll_entry = k_container(entry, KM_POLL_ENTRY_WAIT);
	num wqueues;

	if (!k_is_symbol(k_num_at(entry, KM_WAIT_ENTRY_FUNC), "pollwake") ||
	    !num_is(k_num_at(poll_entry, KM_POLL_ENTRY_FILP), file->addr))
		return false;
	wqueues = k_num_at(entry, KM_WAIT_ENTRY_PRIVATE);
	*task = task_list_by_address(tasks, k_num_at(wqueues.v, KM_POLL_WQUEUES_TASK).v);
	return *task != NULL;
}

/* The struct file that a table has as this fd, 0 when it has none. */
static uint64_t file_of_fd(uint64_t files_struct, uint32_t fd)
{
	num fdt = k_num_at(files_struct, KM_FILES_FDT);
	num max = k_num_at(fdt.v, KM_FDT_MAX_FDS), array = k_num_at(fdt.v, KM_FDT_FD);

	if (!array.v || fd >= max.v)
		return 0;
	return k_pointer(array.v + fd * sizeof(uint64_t), "fdtable.fd").v;
}

/* True when the stack is inside a function of a name like this. */
static bool is_inside(const struct kernel_stack *stack, const char *pattern)
{
	/* What may be left over from an earlier call proves nothing. */
	for (size_t i = 0; i < stack->n_unwound; i++) {
		if (!fnmatch(pattern, stack->frames[i].function, 0))
			return true;
	}
	return false;
}

static bool has_word(const struct kernel_stack *stack, const struct file *file)
{
	uint64_t socket = socket_of(file), sk = k_num_at(socket, KM_SOCKET_SK).v;

	for (size_t i = 0; i < stack->n_words; i++) {
		uint64_t word = stack->words[i];

		if ((word & ~FD_FLAGS) == file->addr || (word && (word == socket || word == sk)))
			return true;
	}
	return false;
}

/* True when the thread's call takes a reference to what it is made on, or may have taken one. fdget() does only where several
 * tasks share the table; threads that have exited since may have been those. */
static bool is_shared(const struct call_search *search, const struct task *t)
{
	const struct table *table = ptr_map_get(&search->tables, t->files);

	if (!search->once_shared || table->n_tasks > 1)
		return !search->once_shared && table->n_tasks > 1;
	return k_num_at(k_num_at(t->addr, KM_TASK_SIGNAL).v, KM_SIGNAL_SUM_SCHED_RUNTIME).v;
}

static void add_holder(struct call_search *search, struct file *file, const struct task *t,
		       const char *call, uint32_t fd)
{
	*ptr_map_at(&search->found, t->addr) = search;
	file_add_holder(file, (struct holder){.kind = HOLDER_SYSTEM_CALL,
					      .number = fd,
					      .object = t->addr,
					      .task = t,
					      .call = call});
}

/* True when the thread may be inside a call on one of the files. */
static bool may_call(const struct call_search *search, const struct task *t)
{
	return strchr("SD", t->state) && ptr_map_get(&search->tables, t->files);
}

/* The reference of a thread that waits for the socket, if its registers say that it does in a call on this file. It has
 * put the entry on its own stack, and takes it away before the call ends: no other proof is needed. */
static void add_waiting(struct call_search *search, struct file *file, uint64_t entry)
{
	uint64_t stack = entry - entry % k_stack_size();
	const struct task *t =
		task_list_by_address(search->tasks, k_num_at(entry, KM_WAIT_ENTRY_PRIVATE).v);
	struct fd_call call;

	if (t && t->stack == stack && !ptr_map_get(&search->found, t->addr) &&
	    may_call(search, t) && is_shared(search, t) && user_registers_call(stack, &call) &&
	    file_of_fd(t->files, call.fd) == file->addr)
		add_holder(search, file, t, call.name, call.fd);
}

/* Who polls the socket, and who waits for it in a call. */
static void add_queue(struct call_search *search, struct file *file)
{
	num sk = k_num_at(socket_of(file), KM_SOCKET_SK);
	num wq = k_num_at(sk.v, KM_SK_WQ);
	uint64_t head = k_at(k_at(wq.v, KM_SOCKET_WQ_WAIT), KM_WAIT_QUEUE_LIST);
	struct klist entries = klist_of(head ? NUM(head) : NUM_UNKNOWN, "socket_wq.wait");
	const struct task *task;

	while (file_refs_missing(file) && klist_next(&entries)) {
		uint64_t entry = k_container(entries.node, KM_WAIT_ENTRY_LIST);

		if (!is_poll_of(entry, file, search->tasks, &task))
			add_waiting(search, file, entry);
		else if (!search->once_shared)
			file_add_holder(file, (struct holder){.kind = HOLDER_SYSTEM_CALL,
							      .object = task->addr,
							      .task = task,
							      .call = "poll"});
	}
}

/* A reference that a thread's registers tell of: to the file of this fd, while the thread is inside a function. */
struct told_call {
	const char *name, *function;
	uint32_t fd;
	bool of_socket; /* it can be a socket's only */
};

/* Adds it if the thread's stack proves it. */
static void add_told(struct call_search *search, const struct file_set *files, const struct task *t,
		     struct told_call told)
{
	struct file *file = ptr_map_get(&files->by_addr, file_of_fd(t->files, told.fd));
	struct kernel_stack stack;

	if (file && file_refs_missing(file) && (!told.of_socket || socket_of(file)) &&
	    kernel_stack_read(&search->stacks, t->addr, &stack) &&
	    is_inside(&stack, told.function) && has_word(&stack, file))
		add_holder(search, file, t, told.name, told.fd);
}

/* What the thread's call is made on. The function is "__sys_recvfrom", "__x64_sys_recvfrom", "SyS_recvfrom" and what else
 * kernels call it. */
static struct told_call made_on(const struct fd_call *call)
{
	return (struct told_call){call->name, arena_printf("*[sS][yY][sS]_%s*", call->name),
				  call->fd, false};
}

/* The socket that NBD_SET_SOCK is given. nbd_add_socket() looks it up before all else, and so has a reference to it wherever it
 * sleeps; whoever waits for nbd's lock first has none yet. */
static struct told_call given_to_nbd(const struct fd_call *call)
{
	return (struct told_call){"ioctl(NBD_SET_SOCK)", "nbd_add_socket*", (uint32_t)call->third.v,
				  true};
}

static bool is_set_sock(const struct fd_call *call)
{
	return call->second.known && (uint32_t)call->second.v == NBD_SET_SOCK && call->third.known;
}

/* The references of a thread, if it is inside a call on one of the files. */
static void add_call(struct call_search *search, struct file_set *files, const struct task *t)
{
	bool shared = is_shared(search, t);
	struct fd_call call;

	if ((search->once_shared && !shared) || !user_registers_call(t->stack, &call))
		return;
	if (shared)
		add_told(search, files, t, made_on(&call));
	/* However many share the table. */
	if (!search->once_shared && is_set_sock(&call))
		add_told(search, files, t, given_to_nbd(&call));
}

/* The tables of those who own the file. */
static void note_tables(struct call_search *search, const struct file *file)
{
	for (size_t i = 0; i < file->n_owners; i++) {
		void **slot = ptr_map_at(&search->tables, file->owners[i].task->files);

		if (!*slot)
			*slot = arena_alloc(sizeof(struct table));
	}
}

static bool any_missing(const struct file_set *files)
{
	for (size_t i = 0; i < files->n; i++) {
		if (file_refs_missing(files->v[i]))
			return true;
	}
	return false;
}

static void forget_calls(struct file *file)
{
	size_t kept = 0;

	for (size_t i = 0; i < file->n_holders; i++) {
		if (file->holders[i].kind != HOLDER_SYSTEM_CALL)
			file->holders[kept++] = file->holders[i];
	}
	file->n_holders = kept;
}

static void look_at_queues(struct call_search *search, const struct file_set *files)
{
	for (size_t i = 0; i < files->n && !k_interrupted(); i++) {
		if (file_refs_missing(files->v[i]))
			add_queue(search, files->v[i]);
	}
}

/* Finds out which tables matter and how many share each, and looks in the queues, which takes little. */
static void begin(struct call_search *search, const struct file_set *files)
{
	for (size_t i = 0; i < files->n; i++) {
		if (file_refs_missing(files->v[i]))
			note_tables(search, files->v[i]);
	}
	for (size_t i = 0; i < search->tasks->n; i++) {
		struct table *table = ptr_map_get(&search->tables, search->tasks->v[i]->files);

		if (table)
			table->n_tasks++;
	}
	look_at_queues(search, files);
}

static void look_at_tasks(struct call_search *search, struct file_set *files)
{
	const struct task_list *tasks = search->tasks;

	if (!any_missing(files))
		return;
	for (size_t i = 0; i < tasks->n && !k_interrupted(); i++) {
		if (may_call(search, tasks->v[i]) &&
		    !ptr_map_get(&search->found, tasks->v[i]->addr))
			add_call(search, files, tasks->v[i]);
	}
}

static void forget_all_calls(const struct file_set *files)
{
	for (size_t i = 0; i < files->n; i++)
		forget_calls(files->v[i]);
}

void system_calls_in_queues(struct file_set *files, const struct task_list *tasks)
{
	forget_all_calls(files);
	begin(&(struct call_search){.tasks = tasks}, files);
}

void system_calls_collect(struct file_set *files, const struct task_list *tasks)
{
	struct call_search search = {.tasks = tasks};

	forget_all_calls(files);
	begin(&search, files);
	look_at_tasks(&search, files);
}

void system_calls_once_shared(struct file_set *files, const struct task_list *tasks)
{
	struct call_search search = {.tasks = tasks, .once_shared = true};

	begin(&search, files);
	look_at_tasks(&search, files);
}
