// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each member of each kernel structure is, and checked reads of them.
 *
 * Everything that differs between kernels is a row of the table in kernel_members.c; the other files
 * ask for a member and get its value, or learn that it is not known.
 */
#ifndef NBD_RESOLVE_KERNEL_TYPES_H
#define NBD_RESOLVE_KERNEL_TYPES_H

#include <stddef.h>

#include "base/num.h"
#include "base/reads.h"

/* The structures. K_NBD_* come from the nbd module, all others from the kernel proper. */
enum ktype {
	K_NBD_DEVICE,
	K_NBD_CONFIG,
	K_NBD_CMD,
	K_NBD_SOCK,
	K_BLK_MQ_TAG_SET,
	K_GENDISK,
	K_HD_STRUCT,
	K_BLOCK_DEVICE,
	K_IDR,
	K_RADIX_TREE_ROOT,
	K_XARRAY,
	K_RADIX_TREE_NODE,
	K_XA_NODE,
	K_TASK,
	K_SIGNAL,
	K_PID,
	K_UPID,
	K_FILES,
	K_FDTABLE,
	K_FILE,
	K_PATH,
	K_DENTRY,
	K_QSTR,
	K_INODE,
	K_SOCKET,
	K_SOCKET_ALLOC,
	K_SOCK,
	K_SOCK_COMMON,
	K_SK_BUFF_HEAD,
	K_UNIX_SOCK,
	K_UNIX_ADDRESS,
	K_INET_SOCK,
	K_TCP_SOCK,
	K_INET_HASHINFO,
	K_EHASH_BUCKET,
	K_SUPER_BLOCK,
	K_FILE_SYSTEM_TYPE,
	K_MOUNT,
	K_BDEV_INODE,
	K_BD_HOLDER_DISK,
	K_SWAP_INFO,
	K_SK_BUFF,
	K_UNIX_SKB_PARMS,
	K_SCM_FP_LIST,
	K_NET,
	K_NETNS_IPV4,
	K_DEATH_ROW,
	K_NETNS_UNIX,
	K_UNIX_TABLE,
	K_IO_RING_CTX,
	K_IO_FILE_TABLE,
	K_IO_RSRC_DATA,
	K_IO_RSRC_NODE,
	K_BLK_MQ_TAGS,
	K_REQUEST_QUEUE,
	K_REQUEST,
	K_BIO,
	K_BIO_VEC,
	K_MUTEX,
	K_MUTEX_WAITER,
	K_THREAD,
	K_CPU_CONTEXT,
	K_INACTIVE_FRAME,
	K_ORC_ENTRY,
	K_MODULE,
	K_MODULE_LAYOUT,
	K_MODULE_MEMORY,
	K_MODULE_ARCH,
	K_BTF_MODULE,
	K_BTF,
	K_TYPE_COUNT
};

