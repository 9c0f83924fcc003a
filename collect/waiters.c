// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A task hangs on a device when
 *  - it is in the list of waiters of nbd's or the disk's mutex, of a connection's tx_lock, or of nbd_config.conn_wait, or
 *  - its stack refers to a request in flight: to the request, one of its bios, a page of a bio, or what
 *    bi_private points to; or a bio, or what its bi_private points to, lies on the stack itself, or
 *  - a frame of the block layer, or of what that called, holds the address of an object of the
 *    device, or of what is stacked on it, or
 *  - it writes back a file system on it (writeback.c).
 *
 * The first is certain. In the others a word may be left over from an earlier call: the frames are
 * unwound, but the image does not tell which words of a frame are in use. So the second goes before the
 * third, and in each the innermost word counts. A task that waits for anything but a request in flight,
 * such as a transaction of a file system on the device, is not found: no word leads from it to the device. One that waits
 * for a lock whose owner is such a task is blocked behind that (blocked_behind.c).
 */
#include "collect/waiters.h"

#include "base/arena.h"
#include "collect/blocked_behind.h"
#include "collect/blocked_in.h"
#include "collect/mutex.h"
#include "collect/writeback.h"
#include "resolve/kernel_stack.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"
#include "base/ptr_map.h"

/* BIO_MAX_VECS */
#define MAX_PAGES 256
/* gendisk.state */
#define GD_NEED_PART_SCAN (1ull << 0)

/* An object of a device that a stack may lead to. */
struct object {
	struct device *dev;
	uint64_t addr;
	const char *what;
	const struct stacked *above; /* it belongs to what is stacked on the device */
};

/* An address on some task's stack where the end of a request is waited for. */
struct on_stack {
	uint64_t addr;
	struct object *request;
};

struct search {
	struct ptr_map locked;	 /* task -> the lock that it waits for */
	struct ptr_map sleeper;	 /* task -> the request whose end wakes it */
	struct ptr_map request;	 /* addresses that belong to a request -> the request */
	struct ptr_map bio;	 /* bios seen -> their request */
	struct ptr_map on_stack; /* first address of a stack -> on_stack */
	struct blocked_list blocked;
	size_t locks_unread;   /* tasks that wait for a lock which could not be read */
	struct ptr_map object; /* addresses of all else -> the object */
	struct stack_reader stacks;
};

static struct object *object_new(struct device *dev, uint64_t addr, const char *what)
{
	struct object *object = arena_alloc(sizeof(*object));

	*object = (struct object){.dev = dev, .addr = addr, .what = what};
	return object;
}

static void map_put(struct ptr_map *map, uint64_t key, void *value)
{
	void **slot;

	if (!key)
		return;
	slot = ptr_map_at(map, key);
	if (!*slot)
		*slot = value;
}

static void add_object(struct search *search, struct device *dev, uint64_t addr, const char *what)
{
	if (addr)
		map_put(&search->object, addr, object_new(dev, addr, what));
}

/* A bio may lie on the stack of the task that waits for it, or name that task in bi_private, or something on
 * its stack. Stacks are aligned to their size. */
static void add_sleeper(struct search *search, uint64_t addr, struct object *request)
{
	struct on_stack *on_stack = arena_alloc(sizeof(*on_stack));

	*on_stack = (struct on_stack){.addr = addr, .request = request};
	map_put(&search->request, addr, request);
	map_put(&search->sleeper, addr, request);
	map_put(&search->on_stack, addr & -(uint64_t)k_stack_size(), on_stack);
}

/* False when some of a bio could not be read. */
static bool add_pages(struct search *search, const struct kobj *bio, struct object *request)
{
	num n = k_num(bio, KM_BIO_VCNT), vecs = k_num(bio, KM_BIO_IO_VEC);
	size_t size = k_sizeof(K_BIO_VEC);
	bool complete = n.known && vecs.known;

	for (size_t i = 0; vecs.v && size && i < n.v && i < MAX_PAGES; i++) {
		num page = k_num_at(vecs.v + i * size, KM_BIO_VEC_PAGE);

		complete &= page.known;
		map_put(&search->request, page.v, request);
	}
	return complete;
}

