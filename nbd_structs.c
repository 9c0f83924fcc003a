// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/nbd_structs.h"

#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "resolve/kernel_types.h"
#include "base/words.h"
#include "collect/block_devices.h"
#include "collect/find_devices.h"
#include "collect/task_list.h"
#include "collect/socket.h"
#include "collect/started.h"

#define SOCKS_PER_READ 4096
/* When so many connections could not be read, num_connections is not believed, and the rest is not tried. */
#define MAX_UNREADABLE 64
#define SECTOR_SHIFT   9
/* No kernel has as many bits in runtime_flags. */
#define MAX_RUNTIME_FLAGS 0xffff
/* A longer name of a server is not read. */
#define MAX_BACKEND 4096
/* loff_t */
#define MAX_SIZE INT64_MAX

num nbd_at_most(struct device *dev, num n, uint64_t max, const char *format, ...)
{
	va_list list;

	if (!n.known || n.v <= max)
		return n;
	va_start(list, format);
	problem_add(&dev->problems, arena_printf("%s %s is impossible", arena_vprintf(format, list),
						 word_decimal(n)));
	va_end(list);
	return NUM_UNKNOWN;
}

/* The pointers to connections from first on, as many as are read at a time. */
static bool read_pointers(uint64_t socks, uint32_t first, uint32_t count, uint64_t *pointers)
{
	uint32_t left = count - first, n = left < SOCKS_PER_READ ? left : SOCKS_PER_READ;

	return k_read(socks + first * sizeof(*pointers), pointers, n * sizeof(*pointers),
		      "nbd_config.socks");
}

void nbd_connections_read(struct device *dev, uint64_t socks, struct file_set *files)
{
	int32_t count = (int32_t)dev->num_connections.v;
	uint64_t *pointers = arena_alloc(SOCKS_PER_READ * sizeof(*pointers));
	bool all_known = true;
	size_t dead = 0, unreadable = 0;

	if (count < 0 || (uint32_t)count > MAX_CONNECTIONS) {
		problem_add(&dev->problems,
			    arena_printf("num_connections %d is impossible: no connection was read",
					 count));
		return;
	}
	for (uint32_t i = 0; i < (uint32_t)count; i++) {
		uint32_t in_chunk = i % SOCKS_PER_READ;
		struct connection *conn;
		struct kobj o;
		num found, sock;

		if (k_interrupted() ||
		    (!in_chunk && !read_pointers(socks, i, (uint32_t)count, pointers))) {
			problem_add(&dev->problems,
				    arena_printf("nbd_config.socks could not be read: "
						 "connections %u to %d are unknown",
						 i, count - 1));
			return;
		}
		conn = ARENA_PUSH(dev->conns, dev->n_conns);
		conn->index = i;
		conn->nbd_sock = pointers[in_chunk];
		k_load(&o, K_NBD_SOCK, conn->nbd_sock);
		found = k_num(&o, KM_NSOCK_DEAD);
		conn->dead = nbd_at_most(dev, found, 1, "nbd_sock.dead of connection %u", i);
		sock = k_num(&o, KM_NSOCK_SOCK);
		conn->sock = socket_read(sock.v, files);
		dead += conn->dead.v != 0;
		all_known &= conn->dead.known;
		if ((found.known || !k_has(KM_NSOCK_DEAD)) && conn->sock->family.known)
			continue;
		problem_add(&dev->problems,
			    arena_printf("connection %u (nbd_sock %llx) could not be read", i,
					 (unsigned long long)conn->nbd_sock));
		if (++unreadable == MAX_UNREADABLE && i + 1 < (uint32_t)count) {
			problem_add(&dev->problems,
				    arena_printf("too much of nbd_config.socks leads nowhere: "
						 "connections %u to %d were not read",
						 i + 1, count - 1));
			return;
		}
	}
	if (all_known)
		dev->n_dead = NUM(dead);
}

/* The kernel stores dead_conn_timeout and the tag set's timeout in jiffies. */
num nbd_seconds(num jiffies)
{
	return jiffies.known && k_hz() ? NUM(jiffies.v / k_hz()) : NUM_UNKNOWN;
}