enum kmember {
	/* nbd_device */
	KM_NBD_INDEX,
	KM_NBD_CONFIG_REFS,
	KM_NBD_REFS,
	KM_NBD_CONFIG,
	KM_NBD_DISK,
	KM_NBD_TAG_SET,
	KM_NBD_TASK_SETUP,
	KM_NBD_PID,
	KM_NBD_TASK_RECV,
	KM_NBD_FLAGS,
	KM_NBD_BACKEND,
	KM_NBD_LIST,
	KM_NBD_DESTROY_COMPLETE,
	/* nbd_device before there was an nbd_config */
	KM_NBD_MAGIC,
	KM_NBD_SOCK,
	KM_NBD_SOCKS,
	KM_NBD_NUM_CONNECTIONS,
	KM_NBD_BLKSIZE,
	KM_NBD_XMIT_TIMEOUT,
	/* nbd_config */
	KM_CONFIG_FLAGS,
	KM_CONFIG_RUNTIME_FLAGS,
	KM_CONFIG_DEAD_CONN_TIMEOUT,
	KM_CONFIG_SOCKS,
	KM_CONFIG_NUM_CONNECTIONS,
	KM_CONFIG_LIVE_CONNECTIONS,
	KM_CONFIG_RECV_THREADS,
	KM_CONFIG_BLKSIZE,
	KM_CONFIG_BLKSIZE_BITS,
	/* nbd_sock */
	KM_NSOCK_SOCK,
	KM_NSOCK_DEAD,
	/* blk_mq_tag_set */
	KM_TAG_SET_TIMEOUT,
	KM_TAG_SET_DRIVER_DATA,
	KM_TAG_SET_CMD_SIZE,
	/* gendisk, hd_struct, block_device */
	KM_DISK_NAME,
	KM_DISK_PRIVATE_DATA,
	KM_DISK_PART0,
	KM_HD_NR_SECTS,
	KM_BDEV_NR_SECTORS,
	/* idr and the two generations of its tree */
	KM_IDR_RT,
	KM_IDR_BASE,
	KM_RADIX_RNODE,
	KM_XARRAY_HEAD,
	KM_RADIX_NODE_SHIFT,
	KM_RADIX_NODE_COUNT,
	KM_RADIX_NODE_SLOTS,
	KM_XA_NODE_SHIFT,
	KM_XA_NODE_COUNT,
	KM_XA_NODE_SLOTS,
	/* task_struct, signal_struct */
	KM_TASK_STATE,
	KM_TASK_EXIT_STATE,
	KM_TASK_FLAGS,
	KM_TASK_TASKS,
	KM_TASK_PID,
	KM_TASK_TGID,
	KM_TASK_SIGNAL,
	KM_TASK_THREAD_NODE,
	KM_TASK_THREAD_GROUP,
	KM_TASK_COMM,
	KM_TASK_FILES,
	KM_TASK_IO_URING,
	KM_SIGNAL_THREAD_HEAD,
	/* pid, upid */
	KM_PID_TASKS,
	KM_PID_NUMBERS,
	KM_UPID_NR,
	/* files_struct, fdtable, file, dentry, inode */
	KM_FILES_FDT,
	KM_FDT_MAX_FDS,
	KM_FDT_FD,
	KM_FDT_OPEN_FDS,
	KM_FILE_COUNT,
	KM_FILE_REF,
	KM_FILE_OP,
	KM_FILE_PRIVATE_DATA,
	KM_FILE_INODE,
	KM_FILE_PATH,
	KM_PATH_DENTRY,
	KM_DENTRY_PARENT,
	KM_DENTRY_NAME,
	KM_DENTRY_INODE,
	KM_QSTR_NAME,
	KM_QSTR_LEN,
	KM_INODE_INO,
	KM_INODE_SIZE,
	/* socket */
	KM_SOCKET_TYPE,
	KM_SOCKET_FILE,
	KM_SOCKET_SK,
	KM_SOCKET_VFS_INODE,
	/* sock */
	KM_SK_COMMON,
	KM_SK_PROTOCOL,
	KM_SK_SHUTDOWN,
	KM_SK_FLAGS,
	KM_SK_SOCKET,
	KM_SK_PEER_PID,
	KM_SK_RECEIVE_QUEUE,
	KM_SK_WMEM_ALLOC,
	KM_SKC_FAMILY,
	KM_SKC_STATE,
	KM_SKC_PROT,
	KM_SKC_FLAGS,
	KM_SKC_DPORT,
	KM_SKC_NUM,
	KM_SKC_DADDR,
	KM_SKC_RCV_SADDR,
	KM_SKC_V6_DADDR,
	KM_SKC_V6_RCV_SADDR,
	KM_SKC_NET,
	KM_SKC_NODE,
	KM_SKB_QLEN,
	KM_UNIX_ADDR,
	KM_UNIX_PEER,
	KM_UNIX_ADDRESS_LEN,
	KM_UNIX_ADDRESS_NAME,
	KM_INET_SPORT,
	KM_TCP_WRITE_SEQ,
	KM_TCP_SND_UNA,
	KM_EHASH,
	KM_EHASH_MASK,
	KM_EHASH_PERNET,
	KM_EHASH_CHAIN,
	KM_NET_IPV4,
	KM_NETNS_DEATH_ROW,
	KM_DEATH_ROW_HASHINFO,
	/* block devices and who holds them */
	KM_SB_LIST,
	KM_SB_BDEV,
	KM_SB_TYPE,
	KM_SB_MOUNTS,
	KM_SB_INODES,
	KM_FS_TYPE_NAME,
	KM_MOUNT_INSTANCE,
	KM_MOUNT_NEXT_FOR_SB,
	KM_MOUNT_POINT,
	KM_MOUNT_PARENT,
	KM_INODE_SB_LIST,
	KM_INODE_DATA,
	KM_BDEV_INODE_BDEV,
	KM_BDEV_INODE_VFS_INODE,
	KM_BDEV_OPENERS,
	KM_BDEV_DEV,
	KM_BDEV_DISK,
	KM_BDEV_INVALIDATED,
	KM_BDEV_HOLDER,
	KM_BDEV_HOLDER_DIR,
	KM_BDEV_HOLDER_DISKS,
	KM_DISK_MAJOR,
	KM_DISK_FIRST_MINOR,
	KM_DISK_MINORS,
	KM_DISK_SLAVE_BDEVS,
	KM_HOLDER_LIST,
	KM_HOLDER_BDEV,
	KM_HOLDER_DIR,
	KM_HOLDER_DISK,
	KM_SWAP_FLAGS,
	KM_SWAP_BDEV,
	KM_SWAP_FILE,
	KM_FILE_MAPPING,
	/* references to files that are no fds */
	KM_SKB_NEXT,
	KM_SKB_CB,
	KM_UNIX_SKB_FP,
	KM_SCM_FP_COUNT,
	KM_SCM_FP_FILES,
	KM_NET_LIST,
	KM_NET_UNX,
	KM_NETNS_UNIX_TABLE,
	KM_UNIX_TABLE_BUCKETS,
	KM_SKC_HASH_NODE,
	KM_RING_FILE_TABLE,
	KM_RING_NR_FILES,
	KM_FILE_TABLE_FILES,
	KM_FILE_TABLE_DATA,
	KM_RSRC_DATA_NR,
	KM_RSRC_DATA_NODES,
	KM_RSRC_NODE_FILE_PTR,
	/* requests */
	KM_CMD_NBD,
	KM_CMD_INDEX,
	KM_CMD_RETRIES,
	KM_CMD_FLAGS,
	KM_TAG_SET_NR_HW_QUEUES,
	KM_TAG_SET_QUEUE_DEPTH,
	KM_TAG_SET_TAGS,
	KM_TAGS_NR_TAGS,
	KM_TAGS_RQS,
	KM_DISK_QUEUE,
	KM_QUEUE_TAG_SET,
	KM_QUEUE_NR_HW_QUEUES,
	KM_RQ_QUEUE,
	KM_RQ_TAG,
	KM_RQ_STATE,
	KM_RQ_ATOMIC_FLAGS,
	KM_RQ_CMD_FLAGS,
	KM_RQ_SECTOR,
	KM_RQ_DATA_LEN,
	KM_RQ_START_TIME_NS,
	KM_RQ_DEADLINE,
	KM_RQ_TIMEOUT,
	KM_RQ_BIO,
	KM_BIO_NEXT,
	KM_BIO_PRIVATE,
	KM_BIO_VCNT,
	KM_BIO_IO_VEC,
	KM_BIO_VEC_PAGE,
	/* locks */
	KM_NBD_CONFIG_LOCK,
	KM_DISK_STATE,
	KM_DISK_OPEN_MUTEX,
	KM_BDEV_MUTEX,
	KM_MUTEX_OWNER,
	KM_MUTEX_WAIT_LIST,
	KM_MUTEX_FIRST_WAITER,
	KM_MUTEX_WAITER_LIST,
	KM_MUTEX_WAITER_TASK,
	/* kernel stacks */
	KM_TASK_STACK,
	KM_TASK_ON_CPU,
	KM_TASK_THREAD,
	KM_THREAD_SP,
	KM_THREAD_CPU_CONTEXT,
	KM_CPU_CONTEXT_SP,
	KM_INACTIVE_FRAME_BP,
	KM_INACTIVE_FRAME_RETURN,
	/* modules */
	KM_MODULE_LIST,
	KM_MODULE_NAME,
	KM_MODULE_CORE_LAYOUT,
	KM_MODULE_MEM,
	KM_MODULE_ARCH,
	KM_MODULE_LAYOUT_BASE,
	KM_MODULE_LAYOUT_SIZE,
	KM_MODULE_MEMORY_BASE,
	KM_MODULE_MEMORY_SIZE,
	KM_MODULE_NUM_ORCS,
	KM_MODULE_ORC_IP,
	KM_MODULE_ORC,
	/* BTF of modules, as the kernel keeps it */
	KM_BTF_MODULE_LIST,
	KM_BTF_MODULE_BTF,
	KM_BTF_NAME,
	KM_BTF_DATA,
	KM_BTF_DATA_SIZE,
	KM_MEMBER_COUNT
};

