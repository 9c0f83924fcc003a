// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts and reads of kernel memory: the only file that asks crash for them.
 *
 * Of crash only functions are used, and the few fields that have the same place in all releases
 * from 7.2.9 on: one nbd.so serves them all.
 */
#include "kernel_types.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <crash/defs.h>

#include "kernel_btf.h"
#include "kernel_computed.h"
#include "kernel_module.h"
#include "klist.h"
#include "nbd_anchors.h"
#include "page_cache.h"

#define MAX_ALTERNATIVES 3
#define NSEC_PER_SEC	 1000000000u
/* include/linux/jiffies.h refuses any other HZ: it has no SHIFT_HZ for them. */
#define MIN_HZ 12
#define MAX_HZ 12288
/* Refuses absurd sizes before memory is taken for them: a kernel's BTF is about 5 MB. */
#define MAX_BTF_SIZE (64 << 20)

static const char *const type_names[K_TYPE_COUNT] = {
	[K_NBD_DEVICE] = "nbd_device",
	[K_NBD_CONFIG] = "nbd_config",
	[K_NBD_CMD] = "nbd_cmd",
	[K_NBD_SOCK] = "nbd_sock",
	[K_BLK_MQ_TAG_SET] = "blk_mq_tag_set",
	[K_GENDISK] = "gendisk",
	[K_HD_STRUCT] = "hd_struct",
	[K_BLOCK_DEVICE] = "block_device",
	[K_IDR] = "idr",
	[K_RADIX_TREE_ROOT] = "radix_tree_root",
	[K_XARRAY] = "xarray",
	[K_RADIX_TREE_NODE] = "radix_tree_node",
	[K_XA_NODE] = "xa_node",
	[K_TASK] = "task_struct",
	[K_SIGNAL] = "signal_struct",
	[K_PID] = "pid",
	[K_UPID] = "upid",
	[K_FILES] = "files_struct",
	[K_FDTABLE] = "fdtable",
	[K_FILE] = "file",
	[K_PATH] = "path",
	[K_DENTRY] = "dentry",
	[K_QSTR] = "qstr",
	[K_INODE] = "inode",
	[K_SOCKET] = "socket",
	[K_SOCKET_ALLOC] = "socket_alloc",
	[K_SOCK] = "sock",
	[K_SOCK_COMMON] = "sock_common",
	[K_SK_BUFF_HEAD] = "sk_buff_head",
	[K_UNIX_SOCK] = "unix_sock",
	[K_UNIX_ADDRESS] = "unix_address",
	[K_INET_SOCK] = "inet_sock",
	[K_TCP_SOCK] = "tcp_sock",
	[K_INET_HASHINFO] = "inet_hashinfo",
	[K_EHASH_BUCKET] = "inet_ehash_bucket",
	[K_SUPER_BLOCK] = "super_block",
	[K_FILE_SYSTEM_TYPE] = "file_system_type",
	[K_MOUNT] = "mount",
	[K_BDEV_INODE] = "bdev_inode",
	[K_BD_HOLDER_DISK] = "bd_holder_disk",
	[K_SWAP_INFO] = "swap_info_struct",
	[K_SK_BUFF] = "sk_buff",
	[K_UNIX_SKB_PARMS] = "unix_skb_parms",
	[K_SCM_FP_LIST] = "scm_fp_list",
	[K_NET] = "net",
	[K_NETNS_IPV4] = "netns_ipv4",
	[K_DEATH_ROW] = "inet_timewait_death_row",
	[K_NETNS_UNIX] = "netns_unix",
	[K_UNIX_TABLE] = "unix_table",
	[K_IO_RING_CTX] = "io_ring_ctx",
	[K_IO_FILE_TABLE] = "io_file_table",
	[K_IO_RSRC_DATA] = "io_rsrc_data",
	[K_IO_RSRC_NODE] = "io_rsrc_node",
	[K_BLK_MQ_TAGS] = "blk_mq_tags",
	[K_REQUEST_QUEUE] = "request_queue",
	[K_REQUEST] = "request",
	[K_BIO] = "bio",
	[K_BIO_VEC] = "bio_vec",
	[K_MUTEX] = "mutex",
	[K_MUTEX_WAITER] = "mutex_waiter",
	[K_THREAD] = "thread_struct",
	[K_CPU_CONTEXT] = "cpu_context",
	[K_INACTIVE_FRAME] = "inactive_task_frame",
	[K_ORC_ENTRY] = "orc_entry",
	[K_MODULE] = "module",
	[K_MODULE_LAYOUT] = "module_layout",
	[K_MODULE_MEMORY] = "module_memory",
	[K_MODULE_ARCH] = "mod_arch_specific",
	[K_BTF_MODULE] = "btf_module",
	[K_BTF] = "btf",
};

enum need { OPTIONAL, REQUIRED, WITH_CONFIG };

struct member {
	enum ktype type;
	/* REQUIRED: nbd.so can say nothing sound without it. WITH_CONFIG: nor can it from v4.12 on,
	 * when nbd got its nbd_config; nbd_single.c reads the ones before. */
	enum need need;
	const char *names[MAX_ALTERNATIVES];
};

