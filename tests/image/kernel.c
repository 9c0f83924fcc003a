// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include <stdio.h>
#include <sys/socket.h>

#include "message_log.h"

#define UNIX_BUCKETS	   512
#define MAX_FDS		   64
#define NSEC_PER_SEC	   1000000000ull
#define TCP_ESTABLISHED	   1
#define TASK_INTERRUPTIBLE 1
#define MINOR_BITS	   20
#define DISK_SECTORS	   16384
#define XA_NODE_TAG	   2
#define RADIX_NODE_TAG	   1

uint64_t kernel_dentry(struct kernel *k, uint64_t parent, const char *name, uint64_t inode)
{
	struct image *image = k->image;
	uint64_t dentry = image_new(image, "dentry");

	image_set(image, dentry, "dentry", "d_parent", parent ? parent : dentry);
	image_set(image, dentry, "dentry", "d_name.name", image_string(image, name));
	image_set(image, dentry, "dentry", "d_name.len", strlen(name));
	image_set(image, dentry, "dentry", "d_inode", inode);
	return dentry;
}

uint32_t kernel_inode(struct kernel *k, uint64_t inode)
{
	image_set(k->image, inode, "inode", "i_ino", ++k->next_inode);
	image_set(k->image, inode, "inode", "i_mapping",
		  image_at(k->image, inode, "inode", "i_data"));
	return k->next_inode;
}

uint64_t kernel_file(struct kernel *k, uint64_t dentry, uint64_t inode, uint64_t op,
		     uint64_t mapping, unsigned references)
{
	struct image *image = k->image;
	uint64_t file = image_new(image, "file");

	image_set(image, file, "file", "f_path.dentry", dentry);
	image_set(image, file, "file", "f_inode", inode);
	image_set(image, file, "file", "f_op", op);
	image_set(image, file, "file", "f_mapping", image_at(image, mapping, "inode", "i_data"));
	if (!image_try_set(image, file, "file", "f_count", references))
		image_set(image, file, "file", "f_ref", references - 1);
	return file;
}

void kernel_file_get(struct kernel *k, uint64_t file)
{
	const char *count = image_has(k->image, "file", "f_count") ? "f_count" : "f_ref";

	image_set(k->image, file, "file", count, image_get(k->image, file, "file", count) + 1);
}

uint64_t kernel_super_block(struct kernel *k, const char *type, uint64_t bdev)
{
	struct image *image = k->image;
	uint64_t sb = image_new(image, "super_block");
	uint64_t fs = image_new(image, "file_system_type");

	image_set(image, fs, "file_system_type", "name", image_string(image, type));
	image_set(image, sb, "super_block", "s_type", fs);
	image_set(image, sb, "super_block", "s_bdev", bdev);
	image_list_init(image, image_at(image, sb, "super_block", "s_inodes"));
	if (!image_has(image, "mount", "mnt_next_for_sb"))
		image_list_init(image, image_at(image, sb, "super_block", "s_mounts"));
	image_list_add(image, k->super_blocks, image_at(image, sb, "super_block", "s_list"));
	return sb;
}

void kernel_idr(struct kernel *k, const char *name, unsigned id, uint64_t pointer)
{
	struct image *image = k->image;
	bool xarray = image_has(image, "xarray", NULL);
	const char *node_type = xarray ? "xa_node" : "radix_tree_node";
	uint64_t idr = image_variable(image, name, "idr");
	uint64_t node = image_new(image, node_type);
	char slot[16];

	image_set(image, idr, "idr", xarray ? "idr_rt.xa_head" : "idr_rt.rnode",
		  node + (xarray ? XA_NODE_TAG : RADIX_NODE_TAG));
	/* Keys count from idr_base. */
	snprintf(slot, sizeof(slot), "slots[%u]",
		 image_try_set(image, idr, "idr", "idr_base", 1) ? id - 1 : id);
	image_set(image, node, node_type, slot, pointer);
	image_set(image, node, node_type, "count", 1);
}

void kernel_mutex(struct kernel *k, uint64_t mutex)
{
	if (image_has(k->image, "mutex", "wait_list"))
		image_list_init(k->image, image_at(k->image, mutex, "mutex", "wait_list"));
}