static void read_config(struct device *dev, struct file_set *files)
{
	struct kobj o;
	num bits, socks;

	if (!k_load(&o, K_NBD_CONFIG, dev->config))
		problem_add(&dev->problems, "nbd_config could not be read in one piece");
	dev->server_flags = k_num(&o, KM_CONFIG_FLAGS);
	dev->runtime_flags = nbd_at_most(dev, k_num(&o, KM_CONFIG_RUNTIME_FLAGS), MAX_RUNTIME_FLAGS,
					 "runtime_flags");
	dev->num_connections = k_signed(&o, KM_CONFIG_NUM_CONNECTIONS);
	dev->live_connections = nbd_at_most(dev, k_signed(&o, KM_CONFIG_LIVE_CONNECTIONS),
					    INT32_MAX, "live_connections");
	dev->recv_threads =
		nbd_at_most(dev, k_signed(&o, KM_CONFIG_RECV_THREADS), INT32_MAX, "recv_threads");
	dev->dead_conn_timeout_seconds = nbd_seconds(k_num(&o, KM_CONFIG_DEAD_CONN_TIMEOUT));
	bits = k_num(&o, KM_CONFIG_BLKSIZE_BITS);
	if (bits.v > MAX_BLOCK_BITS)
		problem_add(&dev->problems,
			    arena_printf("nbd_config.blksize_bits %llu is impossible",
					 (unsigned long long)bits.v));
	dev->block_size = bits.known && bits.v <= MAX_BLOCK_BITS
				  ? NUM(1ull << bits.v)
				  : nbd_at_most(dev, k_num(&o, KM_CONFIG_BLKSIZE), MAX_BLOCK_SIZE,
						"the block size");
	dev->started_boottime = started_boottime(k_num(&o, KM_CONFIG_DBG_DIR), dev->index);
	socks = k_num(&o, KM_CONFIG_SOCKS);
	if (dev->num_connections.known && socks.known && (socks.v || !dev->num_connections.v))
		nbd_connections_read(dev, socks.v, files);
	else
		problem_add(&dev->problems, "nbd_config.socks is unknown: no connection was read");
}

/* The capacity in bytes. From v5.11, which made part0 a pointer, until f09313c57a17 ("block: cache inode
 * size in bdev") (in v5.16) only the size of part0's inode tells it. */
static num read_capacity(struct device *dev)
{
	num part0 = k_num_at(dev->gendisk, KM_DISK_PART0), sectors = NUM_UNKNOWN;

	if (k_has(KM_HD_NR_SECTS)) {
		sectors = k_num_at(k_at(dev->gendisk, KM_DISK_PART0), KM_HD_NR_SECTS);
	} else if (!num_is(k_num_at(part0.v, KM_BDEV_DISK), dev->gendisk)) {
		problem_add(&dev->problems,
			    "gendisk.part0 does not lead to a block_device of this disk");
	} else if (k_has(KM_BDEV_NR_SECTORS)) {
		sectors = k_num_at(part0.v, KM_BDEV_NR_SECTORS);
	} else {
		uint64_t inode =
			k_at(k_container(part0.v, KM_BDEV_INODE_BDEV), KM_BDEV_INODE_VFS_INODE);

		return nbd_at_most(dev, k_num_at(inode, KM_INODE_SIZE), MAX_SIZE, "i_size");
	}
	sectors = nbd_at_most(dev, sectors, MAX_SIZE >> SECTOR_SHIFT, "the number of sectors");
	return sectors.known ? NUM(sectors.v << SECTOR_SHIFT) : NUM_UNKNOWN;
}

void nbd_gendisk_read(struct device *dev)
{
	struct kobj o;

	k_load(&o, K_GENDISK, dev->gendisk);
	dev->name = block_devices_disk_name(&o);
	if (!dev->name)
		dev->name = arena_printf("nbd%u", dev->index);
	if (!num_is(k_num(&o, KM_DISK_PRIVATE_DATA), dev->nbd_device))
		problem_add(&dev->problems,
			    "gendisk.private_data does not lead back to this nbd_device");
	dev->capacity_bytes = read_capacity(dev);
}

/* The task, or NULL for a kernel thread: none of those calls ioctl() or talks netlink, so it has the memory, or
 * the pid, of a recorded task that has exited. */