static const struct member members[KM_MEMBER_COUNT] = {
	[KM_NBD_INDEX] = {K_NBD_DEVICE, WITH_CONFIG, {"index"}},
	[KM_NBD_CONFIG_REFS] = {K_NBD_DEVICE, WITH_CONFIG, {"config_refs"}},
	[KM_NBD_REFS] = {K_NBD_DEVICE, OPTIONAL, {"refs"}},
	[KM_NBD_CONFIG] = {K_NBD_DEVICE, WITH_CONFIG, {"config"}},
	[KM_NBD_DISK] = {K_NBD_DEVICE, REQUIRED, {"disk"}},
	[KM_NBD_TAG_SET] = {K_NBD_DEVICE, WITH_CONFIG, {"tag_set"}},
	[KM_NBD_TASK_SETUP] = {K_NBD_DEVICE, WITH_CONFIG, {"task_setup"}},
	/* Linux kernel commit 0c98057be9ef ("nbd: Fix use-after-free in pid_show") (in v5.16) */
	[KM_NBD_PID] = {K_NBD_DEVICE, OPTIONAL, {"pid"}},
	[KM_NBD_TASK_RECV] = {K_NBD_DEVICE, OPTIONAL, {"task_recv"}},
	[KM_NBD_FLAGS] = {K_NBD_DEVICE, OPTIONAL, {"flags"}},
	/* Linux kernel commit 6497ef8df568 ("nbd: provide a way for userspace processes to
	 * identify device backends") (in v5.14) */
	[KM_NBD_BACKEND] = {K_NBD_DEVICE, OPTIONAL, {"backend"}},
	[KM_NBD_LIST] = {K_NBD_DEVICE, OPTIONAL, {"list"}},
	[KM_NBD_DESTROY_COMPLETE] = {K_NBD_DEVICE, OPTIONAL, {"destroy_complete"}},
	/* Linux kernel commit 5ea8d10802ec ("nbd: separate out the config information") (in v4.12)
	 * moved these, and magic went. */
	[KM_NBD_MAGIC] = {K_NBD_DEVICE, OPTIONAL, {"magic"}},
	/* Linux kernel commit 9561a7ade0c2 ("nbd: add multi-connection support") (in v4.10) */
	[KM_NBD_SOCK] = {K_NBD_DEVICE, OPTIONAL, {"sock"}},
	[KM_NBD_SOCKS] = {K_NBD_DEVICE, OPTIONAL, {"socks"}},
	[KM_NBD_NUM_CONNECTIONS] = {K_NBD_DEVICE, OPTIONAL, {"num_connections"}},
	[KM_NBD_BLKSIZE] = {K_NBD_DEVICE, OPTIONAL, {"blksize"}},
	[KM_NBD_XMIT_TIMEOUT] = {K_NBD_DEVICE, OPTIONAL, {"xmit_timeout"}},

	[KM_CONFIG_FLAGS] = {K_NBD_CONFIG, WITH_CONFIG, {"flags"}},
	[KM_CONFIG_RUNTIME_FLAGS] = {K_NBD_CONFIG, WITH_CONFIG, {"runtime_flags"}},
	[KM_CONFIG_DEAD_CONN_TIMEOUT] = {K_NBD_CONFIG, WITH_CONFIG, {"dead_conn_timeout"}},
	[KM_CONFIG_SOCKS] = {K_NBD_CONFIG, WITH_CONFIG, {"socks"}},
	[KM_CONFIG_NUM_CONNECTIONS] = {K_NBD_CONFIG, WITH_CONFIG, {"num_connections"}},
	[KM_CONFIG_LIVE_CONNECTIONS] = {K_NBD_CONFIG, WITH_CONFIG, {"live_connections"}},
	[KM_CONFIG_RECV_THREADS] = {K_NBD_CONFIG, WITH_CONFIG, {"recv_threads"}},
	/* Bytes until 5.10, a shift from 5.15 on. */
	[KM_CONFIG_BLKSIZE] = {K_NBD_CONFIG, OPTIONAL, {"blksize"}},
	[KM_CONFIG_BLKSIZE_BITS] = {K_NBD_CONFIG, OPTIONAL, {"blksize_bits"}},

	[KM_NSOCK_SOCK] = {K_NBD_SOCK, WITH_CONFIG, {"sock"}},
	[KM_NSOCK_DEAD] = {K_NBD_SOCK, WITH_CONFIG, {"dead"}},

	[KM_TAG_SET_TIMEOUT] = {K_BLK_MQ_TAG_SET, OPTIONAL, {"timeout"}},
	[KM_TAG_SET_DRIVER_DATA] = {K_BLK_MQ_TAG_SET, OPTIONAL, {"driver_data"}},
	[KM_TAG_SET_CMD_SIZE] = {K_BLK_MQ_TAG_SET, OPTIONAL, {"cmd_size"}},

	[KM_DISK_NAME] = {K_GENDISK, REQUIRED, {"disk_name"}},
	[KM_DISK_PRIVATE_DATA] = {K_GENDISK, REQUIRED, {"private_data"}},
	/* An embedded hd_struct until 5.10, a pointer to a block_device since 5.11. */
	[KM_DISK_PART0] = {K_GENDISK, REQUIRED, {"part0"}},
	[KM_HD_NR_SECTS] = {K_HD_STRUCT, OPTIONAL, {"nr_sects"}},
	[KM_BDEV_NR_SECTORS] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_nr_sectors"}},

	/* Linux kernel commit 0a835c4f090a ("Reimplement IDR and IDA using the radix tree") (in v4.11);
	 * nbd had its devices in an array before. */
	[KM_IDR_RT] = {K_IDR, OPTIONAL, {"idr_rt"}},
	[KM_IDR_BASE] = {K_IDR, OPTIONAL, {"idr_base"}},
	[KM_RADIX_RNODE] = {K_RADIX_TREE_ROOT, OPTIONAL, {"rnode"}},
	[KM_XARRAY_HEAD] = {K_XARRAY, OPTIONAL, {"xa_head"}},
	[KM_RADIX_NODE_SHIFT] = {K_RADIX_TREE_NODE, OPTIONAL, {"shift"}},
	[KM_RADIX_NODE_COUNT] = {K_RADIX_TREE_NODE, OPTIONAL, {"count"}},
	[KM_RADIX_NODE_SLOTS] = {K_RADIX_TREE_NODE, OPTIONAL, {"slots"}},
	[KM_XA_NODE_SHIFT] = {K_XA_NODE, OPTIONAL, {"shift"}},
	[KM_XA_NODE_COUNT] = {K_XA_NODE, OPTIONAL, {"count"}},
	[KM_XA_NODE_SLOTS] = {K_XA_NODE, OPTIONAL, {"slots"}},

	/* Linux kernel commit 2f064a59a11f ("sched: Change task_struct::state") (in v5.14) */
	[KM_TASK_STATE] = {K_TASK, REQUIRED, {"__state", "state"}},
	[KM_TASK_FLAGS] = {K_TASK, REQUIRED, {"flags"}},
	[KM_TASK_EXIT_STATE] = {K_TASK, REQUIRED, {"exit_state"}},
	[KM_TASK_TASKS] = {K_TASK, REQUIRED, {"tasks"}},
	[KM_TASK_PID] = {K_TASK, REQUIRED, {"pid"}},
	[KM_TASK_TGID] = {K_TASK, REQUIRED, {"tgid"}},
	[KM_TASK_SIGNAL] = {K_TASK, REQUIRED, {"signal"}},
	/* Linux kernel commit 0c740d0afc3b ("introduce for_each_thread() to replace the buggy
	 * while_each_thread()") (in v3.14) */
	[KM_TASK_THREAD_NODE] = {K_TASK, OPTIONAL, {"thread_node"}},
	[KM_TASK_THREAD_GROUP] = {K_TASK, OPTIONAL, {"thread_group"}},
	[KM_TASK_COMM] = {K_TASK, REQUIRED, {"comm"}},
	[KM_TASK_FILES] = {K_TASK, REQUIRED, {"files"}},
	/* Linux kernel commit 0f2122045b94 ("io_uring: don't rely on weak ->files references") (in
	 * v5.10) */
	[KM_TASK_IO_URING] = {K_TASK, OPTIONAL, {"io_uring"}},
	[KM_SIGNAL_THREAD_HEAD] = {K_SIGNAL, OPTIONAL, {"thread_head"}},

	[KM_PID_TASKS] = {K_PID, REQUIRED, {"tasks"}},
	[KM_PID_NUMBERS] = {K_PID, REQUIRED, {"numbers"}},
	[KM_UPID_NR] = {K_UPID, REQUIRED, {"nr"}},

	[KM_FILES_FDT] = {K_FILES, REQUIRED, {"fdt"}},
	[KM_FDT_MAX_FDS] = {K_FDTABLE, REQUIRED, {"max_fds"}},
	[KM_FDT_FD] = {K_FDTABLE, REQUIRED, {"fd"}},
	/* Linux kernel commit 90ee6ed776c0 ("fs: port files to file_ref") (in v6.13): f_ref
	 * counts from 0, see file_refs(). */
	[KM_FILE_COUNT] = {K_FILE, OPTIONAL, {"f_count"}},
	[KM_FILE_REF] = {K_FILE, OPTIONAL, {"f_ref"}},
	[KM_FILE_OP] = {K_FILE, REQUIRED, {"f_op"}},
	[KM_FILE_PRIVATE_DATA] = {K_FILE, REQUIRED, {"private_data"}},
	[KM_FILE_INODE] = {K_FILE, REQUIRED, {"f_inode"}},
	[KM_FILE_PATH] = {K_FILE, REQUIRED, {"f_path"}},
	[KM_PATH_DENTRY] = {K_PATH, REQUIRED, {"dentry"}},
	[KM_DENTRY_PARENT] = {K_DENTRY, REQUIRED, {"d_parent"}},
	[KM_DENTRY_NAME] = {K_DENTRY, REQUIRED, {"d_name"}},
	[KM_DENTRY_INODE] = {K_DENTRY, REQUIRED, {"d_inode"}},
	[KM_QSTR_NAME] = {K_QSTR, REQUIRED, {"name"}},
	[KM_QSTR_LEN] = {K_QSTR, REQUIRED, {"len"}},
	[KM_INODE_INO] = {K_INODE, REQUIRED, {"i_ino"}},
	[KM_INODE_SIZE] = {K_INODE, OPTIONAL, {"i_size"}},

	[KM_SOCKET_TYPE] = {K_SOCKET, REQUIRED, {"type"}},
	[KM_SOCKET_FILE] = {K_SOCKET, REQUIRED, {"file"}},
	[KM_SOCKET_SK] = {K_SOCKET, REQUIRED, {"sk"}},
	[KM_SOCKET_VFS_INODE] = {K_SOCKET_ALLOC, REQUIRED, {"vfs_inode"}},

	[KM_SK_COMMON] = {K_SOCK, REQUIRED, {"__sk_common"}},
	[KM_SK_SHUTDOWN] = {K_SOCK, OPTIONAL, {"sk_shutdown"}},
	/* A member of sock_common by 4.4. */
	[KM_SK_FLAGS] = {K_SOCK, OPTIONAL, {"sk_flags"}},
	[KM_SK_SOCKET] = {K_SOCK, REQUIRED, {"sk_socket"}},
	[KM_SK_PEER_PID] = {K_SOCK, OPTIONAL, {"sk_peer_pid"}},
	[KM_SK_RECEIVE_QUEUE] = {K_SOCK, REQUIRED, {"sk_receive_queue"}},
	[KM_SK_WMEM_ALLOC] = {K_SOCK, REQUIRED, {"sk_wmem_alloc"}},
	[KM_SKC_FAMILY] = {K_SOCK_COMMON, REQUIRED, {"skc_family"}},
	[KM_SKC_STATE] = {K_SOCK_COMMON, REQUIRED, {"skc_state"}},
	[KM_SKC_PROT] = {K_SOCK_COMMON, REQUIRED, {"skc_prot"}},
	[KM_SKC_FLAGS] = {K_SOCK_COMMON, OPTIONAL, {"skc_flags"}},
	[KM_SKC_DPORT] = {K_SOCK_COMMON, REQUIRED, {"skc_dport"}},
	[KM_SKC_NUM] = {K_SOCK_COMMON, REQUIRED, {"skc_num"}},
	[KM_SKC_DADDR] = {K_SOCK_COMMON, REQUIRED, {"skc_daddr"}},
	[KM_SKC_RCV_SADDR] = {K_SOCK_COMMON, REQUIRED, {"skc_rcv_saddr"}},
	[KM_SKC_V6_DADDR] = {K_SOCK_COMMON, OPTIONAL, {"skc_v6_daddr"}},
	[KM_SKC_V6_RCV_SADDR] = {K_SOCK_COMMON, OPTIONAL, {"skc_v6_rcv_saddr"}},
	[KM_SKC_NET] = {K_SOCK_COMMON, REQUIRED, {"skc_net"}},
	[KM_SKC_NODE] = {K_SOCK_COMMON, REQUIRED, {"skc_nulls_node"}},
	[KM_SKB_QLEN] = {K_SK_BUFF_HEAD, REQUIRED, {"qlen"}},
	[KM_UNIX_ADDR] = {K_UNIX_SOCK, REQUIRED, {"addr"}},
	[KM_UNIX_PEER] = {K_UNIX_SOCK, REQUIRED, {"peer"}},
	[KM_UNIX_ADDRESS_LEN] = {K_UNIX_ADDRESS, REQUIRED, {"len"}},
	[KM_UNIX_ADDRESS_NAME] = {K_UNIX_ADDRESS, REQUIRED, {"name"}},
	[KM_INET_SPORT] = {K_INET_SOCK, REQUIRED, {"inet_sport"}},
	[KM_TCP_WRITE_SEQ] = {K_TCP_SOCK, OPTIONAL, {"write_seq"}},
	[KM_TCP_SND_UNA] = {K_TCP_SOCK, OPTIONAL, {"snd_una"}},
	[KM_EHASH] = {K_INET_HASHINFO, REQUIRED, {"ehash"}},
	[KM_EHASH_MASK] = {K_INET_HASHINFO, REQUIRED, {"ehash_mask"}},
	/* Linux kernel commit d1e5e6408b30 ("tcp: Introduce optional per-netns ehash.") (in v6.1) */
	[KM_EHASH_PERNET] = {K_INET_HASHINFO, OPTIONAL, {"pernet"}},
	[KM_EHASH_CHAIN] = {K_EHASH_BUCKET, REQUIRED, {"chain"}},
	[KM_NET_IPV4] = {K_NET, OPTIONAL, {"ipv4"}},
	[KM_NETNS_DEATH_ROW] = {K_NETNS_IPV4, OPTIONAL, {"tcp_death_row"}},
	[KM_DEATH_ROW_HASHINFO] = {K_DEATH_ROW, OPTIONAL, {"hashinfo"}},

	[KM_SB_LIST] = {K_SUPER_BLOCK, OPTIONAL, {"s_list"}},
	[KM_SB_BDEV] = {K_SUPER_BLOCK, OPTIONAL, {"s_bdev"}},
	[KM_SB_TYPE] = {K_SUPER_BLOCK, OPTIONAL, {"s_type"}},
	[KM_SB_MOUNTS] = {K_SUPER_BLOCK, OPTIONAL, {"s_mounts"}},
	[KM_SB_INODES] = {K_SUPER_BLOCK, OPTIONAL, {"s_inodes"}},
	[KM_FS_TYPE_NAME] = {K_FILE_SYSTEM_TYPE, OPTIONAL, {"name"}},
	/* A list_head in s_mounts; by 7.3 s_mounts is the first of a chain of mnt_next_for_sb. */
	[KM_MOUNT_INSTANCE] = {K_MOUNT, OPTIONAL, {"mnt_instance"}},
	[KM_MOUNT_NEXT_FOR_SB] = {K_MOUNT, OPTIONAL, {"mnt_next_for_sb"}},
	[KM_MOUNT_POINT] = {K_MOUNT, OPTIONAL, {"mnt_mountpoint"}},
	[KM_MOUNT_PARENT] = {K_MOUNT, OPTIONAL, {"mnt_parent"}},
	[KM_INODE_SB_LIST] = {K_INODE, OPTIONAL, {"i_sb_list"}},
	[KM_INODE_DATA] = {K_INODE, OPTIONAL, {"i_data"}},
	[KM_BDEV_INODE_BDEV] = {K_BDEV_INODE, OPTIONAL, {"bdev"}},
	[KM_BDEV_INODE_VFS_INODE] = {K_BDEV_INODE, OPTIONAL, {"vfs_inode"}},
	/* int, then atomic_t by 6.1: 4 bytes either way. */
	[KM_BDEV_OPENERS] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_openers"}},
	[KM_BDEV_DEV] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_dev"}},
	[KM_BDEV_DISK] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_disk"}},
	/* Before gendisk.state. */
	[KM_BDEV_INVALIDATED] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_invalidated"}},
	[KM_BDEV_HOLDER] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_holder"}},
	[KM_BDEV_HOLDER_DIR] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_holder_dir"}},
	/* Stacked devices: a list in the lower block_device until 5.10; in 5.15 it moved to the
	 * upper gendisk (slave_bdevs), whose entries name the lower one by its bdev, and by 6.6
	 * by its holder_dir. */
	[KM_BDEV_HOLDER_DISKS] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_holder_disks"}},
	[KM_DISK_MAJOR] = {K_GENDISK, OPTIONAL, {"major"}},
	[KM_DISK_FIRST_MINOR] = {K_GENDISK, OPTIONAL, {"first_minor"}},
	[KM_DISK_MINORS] = {K_GENDISK, OPTIONAL, {"minors"}},
	[KM_DISK_SLAVE_BDEVS] = {K_GENDISK, OPTIONAL, {"slave_bdevs"}},
	[KM_HOLDER_LIST] = {K_BD_HOLDER_DISK, OPTIONAL, {"list"}},
	[KM_HOLDER_BDEV] = {K_BD_HOLDER_DISK, OPTIONAL, {"bdev"}},
	[KM_HOLDER_DIR] = {K_BD_HOLDER_DISK, OPTIONAL, {"holder_dir"}},
	[KM_HOLDER_DISK] = {K_BD_HOLDER_DISK, OPTIONAL, {"disk"}},
	[KM_SWAP_FLAGS] = {K_SWAP_INFO, OPTIONAL, {"flags"}},
	[KM_SWAP_BDEV] = {K_SWAP_INFO, OPTIONAL, {"bdev"}},
	[KM_SWAP_FILE] = {K_SWAP_INFO, OPTIONAL, {"swap_file"}},
	[KM_FILE_MAPPING] = {K_FILE, OPTIONAL, {"f_mapping"}},

	[KM_SKB_NEXT] = {K_SK_BUFF, OPTIONAL, {"next"}},
	[KM_SKB_CB] = {K_SK_BUFF, OPTIONAL, {"cb"}},
	[KM_UNIX_SKB_FP] = {K_UNIX_SKB_PARMS, OPTIONAL, {"fp"}},
	[KM_SCM_FP_COUNT] = {K_SCM_FP_LIST, OPTIONAL, {"count"}},
	[KM_SCM_FP_FILES] = {K_SCM_FP_LIST, OPTIONAL, {"fp"}},
	[KM_NET_LIST] = {K_NET, OPTIONAL, {"list"}},
	[KM_NET_UNX] = {K_NET, OPTIONAL, {"unx"}},
	/* One table for all namespaces (unix_socket_table) until 5.15, one each by 6.1. */
	[KM_NETNS_UNIX_TABLE] = {K_NETNS_UNIX, OPTIONAL, {"table"}},
	[KM_UNIX_TABLE_BUCKETS] = {K_UNIX_TABLE, OPTIONAL, {"buckets"}},
	[KM_SKC_HASH_NODE] = {K_SOCK_COMMON, OPTIONAL, {"skc_node"}},
	[KM_RING_FILE_TABLE] = {K_IO_RING_CTX, OPTIONAL, {"file_table"}},
	[KM_RING_NR_FILES] = {K_IO_RING_CTX, OPTIONAL, {"nr_user_files"}},
	/* An array of io_fixed_file; by 6.18 io_rsrc_data with pointers to nodes. */
	[KM_FILE_TABLE_FILES] = {K_IO_FILE_TABLE, OPTIONAL, {"files"}},
	[KM_FILE_TABLE_DATA] = {K_IO_FILE_TABLE, OPTIONAL, {"data"}},
	[KM_RSRC_DATA_NR] = {K_IO_RSRC_DATA, OPTIONAL, {"nr"}},
	[KM_RSRC_DATA_NODES] = {K_IO_RSRC_DATA, OPTIONAL, {"nodes"}},
	[KM_RSRC_NODE_FILE_PTR] = {K_IO_RSRC_NODE, OPTIONAL, {"file_ptr"}},

	[KM_CMD_NBD] = {K_NBD_CMD, OPTIONAL, {"nbd"}},
	[KM_CMD_INDEX] = {K_NBD_CMD, OPTIONAL, {"index"}},
	/* Linux kernel commit 2da22da57348 ("nbd: fix zero cmd timeout handling v2") (in v5.4) */
	[KM_CMD_RETRIES] = {K_NBD_CMD, OPTIONAL, {"retries"}},
	[KM_CMD_FLAGS] = {K_NBD_CMD, OPTIONAL, {"flags"}},
	[KM_TAG_SET_NR_HW_QUEUES] = {K_BLK_MQ_TAG_SET, OPTIONAL, {"nr_hw_queues"}},
	[KM_TAG_SET_QUEUE_DEPTH] = {K_BLK_MQ_TAG_SET, OPTIONAL, {"queue_depth"}},
	[KM_TAG_SET_TAGS] = {K_BLK_MQ_TAG_SET, OPTIONAL, {"tags"}},
	[KM_TAGS_NR_TAGS] = {K_BLK_MQ_TAGS, OPTIONAL, {"nr_tags"}},
	[KM_TAGS_RQS] = {K_BLK_MQ_TAGS, OPTIONAL, {"rqs"}},
	[KM_DISK_QUEUE] = {K_GENDISK, OPTIONAL, {"queue"}},
	[KM_QUEUE_TAG_SET] = {K_REQUEST_QUEUE, OPTIONAL, {"tag_set"}},
	[KM_QUEUE_NR_HW_QUEUES] = {K_REQUEST_QUEUE, OPTIONAL, {"nr_hw_queues"}},
	[KM_RQ_QUEUE] = {K_REQUEST, OPTIONAL, {"q"}},
	[KM_RQ_TAG] = {K_REQUEST, OPTIONAL, {"tag"}},
	/* Linux kernel commit 12f5b9314545 ("blk-mq: Remove generation seqeunce") (in v4.18) */
	[KM_RQ_STATE] = {K_REQUEST, OPTIONAL, {"state"}},
	[KM_RQ_ATOMIC_FLAGS] = {K_REQUEST, OPTIONAL, {"atomic_flags"}},
	[KM_RQ_CMD_FLAGS] = {K_REQUEST, OPTIONAL, {"cmd_flags"}},
	[KM_RQ_SECTOR] = {K_REQUEST, OPTIONAL, {"__sector"}},
	[KM_RQ_DATA_LEN] = {K_REQUEST, OPTIONAL, {"__data_len"}},
	[KM_RQ_START_TIME_NS] = {K_REQUEST, OPTIONAL, {"start_time_ns"}},
	/* The lowest bit of __deadline (4.19) is a flag: far below what is printed. */
	[KM_RQ_DEADLINE] = {K_REQUEST, OPTIONAL, {"deadline", "__deadline"}},
	[KM_RQ_TIMEOUT] = {K_REQUEST, OPTIONAL, {"timeout"}},
	[KM_RQ_BIO] = {K_REQUEST, OPTIONAL, {"bio"}},
	[KM_BIO_NEXT] = {K_BIO, OPTIONAL, {"bi_next"}},
	[KM_BIO_PRIVATE] = {K_BIO, OPTIONAL, {"bi_private"}},
	[KM_BIO_VCNT] = {K_BIO, OPTIONAL, {"bi_vcnt"}},
	[KM_BIO_IO_VEC] = {K_BIO, OPTIONAL, {"bi_io_vec"}},
	[KM_BIO_VEC_PAGE] = {K_BIO_VEC, OPTIONAL, {"bv_page"}},

	[KM_NBD_CONFIG_LOCK] = {K_NBD_DEVICE, OPTIONAL, {"config_lock"}},
	/* Came in v5.10 together with its bit 0, GD_NEED_PART_SCAN. */
	[KM_DISK_STATE] = {K_GENDISK, OPTIONAL, {"state"}},
	/* What serialises open and close: the gendisk's from 5.15 on, the block_device's by 5.10. */
	[KM_DISK_OPEN_MUTEX] = {K_GENDISK, OPTIONAL, {"open_mutex"}},
	[KM_BDEV_MUTEX] = {K_BLOCK_DEVICE, OPTIONAL, {"bd_mutex"}},
	[KM_MUTEX_OWNER] = {K_MUTEX, OPTIONAL, {"owner"}},
	[KM_MUTEX_WAIT_LIST] = {K_MUTEX, OPTIONAL, {"wait_list"}},
	/* Linux kernel commit 25500ba7e77c ("locking/mutex: Remove the list_head from struct mutex")
	 * (in v7.1) */
	[KM_MUTEX_FIRST_WAITER] = {K_MUTEX, OPTIONAL, {"first_waiter"}},
	[KM_MUTEX_WAITER_LIST] = {K_MUTEX_WAITER, OPTIONAL, {"list"}},
	[KM_MUTEX_WAITER_TASK] = {K_MUTEX_WAITER, OPTIONAL, {"task"}},

	[KM_TASK_STACK] = {K_TASK, OPTIONAL, {"stack"}},
	[KM_TASK_ON_CPU] = {K_TASK, OPTIONAL, {"on_cpu"}},
	[KM_TASK_THREAD] = {K_TASK, OPTIONAL, {"thread"}},
	/* x86; arm64 keeps it in a cpu_context. */
	[KM_THREAD_SP] = {K_THREAD, OPTIONAL, {"sp"}},
	[KM_THREAD_CPU_CONTEXT] = {K_THREAD, OPTIONAL, {"cpu_context"}},
	[KM_CPU_CONTEXT_SP] = {K_CPU_CONTEXT, OPTIONAL, {"sp"}},
	[KM_INACTIVE_FRAME_BP] = {K_INACTIVE_FRAME, OPTIONAL, {"bp"}},
	[KM_INACTIVE_FRAME_RETURN] = {K_INACTIVE_FRAME, OPTIONAL, {"ret_addr"}},

	[KM_MODULE_LIST] = {K_MODULE, OPTIONAL, {"list"}},
	[KM_MODULE_NAME] = {K_MODULE, OPTIONAL, {"name"}},
	/* One piece of memory, or since v6.4 one for each kind of contents: Linux kernel commit
	 * ac3b43283923 ("module: replace module_layout with module_memory") (in v6.4) */
	[KM_MODULE_CORE_LAYOUT] = {K_MODULE, OPTIONAL, {"core_layout"}},
	[KM_MODULE_MEM] = {K_MODULE, OPTIONAL, {"mem"}},
	[KM_MODULE_ARCH] = {K_MODULE, OPTIONAL, {"arch"}},
	[KM_MODULE_LAYOUT_BASE] = {K_MODULE_LAYOUT, OPTIONAL, {"base"}},
	[KM_MODULE_LAYOUT_SIZE] = {K_MODULE_LAYOUT, OPTIONAL, {"size"}},
	[KM_MODULE_MEMORY_BASE] = {K_MODULE_MEMORY, OPTIONAL, {"base"}},
	[KM_MODULE_MEMORY_SIZE] = {K_MODULE_MEMORY, OPTIONAL, {"size"}},
	[KM_MODULE_NUM_ORCS] = {K_MODULE_ARCH, OPTIONAL, {"num_orcs"}},
	[KM_MODULE_ORC_IP] = {K_MODULE_ARCH, OPTIONAL, {"orc_unwind_ip"}},
	[KM_MODULE_ORC] = {K_MODULE_ARCH, OPTIONAL, {"orc_unwind"}},

	[KM_BTF_MODULE_LIST] = {K_BTF_MODULE, OPTIONAL, {"list"}},
	[KM_BTF_MODULE_BTF] = {K_BTF_MODULE, OPTIONAL, {"btf"}},
	[KM_BTF_NAME] = {K_BTF, OPTIONAL, {"name"}},
	[KM_BTF_DATA] = {K_BTF, OPTIONAL, {"data"}},
	[KM_BTF_DATA_SIZE] = {K_BTF, OPTIONAL, {"data_size"}},
};