static void add_request(struct search *search, struct device *dev, uint64_t addr)
{
	struct object *request = object_new(dev, addr, "request");
	num bio = k_num_at(addr, KM_RQ_BIO);
	bool complete = true;
	struct kobj o;

	map_put(&search->request, addr, request);
	/* A bio belongs to one request, once. */
	while (bio.v && !ptr_map_get(&search->bio, bio.v) && !k_interrupted()) {
		map_put(&search->bio, bio.v, request);
		k_load(&o, K_BIO, bio.v);
		add_sleeper(search, bio.v, request);
		add_sleeper(search, k_num(&o, KM_BIO_PRIVATE).v, request);
		complete &= k_num(&o, KM_BIO_PRIVATE).known;
		complete &= add_pages(search, &o, request);
		bio = k_num(&o, KM_BIO_NEXT);
	}
	if (!complete || !bio.known)
		problem_add(&dev->problems,
			    arena_printf("who waits for request %llx could not be read in full",
					 (unsigned long long)addr));
}

/* Those who wait for one lock. */
struct lock_waiters {
	struct search *search;
	struct object *object;
};

static void note_lock_waiter(void *context, uint64_t task)
{
	struct lock_waiters *waiters = context;

	map_put(&waiters->search->locked, task, waiters->object);
}

/* Returns who holds a mutex, and notes all who wait for it. The address may be 0: then it is unknown. */
static num read_mutex(struct search *search, struct device *dev, uint64_t mutex, const char *what)
{
	num owner = mutex_owner(mutex);
	struct lock_waiters waiters = {search, object_new(dev, mutex, what)};

	if (!owner.known)
		return owner;
	add_object(search, dev, mutex, what);
	if (!mutex_waiters(mutex, note_lock_waiter, &waiters))
		problem_add(&dev->problems,
			    arena_printf("who waits for %s could not be read in full", what));
	return owner;
}

static void add_object_above(struct search *search, struct device *dev, const struct stacked *above,
			     uint64_t addr, const char *what)
{
	struct object *object;

	if (!addr)
		return;
	object = object_new(dev, addr, what);
	object->above = above;
	map_put(&search->object, addr, object);
}

static bool has_something_waiting(const struct device *dev)
{
	return dev->n_requests || dev->n_reconnect_waiters;
}

/*
 * Adds what is stacked on a device that has requests: who waits for that waits for these, as far as is known. Of several
 * devices below that have requests the first one counts.
 */
static void add_above(struct search *search, struct device *dev,
		      const struct block_devices *block_devices)
{
	for (size_t l = 0; has_something_waiting(dev) && l < dev->n_above; l++) {
		const struct stacked *s = dev->above[l].stacked;

		add_object_above(search, dev, s, s->gendisk, "gendisk");
		add_object_above(search, dev, s, k_num_at(s->gendisk, KM_DISK_QUEUE).v,
				 "request_queue");
		for (size_t i = 0; i < block_devices->n; i++) {
			const struct block_device *b = &block_devices->v[i];

			if (b->stacked != s)
				continue;
			add_object_above(search, dev, s, b->addr, "block_device");
			add_object_above(search, dev, s, b->inode, "inode");
			add_object_above(search, dev, s, k_at(b->inode, KM_INODE_DATA),
					 "address_space");
		}
	}
}

/* Adds the block_device of a whole disk, its inode and its page cache. */
static void add_block_device(struct search *search, struct device *dev, uint64_t bdev)
{
	uint64_t inode;

	add_object(search, dev, bdev, "block_device");
	if (!bdev || !k_has(KM_BDEV_INODE_BDEV) || !k_has(KM_BDEV_INODE_VFS_INODE))
		return;
	inode = k_at(k_container(bdev, KM_BDEV_INODE_BDEV), KM_BDEV_INODE_VFS_INODE);
	add_object(search, dev, inode, "inode");
	if (k_has(KM_INODE_DATA))
		add_object(search, dev, k_at(inode, KM_INODE_DATA), "address_space");
}

/* Who waits to send, or for a new connection (collect/senders.c). A request that nbd has not started is in no list, and
 * what its task's stack has left over may lead to another device. */
static void add_senders(struct search *search, struct device *dev)
{
	for (size_t c = 0; c < dev->n_conns; c++) {
		const struct connection *conn = &dev->conns[c];
		struct object *lock = NULL;

		for (size_t i = 0; i < conn->n_behind_sender; i++) {
			if (!lock)
				lock = object_new(dev, k_at(conn->nbd_sock, KM_NSOCK_TX_LOCK),
						  "tx_lock");
			map_put(&search->locked, conn->behind_sender[i]->addr, lock);
		}
	}
	for (size_t i = 0; i < dev->n_reconnect_waiters; i++)
		map_put(&search->locked, dev->reconnect_waiters[i]->addr,
			object_new(dev, k_at(dev->config, KM_CONFIG_CONN_WAIT), "conn_wait"));
}