/*
 * Resolves the layouts that nothing can be said without, on the first call; cheap afterwards. Returns
 * NULL, or a message for the user that says what is missing and how to get it (static memory). All other
 * layouts of the kernel proper are resolved when they are first needed. No member of nbd's structures
 * exists until k_init_nbd() succeeds.
 */
const char *k_init(void);

/*
 * The same, and for nbd's own structures. Tried again until there is debuginfo, since `mod -s nbd` may
 * have come in between. Computed layouts are taken only where anchors_check() holds for exactly one.
 */
const char *k_init_nbd(void);

/* Forgets all layouts: nbd.so is unloaded. */
void k_fini(void);

/* Where nbd's own layouts came from: "debuginfo", "btf" or "computed"; NULL while they are unknown. */
const char *k_layout_source(void);

/* True when this kernel has the member. */
bool k_has(enum kmember m);

/* Size of a structure in bytes, 0 when this kernel does not have it. */
size_t k_sizeof(enum ktype t);

/* Size of a member in bytes, 0 when this kernel does not have it. */
size_t k_member_size(enum kmember m);

/* Address of a member inside the structure at addr; the inverse of container_of(). */
uint64_t k_at(uint64_t addr, enum kmember m);

/* container_of(addr, its structure, m). */
uint64_t k_container(uint64_t addr, enum kmember m);

