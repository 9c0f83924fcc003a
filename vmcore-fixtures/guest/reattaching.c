// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients in ioctl mode. The field case's: NBD_SET_SOCK appends to
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
#include <sys/socket.h>
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

/* Opens the device and sets it up with one connection; NBD_DO_IT is next. */
static int set_up(const char *name, int fd)
{
	int device = open_device(name);

	must(ioctl(device, NBD_SET_BLKSIZE, BLOCK_SIZE) == 0, "NBD_SET_BLKSIZE");
	must(ioctl(device, NBD_SET_SIZE_BLOCKS, BLOCKS) == 0, "NBD_SET_SIZE_BLOCKS");
	must(ioctl(device, NBD_SET_SOCK, fd) == 0, "NBD_SET_SOCK");
	fact_pid();
	return device;
}

/* The plain one: it stays in NBD_DO_IT as long as there is a connection. */
int role_client_ioctl(int argc, char **argv)
{
	struct address address = address_parse(argv[argc - 1]);
	uint64_t inode;
	int device, fd;

	detach();
	fd = address_connect(&address);
	device = set_up(argv[0], fd);
	inode = socket_inode(fd);
	fact_inodes("sockets", &inode, 1);
	ready();
	if (ioctl(device, NBD_DO_IT) != 0 && !options.stay)
		return 1;
	if (options.stay)
		rest();
	return 0;
}

/* As rbd-nbd does it: the server is the client's child, and their socket has no name. */
int role_client_socketpair(int argc, char **argv)
{
	int pair[2], device;
	uint64_t inode;
	pid_t child;

	(void)argc;
	detach();
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		close(pair[0]);
		serve_connection(pair[1]);
		_exit(0);
	}
	close(pair[1]);
	fact_int("server_pid", child);
	device = set_up(argv[0], pair[0]);
	inode = socket_inode(pair[0]);
	fact_inodes("sockets", &inode, 1);
	ready();
	return ioctl(device, NBD_DO_IT) != 0;
}

/* Ways out of a device. Ready before the call, which may not return. */
int role_ioctl(int argc, char **argv)
{
	int device;

	(void)argc;
	detach();
	device = open_device(argv[0]);
	fact_pid();
	ready();
	if (strcmp(argv[1], "disconnect") == 0)
		return ioctl(device, NBD_DISCONNECT) != 0;
	if (strcmp(argv[1], "clear_sock") == 0)
		return ioctl(device, NBD_CLEAR_SOCK) != 0;
	die("no such ioctl: %s", argv[1]);
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
	fd = address_connect(&address);
	sockets[used++] = socket_inode(fd);
	device = set_up(argv[0], fd);
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