/* What was found out about this kernel. */
static struct {
	const char *source; /* of nbd's layouts; NULL until resolved */
	bool required_resolved;
	bool resolved[K_TYPE_COUNT];
	long type_size[K_TYPE_COUNT];
	struct {
		long offset; /* -1: absent */
		size_t size;
	} member[KM_MEMBER_COUNT];
	struct {
		size_t start, size; /* from the first to the last member of interest */
	} span[K_TYPE_COUNT];
} layout;

static bool is_nbd_type(enum ktype t)
{
	return t <= K_NBD_SOCK;
}

/* Pages that the running command has read, and what it has asked crash for. */
static struct page_cache pages;
static struct reads reads;

static void forget_reads(void)
{
	pages = (struct page_cache){0};
	reads = (struct reads){0};
}

/* The sources: how each tells sizes, and offsets and sizes of members. */
static long debuginfo_size(const void *unused, const char *structure)
{
	char name[64];

	(void)unused;
	snprintf(name, sizeof(name), "%s", structure);
	return STRUCT_SIZE(name);
}

static long debuginfo_member(const void *unused, const char *structure, const char *member,
			     size_t *size)
{
	char name[64], mem[64];
	long offset;

	(void)unused;
	/* crash takes both as writable strings. */
	snprintf(name, sizeof(name), "%s", structure);
	snprintf(mem, sizeof(mem), "%s", member);
	/* Finds members of anonymous unions, too. */
	offset = MEMBER_OFFSET(name, mem);
	if (offset >= 0)
		*size = (size_t)MEMBER_SIZE(name, mem);
	return offset;
}