static void add_device(struct search *search, struct device *dev)
{
	num state = k_num_at(dev->gendisk, KM_DISK_STATE);
	bool part0_is_pointer = !k_has(KM_HD_NR_SECTS);

	if (state.known)
		dev->partition_scan_due = NUM(state.v & GD_NEED_PART_SCAN);
	if (k_has(KM_NBD_CONFIG_LOCK))
		dev->config_lock_owner = read_mutex(
			search, dev, k_at(dev->nbd_device, KM_NBD_CONFIG_LOCK), "config_lock");
	if (dev->gendisk && k_has(KM_DISK_OPEN_MUTEX))
		dev->open_lock_owner = read_mutex(
			search, dev, k_at(dev->gendisk, KM_DISK_OPEN_MUTEX), "open_mutex");
	add_senders(search, dev);
	add_object(search, dev, dev->nbd_device, "nbd_device");
	add_object(search, dev, dev->config, "nbd_config");
	add_object(search, dev, dev->gendisk, "gendisk");
	add_object(search, dev, k_num_at(dev->gendisk, KM_DISK_QUEUE).v, "request_queue");
	if (part0_is_pointer)
		add_block_device(search, dev, k_num_at(dev->gendisk, KM_DISK_PART0).v);
	for (size_t i = 0; i < dev->n_requests; i++)
		add_request(search, dev, dev->requests[i].addr);
	for (size_t i = 0; i < dev->n_waiting; i++)
		add_request(search, dev, dev->waiting[i].addr);
}

/*
 * Until 5.10 a gendisk does not lead to its block_device, which exists only once its node was looked up. No
 * block_device means that nobody holds its lock, and that no scan is due.
 */
static void add_block_devices(struct search *search, struct report *report,
			      const struct block_devices *block_devices)
{
	for (size_t i = 0; i < block_devices->n; i++) {
		const struct block_device *b = &block_devices->v[i];

		if (!b->nbd || b->partition)
			continue;
		add_block_device(search, b->nbd, b->addr);
		b->nbd->open_lock_owner =
			read_mutex(search, b->nbd, k_at(b->addr, KM_BDEV_MUTEX), "bd_mutex");
		if (!k_has(KM_DISK_STATE))
			b->nbd->partition_scan_due = k_num_at(b->addr, KM_BDEV_INVALIDATED);
	}
	if (!block_devices->complete)
		return;
	for (size_t d = 0; d < report->n_devices; d++) {
		struct device *dev = &report->devices[d];

		if (dev->open_lock_owner.known || !block_devices->numbered[d])
			continue;
		dev->open_lock_owner = NUM(0);
		if (!k_has(KM_DISK_STATE))
			dev->partition_scan_due = NUM(0);
	}
}

/* The innermost of the first n words that is an address in the map. */
static struct object *innermost(const struct ptr_map *map, const struct kernel_stack *stack,
				size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct object *object = ptr_map_get(map, stack->words[i]);

		if (object)
			return object;
	}
	return NULL;
}

/* How many words belong to the block layer's frames and to what those called. */
static size_t block_words(const struct kernel_stack *stack)
{
	for (size_t i = stack->n_frames; i-- > 0;) {
		if (!blocked_in_block_layer(stack->frames[i].function))
			continue;
		/* The frame ends with the address in its caller, which is the next frame's. */
		return i + 1 < stack->n_frames ? stack->frames[i + 1].word : stack->n_words;
	}
	return 0;
}

/* The request whose end is waited for by something on this stack. What lies below sp belongs to calls that have
 * returned. */
static struct object *on_own_stack(const struct search *search, const struct kernel_stack *stack)
{
	const struct on_stack *on_stack =
		ptr_map_get(&search->on_stack, stack->top - k_stack_size());

	return on_stack && on_stack->addr >= stack->sp ? on_stack->request : NULL;
}