static const struct task *user_task(const struct task *t)
{
	return t && !t->kernel_thread ? t : NULL;
}

void nbd_tasks_read(struct device *dev, const struct kobj *o, const struct task_list *tasks)
{
	dev->task_setup = k_num(o, KM_NBD_TASK_SETUP);
	dev->setup_task = user_task(task_list_by_address(tasks, dev->task_setup.v));
	dev->recv_pid = nbd_at_most(dev, k_signed(o, KM_NBD_PID), MAX_PID, "nbd_device.pid");
	dev->recv_task_addr = k_num(o, KM_NBD_TASK_RECV);
	if (dev->recv_pid.v)
		dev->recv_task = user_task(task_list_by_pid(tasks, (uint32_t)dev->recv_pid.v));
	else
		dev->recv_task = user_task(task_list_by_address(tasks, dev->recv_task_addr.v));
}

struct device *nbd_device_begin(struct report *report, const struct found_device *found,
				struct kobj *o)
{
	struct device *dev = ARENA_PUSH(report->devices, report->n_devices);

	dev->index = found->index;
	dev->nbd_device = found->nbd_device;
	if (found->problem)
		problem_add(&dev->problems, found->problem);
	if (!k_load(o, K_NBD_DEVICE, found->nbd_device))
		problem_add(&dev->problems, "nbd_device could not be read in one piece");
	return dev;
}

static void read_backend(struct device *dev, num text)
{
	dev->has_backend = text;
	dev->has_backend.v = text.v != 0;
	dev->backend = text.v ? k_text(text.v, MAX_BACKEND, "nbd_device.backend") : NULL;
	if ((text.v && !dev->backend) || (!text.known && !text.absent))
		problem_add(&dev->problems, "nbd_device.backend could not be read");
}

static void read_device(struct report *report, const struct found_device *found,
			struct file_set *files)
{
	struct kobj o;
	struct device *dev = nbd_device_begin(report, found, &o);
	num config, index = k_signed(&o, KM_NBD_INDEX);

	if (!num_is(index, found->index))
		problem_add(
			&dev->problems,
			arena_printf("nbd_device.index is %s, yet %s has it as %u",
				     index.known ? arena_printf("%d", (int)index.v) : "unreadable",
				     found->says_index, found->index));
	dev->gendisk = k_num(&o, KM_NBD_DISK).v;
	nbd_gendisk_read(dev);
	dev->config_refs = k_num(&o, KM_NBD_CONFIG_REFS);
	dev->refs = k_num(&o, KM_NBD_REFS);
	dev->device_flags = k_num(&o, KM_NBD_FLAGS);
	dev->timeout_seconds =
		nbd_seconds(k_num_at(k_at(dev->nbd_device, KM_NBD_TAG_SET), KM_TAG_SET_TIMEOUT));
	nbd_tasks_read(dev, &o, &report->tasks);
	read_backend(dev, k_num(&o, KM_NBD_BACKEND));
	config = k_num(&o, KM_NBD_CONFIG);
	dev->config = config.v;
	dev->config_known = config;
	if (dev->config)
		read_config(dev, files);
}

void nbd_devices_collect(struct report *report, struct file_set *files)
{
	struct found_devices found = find_devices(report);

	for (size_t i = 0; i < found.n; i++)
		read_device(report, &found.v[i], files);
}

struct device *nbd_device_by_address(const struct report *report, uint64_t addr)
{
	for (size_t i = 0; addr && i < report->n_devices; i++) {
		struct device *dev = &report->devices[i];

		if (addr == dev->gendisk || addr == dev->nbd_device || addr == dev->config)
			return dev;
	}
	return NULL;
}

struct device *nbd_device_by_index(const struct report *report, uint32_t index)
{
	for (size_t i = 0; i < report->n_devices; i++) {
		if (report->devices[i].index == index)
			return &report->devices[i];
	}
	return NULL;
}

struct connection *nbd_connection_by_address(const struct report *report, uint64_t addr)
{
	for (size_t i = 0; addr && i < report->n_devices; i++) {
		const struct device *dev = &report->devices[i];

		for (size_t c = 0; c < dev->n_conns; c++) {
			if (dev->conns[c].nbd_sock == addr)
				return &dev->conns[c];
		}
	}
	return NULL;
}