static long btf_size(const void *types, const char *structure)
{
	return btf_types_size(types, structure);
}

static long btf_member(const void *types, const char *structure, const char *member, size_t *size)
{
	return btf_types_member(types, structure, member, size);
}

static long computed_struct_size(const void *candidate, const char *structure)
{
	return computed_size(candidate, structure);
}

static long computed_struct_member(const void *candidate, const char *structure, const char *member,
				   size_t *size)
{
	return computed_member(candidate, structure, member, size);
}

typedef long size_fn(const void *source, const char *structure);
typedef long member_fn(const void *source, const char *structure, const char *member, size_t *size);

/* A span lets k_load() fetch all members of a structure with one read. */
static void compute_span(enum ktype t)
{
	size_t start = SIZE_MAX, end = 0;

	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		size_t offset = (size_t)layout.member[m].offset;
		size_t size = layout.member[m].size;

		if (members[m].type != t || layout.member[m].offset < 0)
			continue;
		/* Embedded structures are read on their own, if at all. */
		if (size > sizeof(uint64_t) && m != KM_TASK_COMM && m != KM_DISK_NAME)
			continue;
		start = offset < start ? offset : start;
		end = offset + size > end ? offset + size : end;
	}
	layout.span[t].start = end ? start : 0;
	layout.span[t].size = end ? end - start : 0;
}

