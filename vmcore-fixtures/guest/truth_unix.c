// SPDX-License-Identifier: GPL-2.0-or-later
/* AF_UNIX sockets, from sock_diag: the only interface that tells peers. */
#include "truth.h"
#include "bytes.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALL_STATES 0xffffffffU

static struct json_object *inode_array(const uint32_t *inodes, size_t count)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_int64(inodes[i]));
	return array;
}

static struct json_object *unix_socket(const struct nlmsghdr *header)
{
	const struct unix_diag_msg *message = NLMSG_DATA(header);
	const struct unix_diag_rqlen *queues;
	struct json_object *object = json_object_new_object();
	size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
	const struct rtattr *attribute;

	json_object_object_add(object, "inode", json_object_new_int64(message->udiag_ino));
	json_object_object_add(object, "peer_inode", NULL);
	json_object_object_add(object, "name", NULL);
	json_object_object_add(object, "type", json_object_new_int(message->udiag_type));
	json_object_object_add(object, "state", json_object_new_int(message->udiag_state));
	json_object_object_add(object, "pending", json_object_new_array());
	for (attribute = (const struct rtattr *)(message + 1); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		const void *data = RTA_DATA(attribute);
		size_t length = RTA_PAYLOAD(attribute);

		switch (attribute->rta_type) {
		case UNIX_DIAG_NAME:
			/* A path comes with its NUL, an abstract name is counted. */
			if (length && *(const char *)data)
				length = strnlen(data, length);
			json_object_object_add(object, "name", json_from_bytes(data, length));
			break;
		case UNIX_DIAG_PEER:
			json_object_object_add(object, "peer_inode",
					       json_object_new_int64(*(const uint32_t *)data));
			break;
		case UNIX_DIAG_ICONS:
			json_object_object_add(object, "pending",
					       inode_array(data, length / sizeof(uint32_t)));
			break;
		case UNIX_DIAG_RQLEN:
			queues = data;
			json_object_object_add(object, "rqueue",
					       json_object_new_int64(queues->udiag_rqueue));
			json_object_object_add(object, "wqueue",
					       json_object_new_int64(queues->udiag_wqueue));
			break;
		case UNIX_DIAG_SHUTDOWN:
			json_object_object_add(object, "shutdown",
					       json_object_new_int(*(const uint8_t *)data));
			break;
		}
	}
	return object;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void add_namespace(struct json_object *array)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} dump = {
		.header = {
			.nlmsg_len = sizeof(dump),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.request = {
			.sdiag_family = AF_UNIX,
			.udiag_states = ALL_STATES,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS |
				      UDIAG_SHOW_RQLEN,
		},
	};
	static _Alignas(NLMSG_ALIGNTO) char buffer[1 << 16];
	const struct nlmsghdr *header;
	ssize_t got;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0 || send(fd, &dump, sizeof(dump), 0) < 0)
		fail("sock_diag");
	for (;;) {
		got = recv(fd, buffer, sizeof(buffer), 0);
		if (got <= 0)
			fail("sock_diag");
		for (header = (const struct nlmsghdr *)buffer; NLMSG_OK(header, (size_t)got);
		     header = NLMSG_NEXT(header, got)) {
			if (header->nlmsg_type == NLMSG_DONE) {
				close(fd);
				return;
			}
			if (header->nlmsg_type == NLMSG_ERROR)
				fail("sock_diag of AF_UNIX (is unix_diag loaded?)");
			json_object_array_add(array, unix_socket(header));
		}
	}
}

struct json_object *truth_unix(struct json_object *processes)
{
	struct json_object *array = json_object_new_array();

	each_network_namespace(processes, add_namespace, array);
	return array;
}
