// SPDX-License-Identifier: GPL-2.0-or-later
#include "scene.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "message_log.h"

#define NBD_MAGIC	0x68797548
#define PART_SHIFT	5
#define REQUEST_SECONDS 40 /* age of the request */
#define TIMEOUT_SECONDS 30
#define MQ_RQ_IN_FLIGHT 1
#define REQ_OP_WRITE	1
#define RT_HAS_PID_FILE (1u << 3)
#define TCP_ESTABLISHED 1
#define TCP_CLOSE	7
#define SHUTDOWN_MASK	3
#define XA_NODE_TAG	2

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
	/* SOCK_DEAD */
	if (!image_try_set(k->image, sk, "unix_sock", "sk.__sk_common.skc_flags", 1))
		image_set(k->image, sk, "unix_sock", "sk.sk_flags", 1);
	kernel_shutdown(k, sk, SHUTDOWN_MASK);
	kernel_shutdown(k, other, SHUTDOWN_MASK);
}

static void build_sockets(struct scene *s, struct kernel *k)
{
	uint64_t address = new_address(k), listener = kernel_pid(k, &s->server);

	for (unsigned i = 0; i < 2; i++) {
		uint64_t client = kernel_unix_sk(k), server = kernel_unix_sk(k);

		/* Each is held by nbd, and by the client's fd. */
		s->ends[i] = kernel_socket(k, client, 2);
		kernel_fd(k, &s->client, SCENE_CLIENT_FD + i, s->ends[i].file);
		connect_unix(k, client, server, address, listener);
		s->peers[i] =
			i ? (struct kernel_socket){.sk = server} : kernel_socket(k, server, 1);
	}
	kernel_fd(k, &s->server, SCENE_SERVER_FD, s->peers[0].file);
	close_unix(k, s->peers[1].sk, s->ends[1].sk);
}

/* The disk, and who has it open. */
static void build_disk(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t node = image_new(image, "inode");
	char name[8];

	snprintf(name, sizeof(name), "nbd%d", SCENE_INDEX);
	s->disk = kernel_disk(k, name, NBD_MAJOR, SCENE_INDEX << PART_SHIFT, 1 << PART_SHIFT);
	image_set(image, s->disk.gendisk, "gendisk", "private_data", s->nbd_device);
	kernel_partition(k, &s->disk, 1);
	kernel_inode(k, node);
	s->opener_file = kernel_file(k, kernel_dentry(k, k->dev_directory, name, node), node,
				     k->device_ops, s->disk.inode, 1);
	kernel_fd(k, &s->opener, SCENE_OPENER_FD, s->opener_file);
	kernel_disk_open(k, &s->disk);
}

static void build_debugfs(struct scene *s, struct kernel *k)
{
	uint64_t inode = image_new(k->image, "inode");

	kernel_inode_changed(k, inode, SCENE_START);
	s->debugfs = kernel_dentry(k, 0, "nbd3", inode);
	image_set(k->image, s->config, "nbd_config", "dbg_dir", s->debugfs);
}

static void build_nbd(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t socks = image_array(image, "ptr", 2);

	s->config = image_new(image, "nbd_config");
	for (unsigned i = 0; i < 2; i++) {
		s->nbd_socks[i] = image_new(image, "nbd_sock");
		image_set(image, s->nbd_socks[i], "nbd_sock", "sock", s->ends[i].socket);
		kernel_mutex(k, image_at(image, s->nbd_socks[i], "nbd_sock", "tx_lock"));
		image_set_pointer(image, socks, i, s->nbd_socks[i]);
	}
	image_list_init(image, image_at(image, s->config, "nbd_config", "conn_wait.whole.head"));
	image_set(image, s->nbd_socks[1], "nbd_sock", "dead", 1);
	image_set(image, s->nbd_device, "nbd_device", "index", SCENE_INDEX);
	/* One opener and one receiver. */
	image_set(image, s->nbd_device, "nbd_device", "config_refs", 2);
	image_set(image, s->nbd_device, "nbd_device", "refs", 3);
	image_set(image, s->nbd_device, "nbd_device", "config", s->config);
	image_set(image, s->nbd_device, "nbd_device", "disk", s->disk.gendisk);
	image_set(image, s->nbd_device, "nbd_device", "task_setup", s->client.task);
	kernel_mutex(&s->kernel, image_at(image, s->nbd_device, "nbd_device", "config_lock"));
	image_list_init(image, image_at(image, s->nbd_device, "nbd_device", "list"));
	if (!image_try_set(image, s->nbd_device, "nbd_device", "pid", s->client.pid))
		image_set(image, s->nbd_device, "nbd_device", "task_recv", s->client.task);
	if (image_has(image, "nbd_device", "backend"))
		image_set(image, s->nbd_device, "nbd_device", "backend",
			  image_string(image, SCENE_BACKEND));
	image_set(image, s->config, "nbd_config", "runtime_flags", RT_HAS_PID_FILE);
	image_set(image, s->config, "nbd_config", "flags", 1);
	image_set(image, s->config, "nbd_config", "socks", socks);
	image_set(image, s->config, "nbd_config", "num_connections", 2);
	image_set(image, s->config, "nbd_config", "live_connections", 1);
	image_set(image, s->config, "nbd_config", "recv_threads", 1);
	build_debugfs(s, k);
	if (!image_try_set(image, s->config, "nbd_config", "blksize_bits", 12))
		image_set(image, s->config, "nbd_config", "blksize", 4096);
}