/* Since v6.13 only the clock that counts jiffies tells how long one is. */
static void build_tick(struct kernel *k)
{
	uint64_t clock;

	if (!image_has(k->image, "clocksource", NULL)) {
		k->tick_nsec = image_pointer(k->image, "tick_nsec", NSEC_PER_SEC / KERNEL_HZ);
		return;
	}
	clock = image_variable(k->image, "clocksource_jiffies", "clocksource");
	image_set(k->image, clock, "clocksource", "mult", NSEC_PER_SEC / KERNEL_HZ << 8);
	image_set(k->image, clock, "clocksource", "shift", 8);
}

void kernel_mutex_own(struct kernel *k, uint64_t mutex, const struct kernel_task *t)
{
	const char *owner = image_has(k->image, "mutex", "rtmutex") ? "rtmutex.owner" : "owner";

	/* Bit 0 says in both that somebody waits. */
	image_set(k->image, mutex, "mutex", owner, t->task | 1);
}

/* The next of equal urgency: below the rightmost node of the tree, which is never balanced here. */
static void rt_mutex_wait(struct kernel *k, uint64_t mutex, uint64_t task)
{
	struct image *image = k->image;
	const char *tree = image_has(image, "rt_mutex_waiter", "tree") ? "tree" : "tree_entry";
	uint64_t waiter = image_new(image, "rt_mutex_waiter");
	uint64_t node = image_at(image, waiter, "rt_mutex_waiter", tree);
	uint64_t parent = image_get(image, mutex, "mutex", "rtmutex.waiters.rb_root.rb_node"), next;

	image_set(image, waiter, "rt_mutex_waiter", "task", task);
	if (!parent) {
		image_set(image, mutex, "mutex", "rtmutex.waiters.rb_root.rb_node", node);
		return;
	}
	while ((next = image_get(image, parent, "rb_node", "rb_right")))
		parent = next;
	image_set(image, parent, "rb_node", "rb_right", node);
	image_set(image, node, "rb_node", "__rb_parent_color", parent);
}

void kernel_mutex_wait(struct kernel *k, uint64_t mutex, const struct kernel_task *t)
{
	struct image *image = k->image;
	uint64_t waiter, first, link;

	if (image_has(image, "mutex", "rtmutex")) {
		rt_mutex_wait(k, mutex, t->task);
		return;
	}
	waiter = image_new(image, "mutex_waiter");
	link = image_at(image, waiter, "mutex_waiter", "list");
	image_set(image, waiter, "mutex_waiter", "task", t->task);
	if (image_has(image, "mutex", "wait_list")) {
		image_list_add(image, image_at(image, mutex, "mutex", "wait_list"), link);
		return;
	}
	/* A ring of the waiters alone. */
	first = image_get(image, mutex, "mutex", "first_waiter");
	if (first) {
		image_list_add(image, image_at(image, first, "mutex_waiter", "list"), link);
	} else {
		image_list_init(image, link);
		image_set(image, mutex, "mutex", "first_waiter", waiter);
	}
}

void kernel_shutdown(struct kernel *k, uint64_t sk, unsigned shutdown)
{
	uint64_t word = shutdown;

	/* Up to 4.4 the lowest bits of a word that holds sk_type and others, too. */
	if (image_member_size(k->image, "sock", "sk_shutdown") > 1)
		word |= SOCK_STREAM << 16 | 4;
	image_set(k->image, sk, "sock", "sk_shutdown", word);
}

/* What differs between kernels: the sectors and the list of stacked devices moved, and the lock. */
static void fill_disk(struct kernel *k, const struct kernel_disk *disk)
{
	struct image *image = k->image;

	if (!image_try_set(image, disk->gendisk, "gendisk", "part0.nr_sects", DISK_SECTORS))
		image_set(image, disk->gendisk, "gendisk", "part0", disk->block_device);
	image_try_set(image, disk->block_device, "block_device", "bd_nr_sectors", DISK_SECTORS);
	image_try_set(image, disk->inode, "inode", "i_size", DISK_SECTORS * 512);
	if (image_has(image, "gendisk", "slave_bdevs"))
		image_list_init(image, image_at(image, disk->gendisk, "gendisk", "slave_bdevs"));
	if (image_has(image, "block_device", "bd_holder_disks"))
		image_list_init(image, image_at(image, disk->block_device, "block_device",
						"bd_holder_disks"));
	kernel_mutex(k, image_has(image, "gendisk", "open_mutex")
				? image_at(image, disk->gendisk, "gendisk", "open_mutex")
				: image_at(image, disk->block_device, "block_device", "bd_mutex"));
}