static struct object *find_object(const struct search *search, const struct task *task,
				  const struct kernel_stack *stack)
{
	struct object *object = ptr_map_get(&search->locked, task->addr);

	if (!object)
		object = ptr_map_get(&search->sleeper, task->addr);
	if (!object)
		object = on_own_stack(search, stack);
	if (!object)
		object = innermost(&search->request, stack, stack->n_words);
	if (!object)
		object = innermost(&search->object, stack, block_words(stack));
	return object;
}

/* The device that a stacked one stands on and that has requests; NULL when there is none. */
static struct device *device_below(struct report *report, const struct stacked *s)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		struct device *dev = &report->devices[d];

		for (size_t l = 0; has_something_waiting(dev) && l < dev->n_above; l++) {
			if (dev->above[l].stacked == s)
				return dev;
		}
	}
	return NULL;
}

/* A worker that writes a file system back waits for what that is on, where requests are on their way there. */
static struct object *written_back(struct report *report, const struct block_devices *block_devices,
				   const struct kernel_stack *stack)
{
	uint64_t sb;
	const struct block_device *b = writeback_of(stack, block_devices, &sb);
	struct device *dev = NULL;
	struct object *object;

	if (b)
		dev = b->nbd ? b->nbd : device_below(report, b->stacked);
	if (!dev || !has_something_waiting(dev))
		return NULL;
	object = object_new(dev, sb, "super_block");
	object->above = b->stacked;
	return object;
}

/* What is stacked on the device, where the task's stack leads there, too. */
static const struct stacked *above_of(const struct search *search, const struct object *object,
				      const struct kernel_stack *stack)
{
	size_t n = block_words(stack);

	for (size_t i = 0; !object->above && i < n; i++) {
		const struct object *other = ptr_map_get(&search->object, stack->words[i]);

		if (other && other->dev == object->dev && other->above)
			return other->above;
	}
	return object->above;
}

/* False when the task's stack cannot be read, though it sleeps. */
static bool add_waiter(struct search *search, struct report *report,
		       const struct block_devices *block_devices, const struct task *task)
{
	const char **functions = NULL;
	struct kernel_stack stack;
	struct object *object;
	struct waiter *waiter;
	size_t n = 0;

	if (!kernel_stack_read(&search->stacks, task->addr, &stack))
		return num_is(k_num_at(task->addr, KM_TASK_ON_CPU), 1);
	object = find_object(search, task, &stack);
	if (!object)
		object = written_back(report, block_devices, &stack);
	if (!object) {
		search->locks_unread += !blocked_behind_read(&search->blocked, task, &stack,
							     &report->tasks, block_devices);
		return true;
	}
	for (size_t i = 0; i < stack.n_frames; i++)
		*ARENA_PUSH(functions, n) = stack.frames[i].function;
	waiter = ARENA_PUSH(object->dev->waiters, object->dev->n_waiters);
	waiter->task = task;
	waiter->blocked_in = n ? blocked_in(functions, n) : "unknown";
	waiter->object = object->addr;
	waiter->object_what = object->what;
	waiter->above = above_of(search, object, &stack);
	return true;
}

void waiters_collect(struct report *report, const struct block_devices *block_devices)
{
	struct search search = {0};
	size_t unread = 0;

	report->genl_lock_owner = mutex_owner(k_symbol("genl_mutex").v);
	for (size_t d = 0; d < report->n_devices && !k_interrupted(); d++)
		add_device(&search, &report->devices[d]);
	if (k_has(KM_BDEV_MUTEX))
		add_block_devices(&search, report, block_devices);
	for (size_t d = 0; d < report->n_devices; d++)
		add_above(&search, &report->devices[d], block_devices);
	for (size_t t = 0; t < report->tasks.n && !k_interrupted(); t++) {
		const struct task *task = report->tasks.v[t];

		if (task->state == '?' ||
		    (task->state == 'D' && !add_waiter(&search, report, block_devices, task)))
			unread++;
	}
	blocked_behind_devices(report, &search.blocked, &search.stacks);
	if (search.locks_unread)
		problem_add(&report->problems,
			    arena_printf(
				    "the locks that %s for could not be read: who is blocked "
				    "behind others may be missing",
				    search.locks_unread == 1
					    ? "1 task waits"
					    : arena_printf("%zu tasks wait", search.locks_unread)));
	if (unread)
		problem_add(&report->problems,
			    arena_printf(
				    "%s could not be read: tasks that wait may be missing",
				    unread == 1 ? "the stack of 1 task"
						: arena_printf("the stacks of %zu tasks", unread)));
}