/* Reads len bytes at a kernel address. what ("nbd_config.socks") names them in crash's debug output.
 * False when any of it cannot be read; buf is then undefined. */
bool k_read(uint64_t addr, void *buf, size_t len, const char *what);

/* How often crash was asked for memory since k_begin(), layouts apart, and for how many bytes. */
struct reads k_reads(void);

/* One kernel structure, read in one piece (from its first to its last member of interest). */
#define KOBJ_MAX 4096
struct kobj {
	uint64_t addr;
	enum ktype type;
	bool whole; /* bytes holds the span; otherwise members are read one by one */
	uint8_t bytes[KOBJ_MAX];
};

/* Reads the structure at addr into o. False when it cannot be read in one piece; k_num() on o then
 * still yields those members that can be read. */
bool k_load(struct kobj *o, enum ktype t, uint64_t addr);

/* The member as an unsigned number of its own width; unknown when absent or unreadable. */
num k_num(const struct kobj *o, enum kmember m);

/* The member as a signed number of its own width, sign-extended. */
num k_signed(const struct kobj *o, enum kmember m);

/* The bytes of a member (an array), at most len of them. False when absent or unreadable. */
bool k_bytes(const struct kobj *o, enum kmember m, void *buf, size_t len);

/* k_num() of one member, without the rest of its structure. */
num k_num_at(uint64_t addr, enum kmember m);

/* The pointer stored at addr. */
num k_pointer(uint64_t addr, const char *what);

/* Address of a kernel or module symbol, unknown when there is none. */
num k_symbol(const char *name);

/* The function that the kernel's or a module's instruction at addr belongs to, NULL when there is
 * none; *start becomes its address. The name is crash's. */
const char *k_function(uint64_t addr, uint64_t *start);

/* True when addr is exactly the address of the symbol. */
bool k_is_symbol(num addr, const char *name);

/* utsname of the image, and how many tasks crash itself knows. The strings are crash's. */
struct k_system {
	const char *release, *version, *machine;
	uint64_t tasks_in_crash;
};
struct k_system k_system(void);

/* Ticks a second, to turn jiffies into seconds. */
unsigned k_hz(void);

/* Bytes of a task's kernel stack: THREAD_SIZE. */
size_t k_stack_size(void);

/* True once the user pressed Ctrl-C, until the next k_begin(): every long loop ends on it. A second Ctrl-C
 * has crash leave the command by longjmp, as it does with commands of its own. */
bool k_interrupted(void);

/* A command begins, which has nothing in the arena yet; has ended, however it did. In between Ctrl-C is for
 * k_interrupted(). What must not be left halfway stands between k_hold_interrupts() and k_end(). */
void k_begin(void);
void k_hold_interrupts(void);
void k_end(void);

#endif