/* The sbitmap_queue of a blk_mq_tags, which 5.10 and its like point to. */
static uint64_t bitmap_of(struct image *image, uint64_t tags)
{
	return image_has(image, "blk_mq_tags", "__bitmap_tags")
		       ? image_at(image, tags, "blk_mq_tags", "__bitmap_tags")
		       : image_at(image, tags, "blk_mq_tags", "bitmap_tags");
}

uint64_t scene_new_tags(struct image *image, unsigned n)
{
	uint64_t tags = image_new(image, "blk_mq_tags"), bitmap = bitmap_of(image, tags);
	uint64_t ws = image_array(image, "sbq_wait_state", 8);

	image_set(image, tags, "blk_mq_tags", "nr_tags", n);
	image_set(image, tags, "blk_mq_tags", "rqs", image_array(image, "ptr", n));
	image_set(image, tags, "blk_mq_tags", "static_rqs", image_array(image, "ptr", n));
	if (image_has(image, "blk_mq_tags", "__bitmap_tags"))
		image_set(image, tags, "blk_mq_tags", "bitmap_tags", bitmap);
	image_set(image, bitmap, "sbitmap_queue", "sb.depth", n);
	image_set(image, bitmap, "sbitmap_queue", "sb.shift", 5);
	image_set(image, bitmap, "sbitmap_queue", "sb.map_nr", (n + 31) / 32);
	image_set(image, bitmap, "sbitmap_queue", "sb.map",
		  image_array(image, "sbitmap_word", (n + 31) / 32));
	image_set(image, bitmap, "sbitmap_queue", "ws", ws);
	for (unsigned i = 0; i < 8; i++)
		image_list_init(image,
				image_at(image, ws + i * image_sizeof(image, "sbq_wait_state"),
					 "sbq_wait_state", "wait.whole.head"));
	return tags;
}

void scene_take_tag(struct image *image, uint64_t tags, unsigned tag, uint64_t request)
{
	uint64_t word = image_get(image, bitmap_of(image, tags), "sbitmap_queue", "sb.map") +
			tag / 32 * image_sizeof(image, "sbitmap_word");

	image_set(image, word, "sbitmap_word", "word",
		  image_get(image, word, "sbitmap_word", "word") | 1ull << tag % 32);
	image_set_pointer(image, image_get(image, tags, "blk_mq_tags", "static_rqs"), tag, request);
}

uint64_t scene_new_request(struct scene *s)
{
	struct image *image = s->image;
	size_t size = image_sizeof(image, "request");
	/* nbd_cmd is in one piece with its request. */
	uint64_t rq = image_array(image, "char", size + image_sizeof(image, "nbd_cmd"));

	image_set(image, rq, "request", "q", s->disk.queue);
	image_set(image, rq + size, "nbd_cmd", "nbd", s->nbd_device);
	return rq;
}

