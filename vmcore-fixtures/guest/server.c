// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server of the transmission phase only: the kernel speaks nothing else, and
 * our clients do not negotiate. The device reads as zeros and swallows writes.
 */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/nbd.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define MAX_CONNECTIONS 2048
#define MAX_PAYLOAD (4 << 20)

static char payload[MAX_PAYLOAD];

static int read_all(int fd, void *buffer, size_t length)
{
	char *at = buffer;
	ssize_t got;

	while (length) {
		got = read(fd, at, length);
		if (got <= 0)
			return -1;
		at += got;
		length -= (size_t)got;
	}
	return 0;
}

static int write_all(int fd, const void *buffer, size_t length)
{
	const char *at = buffer;
	ssize_t put;

	while (length) {
		put = send(fd, at, length, MSG_NOSIGNAL);
		if (put <= 0)
			return -1;
		at += put;
		length -= (size_t)put;
	}
	return 0;
}

/* One request and its answer; -1 when the connection is over. */
static int serve_request(int fd)
{
	struct nbd_reply reply = { .magic = htonl(NBD_REPLY_MAGIC) };
	struct nbd_request request;
	uint32_t length;

	if (read_all(fd, &request, sizeof(request)) ||
	    request.magic != htonl(NBD_REQUEST_MAGIC))
		return -1;
	length = ntohl(request.len);
	memcpy(&reply.handle, &request.handle, sizeof(reply.handle));
	switch (ntohl(request.type) & 0xffff) {
	case NBD_CMD_READ:
		if (length > MAX_PAYLOAD)
			return -1;
		memset(payload, 0, length);
		return write_all(fd, &reply, sizeof(reply)) || write_all(fd, payload, length);
	case NBD_CMD_WRITE:
		if (length > MAX_PAYLOAD || read_all(fd, payload, length))
			return -1;
		return write_all(fd, &reply, sizeof(reply));
	case NBD_CMD_DISC:
		return -1;
	default:
		return write_all(fd, &reply, sizeof(reply));
	}
}

static void serve(int listener)
{
	static struct pollfd fds[1 + MAX_CONNECTIONS];
	nfds_t used = 1, i;
	int fd;

	fds[0].fd = listener;
	fds[0].events = POLLIN;
	for (;;) {
		must(poll(fds, used, -1) > 0 || errno == EINTR, "poll");
		if (fds[0].revents) {
			fd = accept(listener, NULL, NULL);
			if (fd >= 0 && used < 1 + MAX_CONNECTIONS) {
				fds[used].fd = fd;
				fds[used].events = POLLIN;
				fds[used++].revents = 0;
			} else if (errno == EMFILE) {
				/* Full: everybody else stays in the queue. */
				fds[0].fd = -1;
			}
		}
		for (i = 1; i < used; i++) {
			if (!fds[i].revents || !serve_request(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i--] = fds[--used];
		}
	}
}

int role_server(int argc, char **argv)
{
	struct address address = address_parse(argv[argc - 1]);
	int listener;

	detach();
	listener = address_listen(&address);
	fact_pid();
	fact_address(&address);
	ready();
	if (options.no_accept)
		rest();
	serve(listener);
	return 0;
}
