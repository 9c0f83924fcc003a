// SPDX-License-Identifier: GPL-2.0-or-later
#include "scene.h"

#include <stdio.h>
#include <sys/socket.h>

#define NBD_MAJOR	43
#define MINOR_BITS	20
#define PART_SHIFT	5
#define UNIX_BUCKETS	512
#define MAX_FDS		64
#define TICK_NSEC	4000000 /* 250 a second */
#define UPTIME_SECONDS	1000
#define REQUEST_SECONDS 40 /* age of the request */
#define PF_KTHREAD	0x200000
#define MQ_RQ_IN_FLIGHT 1
#define REQ_OP_WRITE	1
#define RT_HAS_PID_FILE (1u << 3)
#define TCP_ESTABLISHED 1
#define TCP_CLOSE	7
#define SHUTDOWN_MASK	3
#define XA_NODE_TAG	2
#define RADIX_NODE_TAG	1
#define FILE_REF_ONEREF 0

enum { TASK_RUNNING = 0, TASK_INTERRUPTIBLE = 1 };

/* The parts of the kernel that all objects hang on. */
struct kernel {
	struct image *image;
	uint64_t init_task, net, unix_buckets, bdev_super_block;
	uint64_t socket_ops, device_ops, root, dev_directory;
	unsigned n_unix; /* sockets in the buckets so far */
	uint32_t next_inode;
};

static uint64_t new_dentry(struct kernel *k, uint64_t parent, const char *name, uint64_t inode)
{
	struct image *image = k->image;
	uint64_t dentry = image_new(image, "dentry");

	image_set(image, dentry, "dentry", "d_parent", parent ? parent : dentry);
	image_set(image, dentry, "dentry", "d_name.name", image_string(image, name));
	image_set(image, dentry, "dentry", "d_name.len", strlen(name));
	image_set(image, dentry, "dentry", "d_inode", inode);
	return dentry;
}

static uint32_t set_inode(struct kernel *k, uint64_t inode)
{
	image_set(k->image, inode, "inode", "i_ino", ++k->next_inode);
	image_set(k->image, inode, "inode", "i_mapping",
		  image_at(k->image, inode, "inode", "i_data"));
	return k->next_inode;
}