/* The i-th of two blk_mq_hw_ctx. */
static uint64_t new_hw_queue(struct scene *s, unsigned i, uint64_t tags)
{
	struct image *image = s->image;
	uint64_t hw_queue = image_new(image, "blk_mq_hw_ctx"), table;

	image_set(image, hw_queue, "blk_mq_hw_ctx", "tags", tags);
	image_list_init(image, image_at(image, hw_queue, "blk_mq_hw_ctx", "dispatch"));
	if (image_has(image, "request_queue", "queue_hw_ctx")) {
		table = image_get(image, s->disk.queue, "request_queue", "queue_hw_ctx");
		if (!table)
			table = image_array(image, "ptr", 2);
		image_set(image, s->disk.queue, "request_queue", "queue_hw_ctx", table);
		image_set_pointer(image, table, i, hw_queue);
		return hw_queue;
	}
	table = image_get(image, s->disk.queue, "request_queue", "hctx_table.xa_head");
	if (!table)
		table = image_new(image, "xa_node") + XA_NODE_TAG;
	image_set(image, s->disk.queue, "request_queue", "hctx_table.xa_head", table);
	table -= XA_NODE_TAG;
	image_set_pointer(image, image_at(image, table, "xa_node", "slots"), i, hw_queue);
	image_set(image, table, "xa_node", "count", i + 1);
	return hw_queue;
}

/* One request on the first connection, sent; its tag set has two queues, the second one idle. */
static void build_request(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t set = image_at(image, s->nbd_device, "nbd_device", "tag_set");
	uint64_t queues = image_array(image, "ptr", 2), cmd, tags[2];
	size_t rq_size = image_sizeof(image, "request");
	uint64_t deadline = KERNEL_JIFFIES + (TIMEOUT_SECONDS - REQUEST_SECONDS) * KERNEL_HZ;

	image_set(image, set, "blk_mq_tag_set", "nr_hw_queues", 2);
	image_set(image, set, "blk_mq_tag_set", "queue_depth", 128);
	image_set(image, set, "blk_mq_tag_set", "driver_data", s->nbd_device);
	image_set(image, set, "blk_mq_tag_set", "cmd_size", image_sizeof(image, "nbd_cmd"));
	image_try_set(image, s->disk.queue, "request_queue", "nr_hw_queues", 2);
	image_try_set(image, s->disk.queue, "request_queue", "tag_set", set);
	image_set(image, set, "blk_mq_tag_set", "tags", queues);
	image_list_init(image, image_at(image, s->disk.queue, "request_queue", "requeue_list"));
	if (image_has(image, "request_queue", "flush_list"))
		image_list_init(image,
				image_at(image, s->disk.queue, "request_queue", "flush_list"));
	for (unsigned i = 0; i < 2; i++) {
		tags[i] = scene_new_tags(image, 128);
		image_set_pointer(image, queues, i, tags[i]);
	}
	for (unsigned i = 0; i < 2; i++) {
		uint64_t hw_queue = new_hw_queue(s, i, tags[i]);

		if (!i)
			s->hw_queue = hw_queue;
	}
	s->request = scene_new_request(s);
	cmd = s->request + rq_size;
	s->rqs = image_get(image, tags[0], "blk_mq_tags", "rqs");
	image_set_pointer(image, s->rqs, SCENE_TAG, s->request);
	scene_take_tag(image, tags[0], SCENE_TAG, s->request);
	image_set(image, s->request, "request", "tag", SCENE_TAG);
	image_set(image, s->request, "request", "cmd_flags", REQ_OP_WRITE);
	image_set(image, s->request, "request", "__sector", SCENE_SECTOR);
	image_set(image, s->request, "request", "__data_len", SCENE_BYTES);
	image_set(image, s->request, "request", "timeout", TIMEOUT_SECONDS * KERNEL_HZ);
	/* 4.14 and queues without statistics know when it was sent, else when it was made. */
	if (image_has(image, "request", "deadline") &&
	    image_has(image, "request", "start_time_ns")) {
		deadline += KERNEL_HZ;
		image_set(image, s->request, "request", "start_time_ns",
			  (KERNEL_UPTIME - REQUEST_SECONDS) * 1000000000ull);
	}
	if (!image_try_set(image, s->request, "request", "__deadline", deadline))
		image_set(image, s->request, "request", "deadline", deadline);
	if (!image_try_set(image, s->request, "request", "state", MQ_RQ_IN_FLIGHT))
		image_set(image, s->request, "request", "atomic_flags", 2);
	image_try_set(image, cmd, "nbd_cmd", "index", 0);
	image_try_set(image, cmd, "nbd_cmd", "flags", 1 << 2); /* NBD_CMD_INFLIGHT */
}