/* Fills the layout of a type from one source. */
static void resolve(enum ktype t, const void *source, size_fn *size_of, member_fn *member_of)
{
	layout.type_size[t] = size_of(source, type_names[t]);
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		const struct member *mem = &members[m];
		long offset = -1;
		size_t size = 0;

		if (mem->type != t)
			continue;
		for (int a = 0; a < MAX_ALTERNATIVES && mem->names[a] && offset < 0; a++) {
			if (layout.type_size[t] > 0)
				offset = member_of(source, type_names[t], mem->names[a], &size);
		}
		layout.member[m].offset = offset;
		layout.member[m].size = size;
	}
	compute_span(t);
	layout.resolved[t] = true;
}

static long size_of_nothing(const void *unused, const char *structure)
{
	(void)unused;
	(void)structure;
	return -1;
}

/* Nothing of nbd's that was tried stays in force. */
static void forget_nbd(void)
{
	for (int t = 0; t < K_TYPE_COUNT; t++) {
		if (is_nbd_type(t))
			resolve(t, NULL, size_of_nothing, NULL);
	}
}

/* The kernel proper's types when they are first asked for: most commands need few of them, and to find
 * out that a kernel does not have one takes crash up to 50 ms. */
static void need(enum ktype t)
{
	if (!layout.resolved[t])
		resolve(t, NULL, debuginfo_size, debuginfo_member);
}

