// SPDX-License-Identifier: GPL-2.0-or-later
/* The objects that every kernel has many of, as they are in a running one. */
#ifndef NBD_TEST_KERNEL_H
#define NBD_TEST_KERNEL_H

#include "builder.h"

#define KERNEL_RELEASE "6.1.0-made-up"
#define KERNEL_UPTIME  1000 /* seconds */
#define KERNEL_HZ      250
/* jiffies_64, which begins 5 minutes before its low half wraps */
#define KERNEL_JIFFIES ((uint32_t)(-300 * KERNEL_HZ) + (uint64_t)KERNEL_UPTIME * KERNEL_HZ)

/* Seconds after the boot when all tasks began, and the wall clock then: it was set once, and the machine slept. */
#define KERNEL_TASKS_START 100
#define KERNEL_TASKS_SLEEP 10 /* all but the first slept so long */
#define KERNEL_WALL_CLOCK  1700000000ull
#define KERNEL_SLEPT	   5

/* task_struct.flags */
#define PF_KTHREAD 0x200000

/* The parts that all others hang on. */
struct kernel {
	struct image *image;
	uint64_t init_task, super_blocks, net, unix_buckets, bdev_super_block;
	uint64_t tick_nsec;	/* the variable */
	uint64_t timekeeper;	/* of the wall clock */
	uint64_t tcp_bucket;	/* the only one of tcp_hashinfo.ehash */
	uint64_t class_devices; /* the klist of block_class's devices */
	uint64_t socket_ops, device_ops, unix_proto, root, dev_directory;
	unsigned n_unix; /* sockets in the buckets so far */
	uint32_t next_inode;
};

struct kernel_task {
	uint64_t task, files;
	uint32_t pid;
	const char *comm;
};

/* One socket; socket and file are 0 where a struct sock has none. */
struct kernel_socket {
	uint64_t socket, sk, file;
	uint32_t inode;
};

/* A kernel without a task, in an empty image. */
void kernel_build(struct kernel *k, struct image *image);

/* The first is init_task. A task with a leader is one more thread of it, and shares its files; kernel
 * threads have none. All sleep. */
struct kernel_task kernel_task(struct kernel *k, const char *comm, uint32_t pid,
			       const struct kernel_task *leader, uint32_t flags);

/* One user more of the task's file table. */
void kernel_table_get(struct kernel *k, const struct kernel_task *t);

/* When a task began, in seconds after the boot. */
void kernel_task_began(struct kernel *k, uint64_t task, unsigned seconds);

/* When an inode was changed last, in seconds after the boot. */
void kernel_inode_changed(struct kernel *k, uint64_t inode, unsigned seconds);

/* An idr variable with one pointer in it; id must not be 0. Kernels before 4.11 have no such idr. */
void kernel_idr(struct kernel *k, const char *name, unsigned id, uint64_t pointer);

/* An unlocked mutex; the one that holds it; one that waits for it. */
void kernel_mutex(struct kernel *k, uint64_t mutex);
void kernel_mutex_own(struct kernel *k, uint64_t mutex, const struct kernel_task *t);
void kernel_mutex_wait(struct kernel *k, uint64_t mutex, const struct kernel_task *t);

/* Sets sk_shutdown of a struct sock. */
void kernel_shutdown(struct kernel *k, uint64_t sk, unsigned shutdown);

/* struct pid of a task, as sk_peer_pid has it. */
uint64_t kernel_pid(struct kernel *k, const struct kernel_task *t);

/* A struct file with that many references, whose page cache is that of the inode at mapping. */
uint64_t kernel_file(struct kernel *k, uint64_t dentry, uint64_t inode, uint64_t op,
		     uint64_t mapping, unsigned references);

/* One reference more to a file. */
void kernel_file_get(struct kernel *k, uint64_t file);

/* Makes the file descriptor of a task. */
void kernel_fd(struct kernel *k, const struct kernel_task *t, unsigned fd, uint64_t file);

/* A name in a directory; without parent the root of a file system. */
uint64_t kernel_dentry(struct kernel *k, uint64_t parent, const char *name, uint64_t inode);

/* Gives an inode its number, which is returned, and its page cache. */
uint32_t kernel_inode(struct kernel *k, uint64_t inode);

/* A struct sock of a connected AF_UNIX socket, in the namespace's table. */
uint64_t kernel_unix_sk(struct kernel *k);

/* Gives a struct sock its socket, and that its file with so many references. */
struct kernel_socket kernel_socket(struct kernel *k, uint64_t sk, unsigned references);

/* A super_block of that type of file system, on a block device or none. */
uint64_t kernel_super_block(struct kernel *k, const char *type, uint64_t bdev);

/* A whole disk with its block_device, which nobody has open. */
struct kernel_disk {
	uint64_t gendisk, queue, block_device;
	uint64_t inode; /* of the block_device */
};
struct kernel_disk kernel_disk(struct kernel *k, const char *name, unsigned major,
			       unsigned first_minor, unsigned minors);

/* The struct device of the whole disk; one more for a partition of it. */
uint64_t kernel_disk_device(const struct kernel *k, const struct kernel_disk *disk);
uint64_t kernel_partition(struct kernel *k, const struct kernel_disk *disk, unsigned number);

/* Takes a device out of block_class, as del_gendisk() does, or puts it in (again). */
void kernel_class_remove(struct kernel *k, uint64_t device);
void kernel_class_add(struct kernel *k, uint64_t device);

/* One opener more. */
void kernel_disk_open(struct kernel *k, const struct kernel_disk *disk);

#endif
