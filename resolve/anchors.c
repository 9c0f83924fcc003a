// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/anchors.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/page_cache.h"
#include "resolve/idr.h"
#include "resolve/kernel_types.h"
#include "resolve/disks.h"
#include "resolve/symbols.h"

/* A bit of nbd_config.runtime_flags (NBD_RT_*), and all bits of it in the kernels that need a computed layout; all
 * bits of nbd_device.flags (NBD_DESTROY_ON_DISCONNECT, NBD_DISCONNECT_REQUESTED). */
#define HAS_PID_FILE	    (1u << 3)
#define KNOWN_RUNTIME_FLAGS 0xffu
#define KNOWN_DEVICE_FLAGS  0x3u
/* No kernel has anything in page 0. */
#define LOWEST_POINTER PAGE_CACHE_PAGE

struct anchors {
	uint32_t index;
	const char *not_index; /* what is wrong when nbd_device.index is another one */
	size_t held;
	const char *broken; /* what the first failing check found wrong, NULL before that */
};

/* Counts a check that holds. Of the first one that fails it notes what, which says what is wrong, and from then on it
 * returns false. */
static bool expect(struct anchors *a, bool holds, const char *what)
{
	if (a->broken)
		return false;
	if (holds)
		a->held++;
	else
		a->broken = arena_printf("nbd%u: %s", a->index, what);
	return holds;
}

static bool is_pointer_or_null(num n)
{
	return n.known && (!n.v || (n.v >= LOWEST_POINTER && !(n.v % sizeof(void *))));
}

static bool at_most(num n, uint64_t max)
{
	return n.known && n.v <= max;
}

/* An nbd_sock leads to a socket, and the socket's file and sock lead back to that. */
static bool expect_connection(struct anchors *a, uint64_t nbd_sock)
{
	num socket = k_num_at(nbd_sock, KM_NSOCK_SOCK);
	num sk = socket.known ? k_num_at(socket.v, KM_SOCKET_SK) : NUM_UNKNOWN;
	num file = socket.known ? k_num_at(socket.v, KM_SOCKET_FILE) : NUM_UNKNOWN;

	return expect(a, sk.known && num_is(k_num_at(sk.v, KM_SK_SOCKET), socket.v),
		      "nbd_sock.sock leads to no socket") &&
	       expect(a, file.known && num_is(k_num_at(file.v, KM_FILE_PRIVATE_DATA), socket.v),
		      "nbd_sock.sock has no file") &&
	       expect(a, at_most(k_num_at(nbd_sock, KM_NSOCK_DEAD), 1),
		      "nbd_sock.dead is neither 0 nor 1");
}

static bool expect_connections(struct anchors *a, uint64_t config)
{
	num count = k_num_at(config, KM_CONFIG_NUM_CONNECTIONS);
	num socks = k_num_at(config, KM_CONFIG_SOCKS);

	if (!expect(a, at_most(count, MAX_CONNECTIONS), "num_connections is impossible") ||
	    !expect(a, is_pointer_or_null(socks) && (socks.v || !count.v), "socks is no pointer") ||
	    !expect(a, at_most(k_num_at(config, KM_CONFIG_LIVE_CONNECTIONS), count.v),
		    "live_connections is more than num_connections") ||
	    !expect(a, at_most(k_num_at(config, KM_CONFIG_RECV_THREADS), MAX_CONNECTIONS),
		    "recv_threads is impossible"))
		return false;
	for (uint64_t i = 0; i < count.v; i++) {
		num nbd_sock = k_pointer(socks.v + i * sizeof(uint64_t), "nbd_config.socks");

		if (!expect(a, nbd_sock.known && !k_interrupted(), "socks cannot be read") ||
		    !expect_connection(a, nbd_sock.v))
			return false;
	}
	return true;
}

static bool is_block_size(uint64_t config)
{
	num bits = k_num_at(config, KM_CONFIG_BLKSIZE_BITS);
	num bytes = k_num_at(config, KM_CONFIG_BLKSIZE);

	if (bits.known)
		return bits.v >= MIN_BLOCK_BITS && bits.v <= MAX_BLOCK_BITS;
	return bytes.known && bytes.v >= 1u << MIN_BLOCK_BITS && bytes.v <= 1u << MAX_BLOCK_BITS &&
	       !(bytes.v & (bytes.v - 1));
}

/* nbd sets HAS_PID_FILE when it records the thread that starts the device, and both stay as long as there is a
 * config. */