/* Where a device's node in the list of its class is. */
static uint64_t class_node(const struct kernel *k, uint64_t device)
{
	if (image_has(k->image, "device", "knode_class"))
		return image_at(k->image, device, "device", "knode_class");
	return image_at(k->image, image_get(k->image, device, "device", "p"), "device_private",
			"knode_class");
}

void kernel_class_add(struct kernel *k, uint64_t device)
{
	struct image *image = k->image;
	uint64_t node = class_node(k, device);

	image_set(image, node, "klist_node", "n_klist", k->class_devices);
	image_list_add(image, image_at(image, k->class_devices, "klist", "k_list"),
		       image_at(image, node, "klist_node", "n_node"));
}

void kernel_class_remove(struct kernel *k, uint64_t device)
{
	struct image *image = k->image;
	uint64_t links = image_at(image, class_node(k, device), "klist_node", "n_node");
	uint64_t next = image_get(image, links, "list_head", "next");
	uint64_t prev = image_get(image, links, "list_head", "prev");

	image_set(image, prev, "list_head", "next", next);
	image_set(image, next, "list_head", "prev", prev);
}

static void new_device(struct kernel *k, uint64_t device, uint64_t parent, uint32_t devt)
{
	uint64_t private = image_new(k->image, "device_private");

	image_set(k->image, private, "device_private", "device", device);
	image_set(k->image, device, "device", "p", private);
	image_set(k->image, device, "device", "parent", parent);
	image_set(k->image, device, "device", "devt", devt);
	kernel_class_add(k, device);
}

uint64_t kernel_disk_device(const struct kernel *k, const struct kernel_disk *disk)
{
	if (image_has(k->image, "hd_struct", NULL))
		return image_at(k->image, disk->gendisk, "gendisk", "part0.__dev");
	return image_at(k->image, disk->block_device, "block_device", "bd_device");
}

uint64_t kernel_partition(struct kernel *k, const struct kernel_disk *disk, unsigned number)
{
	struct image *image = k->image;
	uint64_t whole = kernel_disk_device(k, disk), device, part;

	if (image_has(image, "hd_struct", NULL)) {
		part = image_new(image, "hd_struct");
		image_set(image, part, "hd_struct", "partno", number);
		device = image_at(image, part, "hd_struct", "__dev");
	} else {
		part = image_new(image, "block_device");
		image_set(image, part, "block_device", "bd_disk", disk->gendisk);
		device = image_at(image, part, "block_device", "bd_device");
	}
	new_device(k, device, whole, (uint32_t)image_get(image, whole, "device", "devt") + number);
	return device;
}

struct kernel_disk kernel_disk(struct kernel *k, const char *name, unsigned major,
			       unsigned first_minor, unsigned minors)
{
	struct image *image = k->image;
	uint64_t bdev_inode = image_new(image, "bdev_inode");
	struct kernel_disk disk = {
		.gendisk = image_new(image, "gendisk"),
		.queue = image_new(image, "request_queue"),
		.block_device = image_at(image, bdev_inode, "bdev_inode", "bdev"),
		.inode = image_at(image, bdev_inode, "bdev_inode", "vfs_inode"),
	};

	image_set_text(image, disk.gendisk, "gendisk", "disk_name", name);
	image_set(image, disk.gendisk, "gendisk", "major", major);
	image_set(image, disk.gendisk, "gendisk", "first_minor", first_minor);
	image_set(image, disk.gendisk, "gendisk", "minors", minors);
	image_set(image, disk.gendisk, "gendisk", "queue", disk.queue);
	fill_disk(k, &disk);
	image_set(image, disk.block_device, "block_device", "bd_dev",
		  major << MINOR_BITS | first_minor);
	image_set(image, disk.block_device, "block_device", "bd_disk", disk.gendisk);
	new_device(k, kernel_disk_device(k, &disk), 0, major << MINOR_BITS | first_minor);
	kernel_inode(k, disk.inode);
	image_list_add(image, image_at(image, k->bdev_super_block, "super_block", "s_inodes"),
		       image_at(image, disk.inode, "inode", "i_sb_list"));
	return disk;
}

void kernel_disk_open(struct kernel *k, const struct kernel_disk *disk)
{
	image_set(k->image, disk->block_device, "block_device", "bd_openers",
		  image_get(k->image, disk->block_device, "block_device", "bd_openers") + 1);
}