static long offset_of(enum kmember m)
{
	need(members[m].type);
	return layout.member[m].offset;
}

/* nbd's types are resolved before they are asked for. */
static bool is_required(const struct member *member)
{
	bool has_config = layout.member[KM_NBD_MAGIC].offset < 0;

	return member->need == REQUIRED || (member->need == WITH_CONFIG && has_config);
}

/* The first member of nbd's types, or of all others, that is missing though nothing can be said without
 * it, or -1. */
static int missing_member(bool nbd_types)
{
	for (int m = 0; m < KM_MEMBER_COUNT; m++) {
		if (is_required(&members[m]) && is_nbd_type(members[m].type) == nbd_types &&
		    offset_of(m) < 0)
			return m;
	}
	return -1;
}

/* nbd's own types, all from one source. Returns as missing_member(). */
static int resolve_nbd(const void *source, size_fn *size_of, member_fn *member_of)
{
	for (int t = 0; t < K_TYPE_COUNT; t++) {
		if (is_nbd_type(t))
			resolve(t, source, size_of, member_of);
	}
	return missing_member(true);
}

/* The bytes of the BTF that the kernel holds for module nbd. Returns malloc'ed memory or NULL. */
static void *read_module_btf(size_t *size)
{
	struct klist modules = klist_of(k_symbol("btf_modules"), "btf_modules");

	while (klist_next(&modules)) {
		num btf =
			k_num_at(k_container(modules.node, KM_BTF_MODULE_LIST), KM_BTF_MODULE_BTF);
		char name[4] = "";

		if (btf.known && k_read(k_at(btf.v, KM_BTF_NAME), name, sizeof(name), "btf.name") &&
		    !memcmp(name, "nbd", sizeof(name))) {
			num data = k_num_at(btf.v, KM_BTF_DATA);
			num bytes = k_num_at(btf.v, KM_BTF_DATA_SIZE);
			void *buf;

			if (!data.known || !bytes.known || !bytes.v || bytes.v > MAX_BTF_SIZE)
				return NULL;
			buf = malloc(bytes.v);
			if (buf && k_read(data.v, buf, bytes.v, "btf.data")) {
				*size = bytes.v;
				return buf;
			}
			free(buf);
			return NULL;
		}
	}
	return NULL;
}