/* nbd as it was before 4.12. */
static void build_single(struct scene *s, struct kernel *k)
{
	struct image *image = k->image;
	uint64_t socks;

	image_set(image, s->nbd_device, "nbd_device", "magic", NBD_MAGIC);
	image_set(image, s->nbd_device, "nbd_device", "disk", s->disk.gendisk);
	image_set(image, s->nbd_device, "nbd_device", "blksize", 4096);
	if (!image_try_set(image, s->nbd_device, "nbd_device", "pid", s->client.pid))
		image_set(image, s->nbd_device, "nbd_device", "task_recv", s->client.task);
	image_try_set(image, s->nbd_device, "nbd_device", "xmit_timeout",
		      TIMEOUT_SECONDS * KERNEL_HZ);
	image_try_set(image, s->nbd_device, "nbd_device", "task_setup", s->client.task);
	image_try_set(image, s->nbd_device, "nbd_device", "tag_set.timeout",
		      TIMEOUT_SECONDS * KERNEL_HZ);
	if (image_try_set(image, s->nbd_device, "nbd_device", "sock", s->ends[0].socket))
		return;
	kernel_mutex(k, image_at(image, s->nbd_device, "nbd_device", "config_lock"));
	socks = image_array(image, "ptr", 2);
	for (unsigned i = 0; i < 2; i++) {
		s->nbd_socks[i] = image_new(image, "nbd_sock");
		image_set(image, s->nbd_socks[i], "nbd_sock", "sock", s->ends[i].socket);
		image_set_pointer(image, socks, i, s->nbd_socks[i]);
	}
	image_set(image, s->nbd_device, "nbd_device", "socks", socks);
	image_set(image, s->nbd_device, "nbd_device", "num_connections", 2);
}

/* All nbd_devices, of which the scene's is the last. */
static uint64_t build_array(struct kernel *k)
{
	struct image *image = k->image;
	size_t size = image_sizeof(image, "nbd_device");
	uint64_t devices = image_array(image, "nbd_device", SCENE_INDEX + 1);
	uint64_t nbds_max = image_variable(image, "nbds_max", "int");

	image_pointer(image, "nbd_dev", devices);
	image_write(image, nbds_max, &(uint32_t){SCENE_INDEX + 1}, sizeof(uint32_t));
	for (unsigned i = 0; i < SCENE_INDEX; i++) {
		uint64_t device = devices + i * size;
		struct kernel_disk disk;
		char name[8];

		snprintf(name, sizeof(name), "nbd%u", i);
		disk = kernel_disk(k, name, NBD_MAJOR, i << PART_SHIFT, 1 << PART_SHIFT);
		image_set(image, disk.gendisk, "gendisk", "private_data", device);
		image_set(image, device, "nbd_device", "magic", NBD_MAGIC);
		image_set(image, device, "nbd_device", "disk", disk.gendisk);
	}
	return devices + SCENE_INDEX * size;
}

struct scene scene_build(struct image *image)
{
	struct scene s = {.image = image};
	struct kernel *k = &s.kernel;
	bool listed;

	kernel_build(k, image);
	s.init = kernel_task(k, "swapper/0", 0, NULL, PF_KTHREAD);
	s.worker = kernel_task(k, "nbd3-recv", 90, NULL, PF_KTHREAD);
	s.server = kernel_task(k, "nbd-server", 4100, NULL, 0);
	s.client = kernel_task(k, "nbd-client", 4200, NULL, 0);
	s.client_thread = kernel_task(k, "nbd-client", 4201, &s.client, 0);
	s.opener = kernel_task(k, "qemu-kvm", 4300, NULL, 0);
	listed = image_has(image, "idr", "idr_rt");
	s.nbd_device = listed ? image_new(image, "nbd_device") : build_array(k);
	build_sockets(&s, k);
	build_disk(&s, k);
	if (image_has(image, "nbd_config", NULL))
		build_nbd(&s, k);
	else
		build_single(&s, k);
	if (listed)
		kernel_idr(k, "nbd_index_idr", SCENE_INDEX, s.nbd_device);
	if (image_has(image, "nbd_cmd", NULL))
		build_request(&s, k);
	message_log_add(image, LOG_KERN, SCENE_LOST_MS, SCENE_LOST);
	return s;
}