/* A table of one bucket, which is returned, without sockets. */
static uint64_t tcp_table(struct image *image, uint64_t hashinfo)
{
	uint64_t bucket = image_new(image, "inet_ehash_bucket");

	image_set(image, bucket, "inet_ehash_bucket", "chain.first", 1);
	image_set(image, hashinfo, "inet_hashinfo", "ehash", bucket);
	return bucket;
}

/* The wall clock is ahead of the monotonic one by KERNEL_WALL_CLOCK and a quarter of a second. */
static void build_clocks(struct kernel *k)
{
	struct image *image = k->image;
	bool named = image_has(image, "tk_data", NULL);
	const char *type = named ? "tk_data" : "tk_core";
	uint64_t core = image_variable(image, named ? "timekeeper_data" : "tk_core", type);

	k->timekeeper = image_at(image, core, type, "timekeeper");
	image_set(image, k->timekeeper, "timekeeper", "wall_to_monotonic.tv_sec",
		  -(KERNEL_WALL_CLOCK + 1));
	image_set(image, k->timekeeper, "timekeeper", "wall_to_monotonic.tv_nsec",
		  NSEC_PER_SEC / 4 * 3);
	image_set(image, k->timekeeper, "timekeeper", "offs_real",
		  KERNEL_WALL_CLOCK * NSEC_PER_SEC + NSEC_PER_SEC / 4);
	image_set(image, k->timekeeper, "timekeeper", "offs_boot", KERNEL_SLEPT * NSEC_PER_SEC);
}

/* Two processors; the second one is idle. */
static void build_run_queues(struct image *image)
{
	uint64_t queues = image_array(image, "rq", 2), size = image_sizeof(image, "rq");
	uint64_t offsets = image_array(image, "ptr", 2);

	image_symbol(image, "runqueues", queues, 0);
	image_symbol(image, "__per_cpu_offset", offsets, 0);
	image_set_pointer(image, offsets, 1, size);
	image_set(image, image_variable(image, "nr_cpu_ids", "refcount_t"), "refcount_t", "refs",
		  2);
	image_set(image, queues, "rq", "clock", KERNEL_UPTIME * NSEC_PER_SEC);
	image_set(image, queues + size, "rq", "clock", (KERNEL_UPTIME - 7) * NSEC_PER_SEC);
}

/* block_class, and what is private of it: since 6.4 among those of all classes, where another comes first. */
static void build_class(struct kernel *k)
{
	struct image *image = k->image;
	uint64_t class = image_variable(image, "block_class", "class");
	uint64_t private = image_new(image, "subsys_private"), other, sets, list;

	k->class_devices = image_at(image, private, "subsys_private", "klist_devices");
	image_list_init(image, image_at(image, k->class_devices, "klist", "k_list"));
	image_set(image, private, "subsys_private", "class", class);
	if (image_try_set(image, class, "class", "p", private))
		return;
	other = image_new(image, "subsys_private");
	image_set(image, other, "subsys_private", "class", image_new(image, "class"));
	sets = image_new(image, "kset");
	list = image_at(image, sets, "kset", "list");
	image_list_init(image, list);
	image_list_add(image, list, image_at(image, other, "subsys_private", "subsys.kobj.entry"));
	image_list_add(image, list,
		       image_at(image, private, "subsys_private", "subsys.kobj.entry"));
	image_pointer(image, "class_kset", sets);
}

void kernel_task_began(struct kernel *k, uint64_t task, unsigned seconds)
{
	if (!image_try_set(k->image, task, "task_struct", "start_boottime", seconds * NSEC_PER_SEC))
		image_try_set(k->image, task, "task_struct", "real_start_time",
			      seconds * NSEC_PER_SEC);
}

void kernel_inode_changed(struct kernel *k, uint64_t inode, unsigned seconds)
{
	uint64_t at = KERNEL_WALL_CLOCK + seconds - KERNEL_SLEPT;
	static const char *const members[][2] = {{"i_ctime_sec", "i_ctime_nsec"},
						 {"__i_ctime.tv_sec", "__i_ctime.tv_nsec"},
						 {"i_ctime.tv_sec", "i_ctime.tv_nsec"}};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		/* I_CTIME_QUERIED, where there may be one. */
		uint64_t flag = i ? 0 : 1u << 31;

		if (image_try_set(k->image, inode, "inode", members[i][0], at))
			image_set(k->image, inode, "inode", members[i][1], flag | NSEC_PER_SEC / 4);
	}
}

