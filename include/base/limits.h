// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits that several rooms check values against: only damaged memory holds larger ones. */
#ifndef NBD_BASE_LIMITS_H
#define NBD_BASE_LIMITS_H

/* PID_MAX_LIMIT, include/linux/threads.h: no pid is larger, and no kernel has more tasks. */
#define MAX_PID (4 * 1024 * 1024)

/* nbd_add_socket() enlarges nbd_config.socks with krealloc(), which cannot give more pointers than fit
 * into the largest page block: 512 Ki with pages of 4 KiB. */
#define MAX_CONNECTIONS (1u << 20)

/* nbd takes blocks from 512 bytes to a page, and no kernel has larger pages than 64 KiB. */
#define MIN_BLOCK_BITS 9u
#define MAX_BLOCK_BITS 16u
#define MIN_BLOCK_SIZE (1u << MIN_BLOCK_BITS)
#define MAX_BLOCK_SIZE (1u << MAX_BLOCK_BITS)

/* MINORBITS, include/linux/kdev_t.h. */
#define MINOR_BITS 20

/* include/uapi/linux/major.h; the drivers register no others. */
#define LOOP_MAJOR 7
#define NBD_MAJOR  43

#endif