static bool expect_config(struct anchors *a, uint64_t nbd, uint64_t config)
{
	num flags = k_num_at(config, KM_CONFIG_RUNTIME_FLAGS);
	num started = k_num_at(nbd, k_has(KM_NBD_PID) ? KM_NBD_PID : KM_NBD_TASK_RECV);

	return expect(a, at_most(flags, KNOWN_RUNTIME_FLAGS), "runtime_flags has unknown bits") &&
	       expect(a, started.known && (started.v != 0) == !!(flags.v & HAS_PID_FILE),
		      "HAS_PID_FILE and the thread that started it do not agree") &&
	       expect_connections(a, config) &&
	       expect(a, is_block_size(config), "the block size is impossible");
}

static void expect_device(void *context, uint32_t index, uint64_t nbd)
{
	struct anchors *a = context;
	uint64_t tag_set = k_at(nbd, KM_NBD_TAG_SET), list = k_at(nbd, KM_NBD_LIST);
	num disk = k_num_at(nbd, KM_NBD_DISK), config = k_num_at(nbd, KM_NBD_CONFIG);

	if (a->broken)
		return;
	a->index = index;
	if (expect(a, num_is(k_num_at(tag_set, KM_TAG_SET_DRIVER_DATA), nbd),
		   "tag_set.driver_data is not this nbd_device") &&
	    expect(a, num_is(k_num_at(tag_set, KM_TAG_SET_CMD_SIZE), k_sizeof(K_NBD_CMD)),
		   "tag_set.cmd_size is not the size of nbd_cmd") &&
	    expect(a, num_is(k_num_at(nbd, KM_NBD_INDEX), index), a->not_index) &&
	    expect(a, config.known, "config cannot be read") &&
	    expect(a, disk.known && num_is(k_num_at(disk.v, KM_DISK_PRIVATE_DATA), nbd),
		   "its gendisk's private_data is not this nbd_device") &&
	    /* nbd initialises it as an empty list, and never adds it to another. */
	    expect(a, num_is(k_pointer(list, "nbd_device.list"), list),
		   "list is not an empty list") &&
	    expect(a, is_pointer_or_null(k_num_at(nbd, KM_NBD_TASK_SETUP)),
		   "task_setup is no pointer") &&
	    expect(a,
		   !k_has(KM_NBD_TASK_RECV) || is_pointer_or_null(k_num_at(nbd, KM_NBD_TASK_RECV)),
		   "task_recv is no pointer") &&
	    expect(a, !k_has(KM_NBD_PID) || at_most(k_num_at(nbd, KM_NBD_PID), MAX_PID),
		   "pid is impossible") &&
	    /* nbd sets it only while a netlink connect waits until an old device is gone. */
	    expect(a,
		   !k_has(KM_NBD_DESTROY_COMPLETE) ||
			   num_is(k_num_at(nbd, KM_NBD_DESTROY_COMPLETE), 0),
		   "destroy_complete is in use") &&
	    expect(a,
		   !k_has(KM_NBD_FLAGS) || at_most(k_num_at(nbd, KM_NBD_FLAGS), KNOWN_DEVICE_FLAGS),
		   "flags has unknown bits") &&
	    config.v)
		expect_config(a, nbd, config.v);
}

/* Without the symbol of nbd's own table. False when not all disks could be read. */
static bool expect_disks(struct anchors *a)
{
	struct disks disks = disks_of_major(NBD_MAJOR);

	a->not_index = "index is not that of its disk's minors";
	for (size_t i = 0; i < disks.n && !a->broken; i++) {
		const struct disk *disk = &disks.v[i];

		a->index = (uint32_t)disk->index.v;
		if (expect(a, disk->index.known && disk->private_data.v,
			   "its gendisk could not be read") &&
		    expect(a, num_is(k_num_at(disk->private_data.v, KM_NBD_DISK), disk->gendisk),
			   "disk is not the gendisk that leads to this nbd_device"))
			expect_device(a, (uint32_t)disk->index.v, disk->private_data.v);
	}
	return disks.complete;
}

const char *anchors_check(size_t *held)
{
	struct anchors a = {.not_index = "index is not its key in nbd_index_idr"};
	bool listed = k_symbol("nbd_index_idr").known;
	bool complete = listed ? idr_walk("nbd_index_idr", expect_device, &a) : expect_disks(&a);

	*held = a.held;
	return a.broken	  ? a.broken
	       : complete ? NULL
	       : listed	  ? "nbd_index_idr could not be read in full"
			  : "block_class could not be read in full";
}
