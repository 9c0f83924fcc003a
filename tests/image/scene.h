// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small kernel: nbd3 with two AF_UNIX connections, one of which the server has closed, a request in
 * flight, and who has what open. Built by any layout: what a kernel lacks is left out.
 */
#ifndef NBD_TEST_SCENE_H
#define NBD_TEST_SCENE_H

#include "kernel.h"

#define SCENE_INDEX	3
#define SCENE_PATH	"/run/nbd/export.sock"
#define SCENE_SECTOR	2048
#define SCENE_BYTES	4096
#define SCENE_TAG	5
#define SCENE_BACKEND	"pool/volume-7"
#define SCENE_FILE_PATH "/dev/nbd3"
#define SCENE_START	200    /* seconds after the boot when nbd3 was started */
#define SCENE_LOST_MS	950250 /* when the kernel's log says that a connection was lost */
#define SCENE_LOST	"block nbd3: Receive control failed (result -32)"

enum { SCENE_CLIENT_FD = 4, SCENE_SERVER_FD = 7, SCENE_OPENER_FD = 3 };

struct scene {
	struct image *image;
	struct kernel kernel;
	struct kernel_disk disk;
	uint64_t module;		      /* struct module, 0 without extra_module() */
	uint64_t nbd_device, config, request; /* config and request: 0 in kernels before */
	uint64_t nbd_socks[2];
	struct kernel_socket ends[2];  /* nbd's: client owns ends[i] as fd SCENE_CLIENT_FD + i */
	struct kernel_socket peers[2]; /* the server's: peers[0] is open, peers[1] closed */
	uint64_t rqs;		       /* blk_mq_tags.rqs of the request's queue */
	uint64_t hw_queue;	       /* blk_mq_hw_ctx of it */
	struct kernel_task init, client, client_thread, server, opener, worker;
	uint64_t opener_file;
	uint64_t debugfs; /* the dentry of nbd3's directory there */
	uint64_t ext4;	  /* the super_block on nbd3; 0 when there is none */
};

/* Builds it into an empty image. Kernels before 4.12 have no nbd_config: there the device has the first
 * connection alone (before 4.10) or both; and in an array (before 4.11) three idle devices before it. */
struct scene scene_build(struct image *image);

/* A blk_mq_tags with so many tags, all free; a tag that is in use by a request. */
uint64_t scene_new_tags(struct image *image, unsigned n);
void scene_take_tag(struct image *image, uint64_t tags, unsigned tag, uint64_t request);

/* A request with an nbd_cmd behind it, which no tag leads to yet. */
uint64_t scene_new_request(struct scene *s);

#endif
