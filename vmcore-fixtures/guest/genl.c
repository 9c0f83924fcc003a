// SPDX-License-Identifier: GPL-2.0-or-later
/* NBD_CMD_CONNECT and NBD_CMD_DISCONNECT over generic netlink, without a library. */
#include "actor.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/nbd-netlink.h>
#include <linux/nbd.h>
#include <linux/netlink.h>
#include <string.h>
#include <unistd.h>

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attributes[1024];
};

static void message_init(struct message *message, uint16_t family, uint8_t command)
{
	memset(message, 0, sizeof(*message));
	message->nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	message->nl.nlmsg_type = family;
	message->nl.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->genl.cmd = command;
	message->genl.version = 1;
}

static struct nlattr *put(struct message *message, uint16_t type, const void *data, size_t length)
{
	struct nlattr *attribute =
		(struct nlattr *)((char *)message + NLMSG_ALIGN(message->nl.nlmsg_len));

	if (message->nl.nlmsg_len + NLA_HDRLEN + NLA_ALIGN(length) > sizeof(*message))
		die("netlink message too long");
	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
	if (length)
		memcpy((char *)attribute + NLA_HDRLEN, data, length);
	message->nl.nlmsg_len = NLMSG_ALIGN(message->nl.nlmsg_len) +
				(uint32_t)NLA_ALIGN(attribute->nla_len);
	return attribute;
}

static void nest_end(struct message *message, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((char *)message + message->nl.nlmsg_len - (char *)nest);
}

/* Sends, and reads until the acknowledgement; keeps a reply that came before. */
static int exchange(int fd, struct message *request, struct message *reply)
{
	static _Alignas(NLMSG_ALIGNTO) char buffer[16384];
	struct nlmsghdr *header;
	ssize_t got;

	must(send(fd, request, request->nl.nlmsg_len, 0) > 0, "netlink send");
	for (;;) {
		got = recv(fd, buffer, sizeof(buffer), 0);
		must(got > 0, "netlink receive");
		for (header = (struct nlmsghdr *)buffer; NLMSG_OK(header, (size_t)got);
		     header = NLMSG_NEXT(header, got)) {
			if (header->nlmsg_type == NLMSG_ERROR)
				return -((struct nlmsgerr *)NLMSG_DATA(header))->error;
			if (reply && header->nlmsg_len <= sizeof(*reply))
				memcpy(reply, header, header->nlmsg_len);
		}
	}
}

static uint16_t nbd_family(int fd)
{
	struct message request, reply;
	const char *end;
	struct nlattr *attribute;
	uint16_t id;

	message_init(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	memset(&reply, 0, sizeof(reply));
	put(&request, CTRL_ATTR_FAMILY_NAME, NBD_GENL_FAMILY_NAME, sizeof(NBD_GENL_FAMILY_NAME));
	errno = exchange(fd, &request, &reply);
	must(errno == 0, "generic netlink family of nbd");
	end = (const char *)&reply + reply.nl.nlmsg_len;
	for (attribute = (struct nlattr *)reply.attributes; (const char *)attribute < end;
	     attribute = (struct nlattr *)((char *)attribute + NLA_ALIGN(attribute->nla_len))) {
		if (attribute->nla_type == CTRL_ATTR_FAMILY_ID) {
			memcpy(&id, (char *)attribute + NLA_HDRLEN, sizeof(id));
			return id;
		}
		if (!attribute->nla_len)
			break;
	}
	die("no id for the generic netlink family of nbd");
}

int nbd_netlink_connect(const struct nbd_attach *attach)
{
	const uint64_t flags = NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH | NBD_FLAG_CAN_MULTI_CONN |
			       (options.trim ? NBD_FLAG_SEND_TRIM : 0);
	const uint64_t timeout = (uint64_t)options.timeout;
	const uint64_t dead_timeout = (uint64_t)options.dead_timeout;
	struct nlattr *sockets, *item;
	struct message message;
	unsigned int i;
	uint32_t socket_fd;
	int error, fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);

	must(fd >= 0, "netlink socket");
	message_init(&message, nbd_family(fd), NBD_CMD_CONNECT);
	put(&message, NBD_ATTR_INDEX, &attach->index, sizeof(attach->index));
	put(&message, NBD_ATTR_SIZE_BYTES, &attach->size, sizeof(attach->size));
	put(&message, NBD_ATTR_SERVER_FLAGS, &flags, sizeof(flags));
	if (timeout)
		put(&message, NBD_ATTR_TIMEOUT, &timeout, sizeof(timeout));
	if (dead_timeout)
		put(&message, NBD_ATTR_DEAD_CONN_TIMEOUT, &dead_timeout, sizeof(dead_timeout));
	sockets = put(&message, NBD_ATTR_SOCKETS | NLA_F_NESTED, NULL, 0);
	for (i = 0; i < attach->count; i++) {
		socket_fd = (uint32_t)attach->sockets[i];
		item = put(&message, NBD_SOCK_ITEM | NLA_F_NESTED, NULL, 0);
		put(&message, NBD_SOCK_FD, &socket_fd, sizeof(socket_fd));
		nest_end(&message, item);
	}
	nest_end(&message, sockets);
	error = exchange(fd, &message, NULL);
	close(fd);
	return error;
}

int nbd_netlink_disconnect(unsigned int index)
{
	int error, fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	struct message message;

	must(fd >= 0, "netlink socket");
	message_init(&message, nbd_family(fd), NBD_CMD_DISCONNECT);
	put(&message, NBD_ATTR_INDEX, &index, sizeof(index));
	error = exchange(fd, &message, NULL);
	close(fd);
	return error;
}