/* A struct file with that many references, whose page cache is that of mapping's inode. */
static uint64_t new_file(struct kernel *k, uint64_t dentry, uint64_t inode, uint64_t op,
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

static void build_kernel(struct kernel *k, struct image *image)
{
	uint64_t uts, list, hashinfo, buckets;

	*k = (struct kernel){.image = image, .next_inode = 1000};
	uts = image_variable(image, "init_uts_ns", "uts_namespace");
	image_set_text(image, uts, "uts_namespace", "name.release", SCENE_RELEASE);
	image_set_text(image, uts, "uts_namespace", "name.version", "#1 SMP made up");
	image_set_text(image, uts, "uts_namespace", "name.machine", "x86_64");
	image_pointer(image, "tick_nsec", TICK_NSEC);
	image_pointer(image, "last_jiffies_update", UPTIME_SECONDS * 1000000000ull);
	image_pointer(image, "jiffies_64", (uint32_t)(-300 * 250) + UPTIME_SECONDS * 250ull);

	k->socket_ops = image_pointer(image, "socket_file_ops", 0);
	k->device_ops = image_pointer(image, "def_blk_fops", 0);
	image_pointer(image, "unix_stream_proto", 0);
	list = image_variable(image, "super_blocks", "list_head");
	image_list_init(image, list);
	k->bdev_super_block = image_new(image, "super_block");
	image_list_add(image, list, image_at(image, k->bdev_super_block, "super_block", "s_list"));
	image_list_init(image, image_at(image, k->bdev_super_block, "super_block", "s_inodes"));
	image_list_init(image, image_at(image, k->bdev_super_block, "super_block", "s_mounts"));
	image_pointer(image, "blockdev_superblock", k->bdev_super_block);
	k->root = new_dentry(k, 0, "/", 0);
	k->dev_directory = new_dentry(k, k->root, "dev", 0);

	list = image_variable(image, "net_namespace_list", "list_head");
	image_list_init(image, list);
	k->net = image_new(image, "net");
	image_list_add(image, list, image_at(image, k->net, "net", "list"));
	k->unix_buckets = image_array(image, "ptr", UNIX_BUCKETS);
	if (!image_has(image, "net", "unx.table.buckets"))
		image_symbol(image, "unix_socket_table", k->unix_buckets, 0);
	else
		image_set(image, k->net, "net", "unx.table.buckets", k->unix_buckets);
	hashinfo = image_variable(image, "tcp_hashinfo", "inet_hashinfo");
	buckets = image_new(image, "inet_ehash_bucket");
	image_set(image, buckets, "inet_ehash_bucket", "chain.first", 1);
	image_set(image, hashinfo, "inet_hashinfo", "ehash", buckets);
}

/* The first task is init_task; a task with leader is one more thread of it, and shares its files. */
static struct scene_task new_task(struct kernel *k, const char *comm, uint32_t pid,
				  const struct scene_task *leader, uint32_t flags)
{
	struct image *image = k->image;
	struct scene_task t = {.pid = pid, .comm = comm};
	uint64_t signal, head;

	t.task = k->init_task ? image_new(image, "task_struct")
			      : image_variable(image, "init_task", "task_struct");
	signal = leader ? image_get(image, leader->task, "task_struct", "signal")
			: image_new(image, "signal_struct");
	head = image_at(image, signal, "signal_struct", "thread_head");
	if (!leader)
		image_list_init(image, head);
	image_list_add(image, head, image_at(image, t.task, "task_struct", "thread_node"));
	if (leader) {
		t.files = leader->files;
	} else if (!(flags & PF_KTHREAD)) {
		uint64_t table = image_new(image, "fdtable");

		t.files = image_new(image, "files_struct");
		image_set(image, t.files, "files_struct", "fdt", table);
		image_set(image, table, "fdtable", "max_fds", MAX_FDS);
		image_set(image, table, "fdtable", "fd", image_array(image, "ptr", MAX_FDS));
	}
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
	return t;
}

static void set_fd(struct kernel *k, const struct scene_task *t, unsigned fd, uint64_t file)
{
	uint64_t table = image_get(k->image, t->files, "files_struct", "fdt");

	image_set_pointer(k->image, image_get(k->image, table, "fdtable", "fd"), fd, file);
}

/* struct pid of a task, as sk_peer_pid has it. */
static uint64_t new_pid(struct kernel *k, const struct scene_task *t)
{
	uint64_t pid = image_new(k->image, "pid");

	image_set(k->image, pid, "pid", "numbers[0].nr", t->pid);
	image_set(k->image, pid, "pid", "tasks[0].first", t->task);
	return pid;
}

/* A struct sock of a connected AF_UNIX socket, in the namespace's table. */
static uint64_t new_unix_sk(struct kernel *k)
{
	struct image *image = k->image;
	uint64_t sk = image_new(image, "unix_sock"), queue;

	image_set(image, sk, "unix_sock", "sk.__sk_common.skc_family", AF_UNIX);
	image_set(image, sk, "unix_sock", "sk.__sk_common.skc_state", TCP_ESTABLISHED);
	image_set(image, sk, "unix_sock", "sk.__sk_common.skc_net", k->net);
	image_set(image, sk, "unix_sock", "sk.sk_wmem_alloc", 1);
	/* sk_buff_head begins as list_head does. */
	queue = image_at(image, sk, "unix_sock", "sk.sk_receive_queue");
	image_set(image, queue, "sk_buff_head", "next", queue);
	image_set(image, queue, "sk_buff_head", "prev", queue);
	image_set_pointer(image, k->unix_buckets, k->n_unix++ * 7,
			  image_at(image, sk, "unix_sock", "sk.__sk_common.skc_node"));
	return sk;
}

/* Gives a struct sock its socket, and that its file with so many references. */
static struct scene_socket add_socket(struct kernel *k, uint64_t sk, unsigned references)
{
	struct image *image = k->image;
	uint64_t alloc = image_new(image, "socket_alloc");
	struct scene_socket s = {.sk = sk,
				 .socket = image_at(image, alloc, "socket_alloc", "socket")};
	uint64_t inode = image_at(image, alloc, "socket_alloc", "vfs_inode");

	s.inode = set_inode(k, inode);
	s.file = new_file(k, new_dentry(k, 0, "UNIX-STREAM", inode), inode, k->socket_ops, inode,
			  references);
	image_set(image, s.file, "file", "private_data", s.socket);
	image_set(image, s.socket, "socket", "type", SOCK_STREAM);
	image_set(image, s.socket, "socket", "file", s.file);
	image_set(image, s.socket, "socket", "sk", sk);
	image_set(image, sk, "sock", "sk_socket", s.socket);
	return s;
}

/* The name that the server's ends share with their listener. */
static uint64_t new_address(struct kernel *k)
{
	struct image *image = k->image;
	uint64_t address = image_new(image, "unix_address");
	uint16_t family = AF_UNIX;
	uint64_t name = image_at(image, address, "unix_address", "name");

	/* The family, the path and its terminating zero. */
	image_set(image, address, "unix_address", "len", sizeof(family) + sizeof(SCENE_PATH));
	image_write(image, name, &family, sizeof(family));
	image_write(image, name + sizeof(family), SCENE_PATH, sizeof(SCENE_PATH));
	return address;
}

static void connect_unix(struct kernel *k, uint64_t client, uint64_t server, uint64_t address,
			 uint64_t listener)
{
	image_set(k->image, client, "unix_sock", "peer", server);
	image_set(k->image, server, "unix_sock", "peer", client);
	image_set(k->image, server, "unix_sock", "addr", address);
	image_set(k->image, client, "sock", "sk_peer_pid", listener);
}

/* What unix_release_sock() leaves of an end whose last file is gone, and at the other end. */
static void close_unix(struct kernel *k, uint64_t sk, uint64_t other)
{
	image_set(k->image, sk, "unix_sock", "peer", 0);
	image_set(k->image, sk, "unix_sock", "sk.__sk_common.skc_state", TCP_CLOSE);
	image_set(k->image, sk, "unix_sock", "sk.__sk_common.skc_flags", 1); /* SOCK_DEAD */
	image_set(k->image, sk, "unix_sock", "sk.sk_shutdown", SHUTDOWN_MASK);
	image_set(k->image, other, "unix_sock", "sk.sk_shutdown", SHUTDOWN_MASK);
}

static void build_sockets(struct scene *s, struct kernel *k)
{
	uint64_t address = new_address(k), listener = new_pid(k, &s->server);

	for (unsigned i = 0; i < 2; i++) {
		uint64_t client = new_unix_sk(k), server = new_unix_sk(k);

		/* Each is held by nbd, and by the client's fd. */
		s->ends[i] = add_socket(k, client, 2);
		set_fd(k, &s->client, SCENE_CLIENT_FD + i, s->ends[i].file);
		connect_unix(k, client, server, address, listener);
		s->peers[i] = i ? (struct scene_socket){.sk = server} : add_socket(k, server, 1);
	}
	set_fd(k, &s->server, SCENE_SERVER_FD, s->peers[0].file);
	close_unix(k, s->peers[1].sk, s->ends[1].sk);
}

static void build_disk(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t bdev_inode = image_new(image, "bdev_inode");
	uint64_t inode = image_at(image, bdev_inode, "bdev_inode", "vfs_inode");
	uint32_t minor = SCENE_INDEX << PART_SHIFT;
	char name[8];

	s->gendisk = image_new(image, "gendisk");
	s->queue = image_array(image, "long", 32);
	s->block_device = image_at(image, bdev_inode, "bdev_inode", "bdev");
	snprintf(name, sizeof(name), "nbd%d", SCENE_INDEX);
	image_set_text(image, s->gendisk, "gendisk", "disk_name", name);
	image_set(image, s->gendisk, "gendisk", "major", NBD_MAJOR);
	image_set(image, s->gendisk, "gendisk", "first_minor", minor);
	image_set(image, s->gendisk, "gendisk", "minors", 1 << PART_SHIFT);
	image_set(image, s->gendisk, "gendisk", "queue", s->queue);
	image_set(image, s->gendisk, "gendisk", "private_data", s->nbd_device);
	if (image_has(image, "block_device", "bd_nr_sectors")) {
		image_set(image, s->gendisk, "gendisk", "part0", s->block_device);
		image_set(image, s->block_device, "block_device", "bd_nr_sectors", 16384);
	} else {
		image_set(image, s->gendisk, "gendisk", "part0.nr_sects", 16384);
	}
	if (image_has(image, "gendisk", "slave_bdevs"))
		image_list_init(image, image_at(image, s->gendisk, "gendisk", "slave_bdevs"));
	if (image_has(image, "block_device", "bd_holder_disks"))
		image_list_init(
			image, image_at(image, s->block_device, "block_device", "bd_holder_disks"));
	if (image_has(image, "gendisk", "open_mutex"))
		image_list_init(image,
				image_at(image, s->gendisk, "gendisk", "open_mutex.wait_list"));
	else
		image_list_init(image, image_at(image, s->block_device, "block_device",
						"bd_mutex.wait_list"));
	image_set(image, s->block_device, "block_device", "bd_dev",
		  NBD_MAJOR << MINOR_BITS | minor);
	image_set(image, s->block_device, "block_device", "bd_disk", s->gendisk);
	image_set(image, s->block_device, "block_device", "bd_openers", 1);
	set_inode(k, inode);
	image_list_add(image, image_at(image, k->bdev_super_block, "super_block", "s_inodes"),
		       image_at(image, inode, "inode", "i_sb_list"));

	/* The device's node in /dev has an inode of its own, and the file its page cache. */
	{
		uint64_t node = image_new(image, "inode");

		set_inode(k, node);
		s->opener_file = new_file(k, new_dentry(k, k->dev_directory, name, node), node,
					  k->device_ops, inode, 1);
		set_fd(k, &s->opener, SCENE_OPENER_FD, s->opener_file);
	}
}

/* nbd_index_idr with this one device in it. */
static void build_idr(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	bool xarray = image_has(image, "xarray", NULL);
	const char *node_type = xarray ? "xa_node" : "radix_tree_node";
	uint64_t idr = image_variable(image, "nbd_index_idr", "idr");
	uint64_t node = image_new(image, node_type);

	image_set(image, idr, "idr", xarray ? "idr_rt.xa_head" : "idr_rt.rnode",
		  node + (xarray ? XA_NODE_TAG : RADIX_NODE_TAG));
	image_set(image, node, node_type, "slots[3]", s->nbd_device);
}

static void build_nbd(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t socks = image_array(image, "ptr", 2);

	s->config = image_new(image, "nbd_config");
	for (unsigned i = 0; i < 2; i++) {
		s->nbd_socks[i] = image_new(image, "nbd_sock");
		image_set(image, s->nbd_socks[i], "nbd_sock", "sock", s->ends[i].socket);
		image_set_pointer(image, socks, i, s->nbd_socks[i]);
	}
	image_set(image, s->nbd_socks[1], "nbd_sock", "dead", 1);
	image_set(image, s->nbd_device, "nbd_device", "index", SCENE_INDEX);
	/* One opener and one receiver. */
	image_set(image, s->nbd_device, "nbd_device", "config_refs", 2);
	image_set(image, s->nbd_device, "nbd_device", "refs", 3);
	image_set(image, s->nbd_device, "nbd_device", "config", s->config);
	image_set(image, s->nbd_device, "nbd_device", "disk", s->gendisk);
	image_set(image, s->nbd_device, "nbd_device", "task_setup", s->client.task);
	image_list_init(image,
			image_at(image, s->nbd_device, "nbd_device", "config_lock.wait_list"));
	if (!image_try_set(image, s->nbd_device, "nbd_device", "pid", s->client.pid))
		image_set(image, s->nbd_device, "nbd_device", "task_recv", s->client.task);
	image_set(image, s->config, "nbd_config", "runtime_flags", RT_HAS_PID_FILE);
	image_set(image, s->config, "nbd_config", "flags", 1);
	image_set(image, s->config, "nbd_config", "socks", socks);
	image_set(image, s->config, "nbd_config", "num_connections", 2);
	image_set(image, s->config, "nbd_config", "live_connections", 1);
	image_set(image, s->config, "nbd_config", "recv_threads", 1);
	if (!image_try_set(image, s->config, "nbd_config", "blksize_bits", 12))
		image_set(image, s->config, "nbd_config", "blksize", 4096);
}

/* One request on the first connection, sent; its tag set has two queues, the second one idle. */
static void build_request(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t set = image_at(image, s->nbd_device, "nbd_device", "tag_set");
	uint64_t queues = image_array(image, "ptr", 2), cmd, rqs[2];
	size_t rq_size = image_sizeof(image, "request");

	image_set(image, set, "blk_mq_tag_set", "nr_hw_queues", 2);
	image_set(image, set, "blk_mq_tag_set", "tags", queues);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t tags = image_new(image, "blk_mq_tags");

		rqs[i] = image_array(image, "ptr", 128);
		image_set(image, tags, "blk_mq_tags", "nr_tags", 128);
		image_set(image, tags, "blk_mq_tags", "rqs", rqs[i]);
		image_set_pointer(image, queues, i, tags);
	}
	/* nbd_cmd is in one piece with its request. */
	s->request = image_array(image, "char", rq_size + image_sizeof(image, "nbd_cmd"));
	cmd = s->request + rq_size;
	image_set_pointer(image, rqs[0], SCENE_TAG, s->request);
	image_set(image, s->request, "request", "q", s->queue);
	image_set(image, s->request, "request", "tag", SCENE_TAG);
	image_set(image, s->request, "request", "cmd_flags", REQ_OP_WRITE);
	image_set(image, s->request, "request", "__sector", SCENE_SECTOR);
	image_set(image, s->request, "request", "__data_len", SCENE_BYTES);
	image_set(image, s->request, "request", "start_time_ns",
		  (UPTIME_SECONDS - REQUEST_SECONDS) * 1000000000ull);
	if (!image_try_set(image, s->request, "request", "state", MQ_RQ_IN_FLIGHT))
		image_set(image, s->request, "request", "atomic_flags", 2);
	image_set(image, cmd, "nbd_cmd", "nbd", s->nbd_device);
	image_set(image, cmd, "nbd_cmd", "index", 0);
	image_try_set(image, cmd, "nbd_cmd", "flags", 1 << 2); /* NBD_CMD_INFLIGHT */
}

struct scene scene_build(struct image *image)
{
	struct scene s = {.image = image};
	struct kernel k;

	build_kernel(&k, image);
	s.init = new_task(&k, "swapper/0", 0, NULL, PF_KTHREAD);
	s.worker = new_task(&k, "nbd3-recv", 90, NULL, PF_KTHREAD);
	s.server = new_task(&k, "nbd-server", 4100, NULL, 0);
	s.client = new_task(&k, "nbd-client", 4200, NULL, 0);
	s.client_thread = new_task(&k, "nbd-client", 4201, &s.client, 0);
	s.opener = new_task(&k, "qemu-kvm", 4300, NULL, 0);
	s.nbd_device = image_new(image, "nbd_device");
	build_sockets(&s, &k);
	build_disk(&s, &k);
	build_nbd(&s, &k);
	build_idr(&s, &k);
	build_request(&s, &k);
	return s;
}
