// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaches a device over netlink, or detaches it. The client then ends, as nbd-client does, or
 * stays as a particular kind of holder of its one socket (--then).
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SOCKETS 16

static const struct {
	const char *name;
	void (*hold)(int socket);
} holders[] = {
	{ "message", hold_in_message },
	{ "ring", hold_in_ring },
	{ "two-processes", hold_in_two_processes },
	{ "poll", hold_in_poll },
};

/* nbd's netlink is answered in the first namespace only, but takes sockets of any. */
static void enter_netns(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && setns(fd, CLONE_NEWNET) == 0, path);
	close(fd);
}

static void connect_all(const struct address *address, unsigned int count, int *sockets)
{
	char pid[32];
	unsigned int i;

	snprintf(pid, sizeof(pid), "%ld", options.netns);
	if (options.netns)
		enter_netns(pid);
	for (i = 0; i < count; i++)
		sockets[i] = address_connect(address);
	if (options.netns)
		enter_netns("1");
}

static void attach(char **argv, int sockets[MAX_SOCKETS])
{
	struct nbd_attach request = { .sockets = sockets };
	struct address address = address_parse(argv[3]);
	uint64_t inodes[MAX_SOCKETS];
	unsigned int i;

	if (sscanf(argv[0], "nbd%u", &request.index) != 1)
		die("not an nbd device: %s", argv[0]);
	request.size = strtoull(argv[1], NULL, 10);
	request.count = (unsigned int)strtoul(argv[2], NULL, 10);
	if (request.count > MAX_SOCKETS)
		die("too many connections");
	connect_all(&address, request.count, sockets);
	for (i = 0; i < request.count; i++)
		inodes[i] = socket_inode(sockets[i]);
	errno = nbd_netlink_connect(&request);
	must(errno == 0, "NBD_CMD_CONNECT");
	fact_pid();
	fact_inodes("sockets", inodes, request.count);
}

int role_client_netlink(int argc, char **argv)
{
	int sockets[MAX_SOCKETS];
	size_t i;

	(void)argc;
	if (!options.then) {
		attach(argv, sockets);
		return 0;
	}
	for (i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
		if (strcmp(options.then, holders[i].name) != 0)
			continue;
		detach();
		attach(argv, sockets);
		holders[i].hold(sockets[0]);
		ready();
		rest();
	}
	die("no such holder: %s", options.then);
}

int role_disconnect(int argc, char **argv)
{
	unsigned int index;

	if (sscanf(argv[argc - 1], "nbd%u", &index) != 1)
		die("not an nbd device: %s", argv[argc - 1]);
	errno = nbd_netlink_disconnect(index);
	must(errno == 0, "NBD_CMD_DISCONNECT");
	return 0;
}