/* The kernel proper's BTF, which module BTF builds on. Returns malloc'ed memory or NULL. */
static void *read_kernel_btf(size_t *size)
{
	num start = k_symbol("__start_BTF"), stop = k_symbol("__stop_BTF");
	void *buf;

	if (!start.known || !stop.known || stop.v <= start.v || stop.v - start.v > MAX_BTF_SIZE)
		return NULL;
	*size = stop.v - start.v;
	buf = malloc(*size);
	if (buf && k_read(start.v, buf, *size, "BTF of the kernel"))
		return buf;
	free(buf);
	return NULL;
}

static bool resolve_nbd_from_btf(void)
{
	size_t base_size, module_size;
	void *base = NULL, *module = NULL;
	struct btf_types *types = NULL;
	bool done = false;

	if (k_has(KM_BTF_MODULE_LIST) && k_has(KM_BTF_DATA))
		module = read_module_btf(&module_size);
	if (module)
		base = read_kernel_btf(&base_size);
	if (base)
		types = btf_types_parse(base, base_size, module, module_size);
	if (types) {
		done = resolve_nbd(types, btf_size, btf_member) < 0;
		btf_types_free(types);
	}
	free(base);
	free(module);
	return done;
}

static const char *member_missing(int m)
{
	static char message[256];

	snprintf(message, sizeof(message),
		 "this kernel has no member %s in struct %s: its layout is not supported",
		 members[m].names[0], type_names[members[m].type]);
	return message;
}

static long kernel_size(const char *structure)
{
	return debuginfo_size(NULL, structure);
}

static num nbd_has_function(const char *name)
{
	return kernel_module_has_symbol("nbd", name);
}

static num nbd_has_text(const char *text)
{
	return kernel_module_holds("nbd", text);
}

/* Puts the candidate in force, and looks at the image through it. */
static const char *check_computed(const struct computed_layout *candidate, size_t *held)
{
	if (resolve_nbd(candidate, computed_struct_size, computed_struct_member) >= 0)
		return "vmlinux does not tell the size of a member's type";
	return nbd_anchors(held);
}

/* NULL, or why no computed layout was taken. */
static const char *resolve_nbd_computed(void)
{
	static const struct computed_image image = {kernel_size, nbd_has_function, nbd_has_text};
	const struct computed_layout *chosen;
	const char *why;

	chosen = computed_choose(&image, check_computed, &why);
	if (!chosen)
		return why;
	resolve_nbd(chosen, computed_struct_size, computed_struct_member);
	return NULL;
}

static const char *no_nbd_layout(const char *why)
{
	static char message[768];
	const char *release = kt->utsname.release;

	snprintf(
		message, sizeof(message),
		"nbd's structures are unknown: its debuginfo is not loaded, the image holds no BTF "
		"of it, and none could be computed (%s). Try: mod -s nbd PATH/nbd.ko.debug  "
		"(package linux-image-%s-dbg on Debian, kernel-debuginfo-%s on Fedora, RHEL and "
		"openEuler)",
		why, release, release);
	return message;
}

const char *k_init(void)
{
	int missing;

	if (layout.required_resolved)
		return NULL;
	missing = missing_member(false);
	if (missing >= 0)
		return member_missing(missing);
	forget_nbd();
	layout.required_resolved = true;
	return NULL;
}

static const char *no_nbd_symbols(void)
{
	if (kernel_module_is_loaded("nbd"))
		return "nbd is loaded, but crash does not know its symbol nbd_index_idr (was it "
		       "started with --no_modules?). Try: mod -s nbd PATH/nbd.ko.debug";
	return "this kernel image has no nbd module (no symbol nbd_index_idr, nor nbd_dev of "
	       "kernels before 4.11): the module was not loaded when the image was taken";
}

static bool debuginfo_is_loaded(void)
{
	return debuginfo_size(NULL, type_names[K_NBD_DEVICE]) > 0;
}

/* Where nbd's layouts are; NULL, or why they are nowhere. */
static const char *find_nbd_layout(void)
{
	const char *why;

	if (debuginfo_is_loaded()) {
		int missing = resolve_nbd(NULL, debuginfo_size, debuginfo_member);

		layout.source = "debuginfo";
		return missing >= 0 ? member_missing(missing) : NULL;
	}
	layout.source = "btf";
	if (resolve_nbd_from_btf())
		return NULL;
	layout.source = "computed";
	why = resolve_nbd_computed();
	return why ? no_nbd_layout(why) : NULL;
}