void kernel_build(struct kernel *k, struct image *image)
{
	uint64_t uts, list, hashinfo;

	*k = (struct kernel){.image = image, .next_inode = 1000};
	uts = image_variable(image, "init_uts_ns", "uts_namespace");
	image_set_text(image, uts, "uts_namespace", "name.release", KERNEL_RELEASE);
	image_set_text(image, uts, "uts_namespace", "name.version", "#1 SMP made up");
	image_set_text(image, uts, "uts_namespace", "name.machine",
		       image_has(image, "cpu_context", NULL) ? "aarch64" : "x86_64");
	build_tick(k);
	image_pointer(image, "last_jiffies_update", KERNEL_UPTIME * NSEC_PER_SEC);
	image_pointer(image, "jiffies_64", KERNEL_JIFFIES);
	build_clocks(k);
	build_run_queues(image);
	message_log_build(image);
	build_class(k);

	k->socket_ops = image_pointer(image, "socket_file_ops", 0);
	k->device_ops = image_pointer(image, "def_blk_fops", 0);
	k->unix_proto = image_pointer(image, "unix_stream_proto", 0);
	k->super_blocks = image_variable(image, "super_blocks", "list_head");
	image_list_init(image, k->super_blocks);
	k->bdev_super_block = kernel_super_block(k, "bdev", 0);
	image_pointer(image, "blockdev_superblock", k->bdev_super_block);
	k->root = kernel_dentry(k, 0, "/", 0);
	k->dev_directory = kernel_dentry(k, k->root, "dev", 0);

	list = image_variable(image, "net_namespace_list", "list_head");
	image_list_init(image, list);
	k->net = image_new(image, "net");
	image_list_add(image, list, image_at(image, k->net, "net", "list"));
	k->unix_buckets = image_array(image, "ptr", UNIX_BUCKETS);
	if (!image_has(image, "net", "unx.table.buckets"))
		image_symbol(image, "unix_socket_table", k->unix_buckets, 0);
	else
		image_set(image, k->net, "net", "unx.table.buckets", k->unix_buckets);
	k->tcp_bucket = tcp_table(image, image_variable(image, "tcp_hashinfo", "inet_hashinfo"));
	if (image_has(image, "inet_hashinfo", "pernet")) {
		hashinfo = image_new(image, "inet_hashinfo");
		k->tcp_bucket = tcp_table(image, hashinfo);
		image_set(image, hashinfo, "inet_hashinfo", "pernet", 1);
		image_set(image, k->net, "net", "ipv4.tcp_death_row.hashinfo", hashinfo);
	}
}

/* Into its group: a list of signal_struct, or a ring of the threads. */
static void add_thread(struct kernel *k, uint64_t signal, uint64_t task,
		       const struct kernel_task *leader)
{
	struct image *image = k->image;
	bool listed = image_has(image, "signal_struct", "thread_head");
	const char *link = listed ? "thread_node" : "thread_group";
	uint64_t node = image_at(image, task, "task_struct", link), head = node;

	if (listed)
		head = image_at(image, signal, "signal_struct", "thread_head");
	else if (leader)
		head = image_at(image, leader->task, "task_struct", link);
	if (!leader)
		image_list_init(image, head);
	if (head != node)
		image_list_add(image, head, node);
}

void kernel_table_get(struct kernel *k, const struct kernel_task *t)
{
	image_set(k->image, t->files, "files_struct", "count",
		  image_get(k->image, t->files, "files_struct", "count") + 1);
}

