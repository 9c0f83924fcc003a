// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ioctl client of the field case, and a later one. NBD_SET_SOCK appends to
 * a device that has stopped as long as it comes from the task that set it up;
 * NBD_DO_IT refuses it as long as somebody keeps the device open.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK_SIZE 4096UL
#define BLOCKS 2048UL
#define MAX_SOCKETS 2048

static int open_device(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	must(fd >= 0, path);
	return fd;
}

static uint64_t attach_again(int device, const struct address *address)
{
	int fd = address_connect_patiently(address);
	uint64_t inode = socket_inode(fd);

	must(ioctl(device, NBD_SET_SOCK, fd) == 0, "NBD_SET_SOCK");
	if (ioctl(device, NBD_DO_IT) == 0 || errno != EBUSY)
		die("NBD_DO_IT did not say EBUSY");
	close(fd);
	return inode;
}

int role_client_reattaching(int argc, char **argv)
{
	static uint64_t sockets[MAX_SOCKETS];
	struct address address = address_parse(argv[1]);
	struct address other = address_parse(argv[3]);
	unsigned long count = strtoul(argv[2], NULL, 10);
	unsigned long from_other = strtoul(argv[4], NULL, 10);
	unsigned long used = 0, i;
	int device, fd;

	(void)argc;
	if (1 + count + from_other > MAX_SOCKETS)
		die("too many connections");
	detach();
	device = open_device(argv[0]);
	fd = address_connect(&address);
	sockets[used++] = socket_inode(fd);
	must(ioctl(device, NBD_SET_BLKSIZE, BLOCK_SIZE) == 0, "NBD_SET_BLKSIZE");
	must(ioctl(device, NBD_SET_SIZE_BLOCKS, BLOCKS) == 0, "NBD_SET_SIZE_BLOCKS");
	must(ioctl(device, NBD_SET_SOCK, fd) == 0, "NBD_SET_SOCK");
	fact_pid();
	ready();
	ioctl(device, NBD_DO_IT);
	/* The server is gone. */
	must(ioctl(device, NBD_CLEAR_SOCK) == 0, "NBD_CLEAR_SOCK");
	close(fd);
	for (i = 0; i < count; i++)
		sockets[used++] = attach_again(device, &address);
	for (i = 0; i < from_other; i++)
		sockets[used++] = attach_again(device, &other);
	fact_inodes("sockets", sockets, used);
	return 0;
}

static void fact_errno(const char *key, int error)
{
	const char *name = error ? strerrorname_np(error) : "success";

	fact_text(key, name, strlen(name));
}

/* What each of the three ways to attach says now. */
int role_attempt(int argc, char **argv)
{
	struct nbd_attach attach = { .size = BLOCK_SIZE * BLOCKS, .count = 1 };
	int device = open_device(argv[0]);
	int pair[2];

	(void)argc;
	if (sscanf(argv[0], "nbd%u", &attach.index) != 1)
		die("not an nbd device: %s", argv[0]);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	attach.sockets = pair;
	fact_errno("attempt_set_sock", ioctl(device, NBD_SET_SOCK, pair[0]) ? errno : 0);
	fact_errno("attempt_do_it", ioctl(device, NBD_DO_IT) ? errno : 0);
	fact_errno("attempt_netlink", nbd_netlink_connect(&attach));
	fact_pid();
	return 0;
}
