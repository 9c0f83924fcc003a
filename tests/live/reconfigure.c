// SPDX-License-Identifier: GPL-2.0-or-later
/* reconfigure DEVICE ADDRESS: NBD_CMD_RECONFIGURE with one new socket; exits with the errno that the kernel gave. */
/* The fixtures' own netlink, whose helpers are not for others. */
#include "genl.c"

#include <stdio.h>

static int reconfigure(unsigned int index, uint32_t socket_fd)
{
	int error, fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct nlattr *sockets, *item;
	struct message message;

	must(fd >= 0, "netlink socket");
	message_init(&message, nbd_family(fd), NBD_CMD_RECONFIGURE);
	put(&message, NBD_ATTR_INDEX, &index, sizeof(index));
	sockets = put(&message, NBD_ATTR_SOCKETS | NLA_F_NESTED, NULL, 0);
	item = put(&message, NBD_SOCK_ITEM | NLA_F_NESTED, NULL, 0);
	put(&message, NBD_SOCK_FD, &socket_fd, sizeof(socket_fd));
	nest_end(&message, item);
	nest_end(&message, sockets);
	error = exchange(fd, &message, NULL);
	close(fd);
	return error;
}

int main(int argc, char **argv)
{
	struct address address;
	unsigned int index;

	if (argc != 3 || sscanf(argv[1], "nbd%u", &index) != 1)
		die("usage: reconfigure nbdN ADDRESS");
	address = address_parse(argv[2]);
	return reconfigure(index, (uint32_t)address_connect(&address));
}