struct kernel_task kernel_task(struct kernel *k, const char *comm, uint32_t pid,
			       const struct kernel_task *leader, uint32_t flags)
{
	struct image *image = k->image;
	struct kernel_task t = {.pid = pid, .comm = comm};
	uint64_t signal;

	t.task = k->init_task ? image_new(image, "task_struct")
			      : image_variable(image, "init_task", "task_struct");
	signal = leader ? image_get(image, leader->task, "task_struct", "signal")
			: image_new(image, "signal_struct");
	add_thread(k, signal, t.task, leader);
	if (leader) {
		t.files = leader->files;
	} else if (!(flags & PF_KTHREAD)) {
		static const uint64_t all = UINT64_MAX;
		uint64_t table = image_new(image, "fdtable"), bits = image_array(image, "ptr", 1);

		/* An fd may be reserved long before its slot is filled. */
		image_write(image, bits, &all, sizeof(all));
		image_set(image, table, "fdtable", "open_fds", bits);
		t.files = image_new(image, "files_struct");
		image_set(image, t.files, "files_struct", "fdt", table);
		image_set(image, table, "fdtable", "max_fds", MAX_FDS);
		image_set(image, table, "fdtable", "fd", image_array(image, "ptr", MAX_FDS));
	}
	if (t.files)
		kernel_table_get(k, &t);
	if (!k->init_task) {
		k->init_task = t.task;
		image_list_init(image, image_at(image, t.task, "task_struct", "tasks"));
	} else if (!leader) {
		image_list_add(image, image_at(image, k->init_task, "task_struct", "tasks"),
			       image_at(image, t.task, "task_struct", "tasks"));
	}
	if (!image_try_set(image, t.task, "task_struct", "__state", TASK_INTERRUPTIBLE))
		image_set(image, t.task, "task_struct", "state", TASK_INTERRUPTIBLE);
	image_set(image, t.task, "task_struct", "flags", flags);
	image_set(image, t.task, "task_struct", "pid", pid);
	image_set(image, t.task, "task_struct", "tgid", leader ? leader->pid : pid);
	image_set(image, t.task, "task_struct", "signal", signal);
	image_set(image, t.task, "task_struct", "files", t.files);
	image_set_text(image, t.task, "task_struct", "comm", comm);
	kernel_task_began(k, t.task, KERNEL_TASKS_START);
	/* The first one runs. */
	image_set(image, t.task, "task_struct", "sched_info.last_arrival",
		  (KERNEL_UPTIME - (pid ? KERNEL_TASKS_SLEEP : 0)) * 1000000000ull);
	return t;
}

void kernel_fd(struct kernel *k, const struct kernel_task *t, unsigned fd, uint64_t file)
{
	uint64_t table = image_get(k->image, t->files, "files_struct", "fdt");

	image_set_pointer(k->image, image_get(k->image, table, "fdtable", "fd"), fd, file);
}

uint64_t kernel_pid(struct kernel *k, const struct kernel_task *t)
{
	uint64_t pid = image_new(k->image, "pid");

	image_set(k->image, pid, "pid", "numbers[0].nr", t->pid);
	image_set(k->image, pid, "pid", "tasks[0].first", t->task);
	return pid;
}

uint64_t kernel_unix_sk(struct kernel *k)
{
	struct image *image = k->image;
	uint64_t sk = image_new(image, "unix_sock"), queue;

	image_set(image, sk, "unix_sock", "sk.__sk_common.skc_family", AF_UNIX);
	image_set(image, sk, "unix_sock", "sk.__sk_common.skc_state", TCP_ESTABLISHED);
	image_set(image, sk, "unix_sock", "sk.__sk_common.skc_net", k->net);
	image_set(image, sk, "unix_sock", "sk.sk_wmem_alloc", 1);
	kernel_shutdown(k, sk, 0);
	/* sk_buff_head begins as list_head does. */
	queue = image_at(image, sk, "unix_sock", "sk.sk_receive_queue");
	image_set(image, queue, "sk_buff_head", "next", queue);
	image_set(image, queue, "sk_buff_head", "prev", queue);
	image_hlist_add(image, k->unix_buckets + k->n_unix++ * 7 * sizeof(uint64_t),
			image_at(image, sk, "unix_sock", "sk.__sk_common.skc_node"));
	return sk;
}

struct kernel_socket kernel_socket(struct kernel *k, uint64_t sk, unsigned references)
{
	struct image *image = k->image;
	uint64_t alloc = image_new(image, "socket_alloc");
	struct kernel_socket s = {.sk = sk,
				  .socket = image_at(image, alloc, "socket_alloc", "socket")};
	uint64_t inode = image_at(image, alloc, "socket_alloc", "vfs_inode");

	s.inode = kernel_inode(k, inode);
	s.file = kernel_file(k, kernel_dentry(k, 0, "UNIX-STREAM", inode), inode, k->socket_ops,
			     inode, references);
	image_set(image, s.file, "file", "private_data", s.socket);
	image_set(image, s.socket, "socket", "type", SOCK_STREAM);
	image_set(image, s.socket, "socket", "file", s.file);
	image_set(image, s.socket, "socket", "sk", sk);
	image_set(image, sk, "sock", "sk_socket", s.socket);
	return s;
}