const char *k_init_nbd(void)
{
	const char *problem = k_init();

	if (problem)
		return problem;
	/* Debuginfo that was loaded since is better than anything else. */
	if (layout.source && (!strcmp(layout.source, "debuginfo") || !debuginfo_is_loaded()))
		return NULL;
	if (!k_symbol("nbd_index_idr").known && !k_symbol("nbd_dev").known)
		return no_nbd_symbols();
	problem = find_nbd_layout();
	/* A report takes the same reads, be it the first of a session or not. */
	forget_reads();
	if (problem) {
		layout.source = NULL;
		forget_nbd();
	}
	return problem;
}

void k_fini(void)
{
	memset(&layout, 0, sizeof(layout));
}

const char *k_layout_source(void)
{
	return layout.source;
}

bool k_has(enum kmember m)
{
	return offset_of(m) >= 0;
}

size_t k_sizeof(enum ktype t)
{
	need(t);
	return layout.type_size[t] > 0 ? (size_t)layout.type_size[t] : 0;
}

size_t k_member_size(enum kmember m)
{
	return k_has(m) ? layout.member[m].size : 0;
}

uint64_t k_at(uint64_t addr, enum kmember m)
{
	return addr + (uint64_t)offset_of(m);
}

uint64_t k_container(uint64_t addr, enum kmember m)
{
	return addr - (uint64_t)offset_of(m);
}

static bool read_memory(uint64_t addr, void *buf, size_t len, const char *what)
{
	char type[64];

	/* crash takes the name as a writable string. */
	snprintf(type, sizeof(type), "%s", what);
	reads.calls++;
	reads.bytes += len;
	return readmem(addr, KVADDR, buf, (long)len, type, RETURN_ON_ERROR | QUIET);
}

bool k_read(uint64_t addr, void *buf, size_t len, const char *what)
{
	if (!addr || !len || addr + len <= addr)
		return false;
	/* What is as large as a page is read once, and has no neighbours in it. */
	if (len < PAGE_CACHE_PAGE && page_cache_read(&pages, addr, buf, len, read_memory, what))
		return true;
	return read_memory(addr, buf, len, what);
}

struct reads k_reads(void)
{
	return reads;
}

bool k_load(struct kobj *o, enum ktype t, uint64_t addr)
{
	need(t);
	o->addr = addr;
	o->type = t;
	o->whole =
		addr && layout.span[t].size && layout.span[t].size <= sizeof(o->bytes) &&
		k_read(addr + layout.span[t].start, o->bytes, layout.span[t].size, type_names[t]);
	return o->whole;
}

bool k_bytes(const struct kobj *o, enum kmember m, void *buf, size_t len)
{
	size_t offset = (size_t)offset_of(m);
	size_t size = layout.member[m].size;

	if (!k_has(m) || !o->addr || len > size)
		return false;
	if (o->whole && offset >= layout.span[o->type].start &&
	    offset + len <= layout.span[o->type].start + layout.span[o->type].size) {
		memcpy(buf, o->bytes + (offset - layout.span[o->type].start), len);
		return true;
	}
	return k_read(o->addr + offset, buf, len, members[m].names[0]);
}

/* Members are read in the byte order of this machine: crash opens images of its own kind only. */
static num number(const struct kobj *o, enum kmember m, bool is_signed)
{
	size_t size = k_member_size(m);
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value = {0};

	if (!size || !k_bytes(o, m, &value, size < sizeof(value) ? size : sizeof(value)))
		return NUM_UNKNOWN;
	switch (size) {
	case 1:
		return NUM(is_signed ? (uint64_t)(int8_t)value.u8 : value.u8);
	case 2:
		return NUM(is_signed ? (uint64_t)(int16_t)value.u16 : value.u16);
	case 4:
		return NUM(is_signed ? (uint64_t)(int32_t)value.u32 : value.u32);
	default:
		return NUM(value.u64);
	}
}

num k_num(const struct kobj *o, enum kmember m)
{
	return number(o, m, false);
}

num k_signed(const struct kobj *o, enum kmember m)
{
	return number(o, m, true);
}

num k_num_at(uint64_t addr, enum kmember m)
{
	struct kobj o = {.addr = addr, .type = members[m].type};

	return k_num(&o, m);
}

num k_pointer(uint64_t addr, const char *what)
{
	uint64_t value;

	return k_read(addr, &value, sizeof(value), what) ? NUM(value) : NUM_UNKNOWN;
}

num k_symbol(const char *name)
{
	char symbol[64];

	snprintf(symbol, sizeof(symbol), "%s", name);
	return symbol_exists(symbol) ? NUM(symbol_value(symbol)) : NUM_UNKNOWN;
}

const char *k_function(uint64_t addr, uint64_t *start)
{
	const char *name = is_kernel_text(addr) ? closest_symbol(addr) : NULL;

	*start = name ? closest_symbol_value(addr) : 0;
	return name;
}

bool k_is_symbol(num addr, const char *name)
{
	num symbol = k_symbol(name);

	return addr.known && symbol.known && addr.v == symbol.v;
}

struct k_system k_system(void)
{
	return (struct k_system){.release = kt->utsname.release,
				 .version = kt->utsname.version,
				 .machine = kt->utsname.machine,
				 .tasks_in_crash = RUNNING_TASKS()};
}

unsigned k_hz(void)
{
	num symbol = k_symbol("tick_nsec");
	uint64_t tick_nsec;

	/* crash takes 1000 where it does not find CONFIG_HZ; the kernel's own tick tells (TICK_NSEC is
	 * not exactly a second's part for all HZ). Damaged, it may be anything. */
	if (symbol.known && k_read(symbol.v, &tick_nsec, sizeof(tick_nsec), "tick_nsec") &&
	    tick_nsec > NSEC_PER_SEC / MAX_HZ && tick_nsec <= NSEC_PER_SEC / MIN_HZ)
		return (unsigned)((NSEC_PER_SEC + tick_nsec / 2) / tick_nsec);
	return machdep->hz;
}

size_t k_stack_size(void)
{
	return machdep->stacksize;
}

/* At a Ctrl-C crash leaves its commands by longjmp, wherever they are: what was found so far would be lost,
 * and memory that malloc() was changing damaged. So nbd.so takes the first one of a command itself. */
static volatile sig_atomic_t interrupted;
static struct sigaction of_crash;
static bool listening;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = true;
	sigaction(SIGINT, &of_crash, NULL);
}

bool k_interrupted(void)
{
	return interrupted;
}

void k_begin(void)
{
	struct sigaction ours = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};

	interrupted = false;
	forget_reads();
	if (!listening)
		listening = !sigaction(SIGINT, &ours, &of_crash);
}

void k_end(void)
{
	if (listening)
		sigaction(SIGINT, &of_crash, NULL);
	listening = false;
}
