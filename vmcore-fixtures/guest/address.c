// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unix:/path   abstract:NAME   tcp4:127.0.0.1:PORT   tcp6:::1:PORT
 * NAME is taken byte by byte; \NNN (three octal digits, as printf(1) has them)
 * writes the bytes that no argument can hold.
 */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static size_t unescape(const char *text, char *bytes, size_t room)
{
	size_t used = 0;

	while (*text) {
		if (used == room)
			die("name too long");
		if (*text == '\\') {
			char octal[4] = { 0 };

			memcpy(octal, text + 1, strnlen(text + 1, 3));
			bytes[used++] = (char)strtol(octal, NULL, 8);
			text += 1 + strlen(octal);
		} else {
			bytes[used++] = *text++;
		}
	}
	return used;
}

static struct address unix_address(const char *text, int abstract)
{
	struct address address = { 0 };
	struct sockaddr_un *un = (struct sockaddr_un *)&address.sa;
	size_t length;

	un->sun_family = AF_UNIX;
	if (abstract) {
		length = 1 + unescape(text, un->sun_path + 1, sizeof(un->sun_path) - 1);
	} else {
		length = strlen(text) + 1;
		if (length > sizeof(un->sun_path))
			die("path too long: %s", text);
		memcpy(un->sun_path, text, length);
	}
	address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return address;
}

static struct address tcp_address(const char *text, int family)
{
	struct address address = { 0 };
	const char *colon = strrchr(text, ':');
	struct sockaddr_in *in4 = (struct sockaddr_in *)&address.sa;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.sa;
	char host[INET6_ADDRSTRLEN] = { 0 };
	uint16_t port;
	void *where;

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		die("not HOST:PORT: %s", text);
	memcpy(host, text, (size_t)(colon - text));
	port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	address.sa.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in4->sin_port = port;
		where = &in4->sin_addr;
		address.length = sizeof(*in4);
	} else {
		in6->sin6_port = port;
		where = &in6->sin6_addr;
		address.length = sizeof(*in6);
	}
	if (inet_pton(family, host, where) != 1)
		die("not an address: %s", host);
	return address;
}

struct address address_parse(const char *text)
{
	if (strncmp(text, "unix:", 5) == 0)
		return unix_address(text + 5, 0);
	if (strncmp(text, "abstract:", 9) == 0)
		return unix_address(text + 9, 1);
	if (strncmp(text, "tcp4:", 5) == 0)
		return tcp_address(text + 5, AF_INET);
	if (strncmp(text, "tcp6:", 5) == 0)
		return tcp_address(text + 5, AF_INET6);
	die("not an address: %s", text);
}

/* In the words of /proc/net and ss: an abstract name begins with its NUL. */
void fact_address(const struct address *address)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&address->sa;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)&address->sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->sa;
	char key[64], host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];
	size_t length;

	snprintf(key, sizeof(key), "%s_address", options.as);
	switch (address->sa.ss_family) {
	case AF_UNIX:
		length = address->length - offsetof(struct sockaddr_un, sun_path);
		if (un->sun_path[0])
			length = strlen(un->sun_path);
		fact_text(key, un->sun_path, length);
		return;
	case AF_INET:
		inet_ntop(AF_INET, &in4->sin_addr, host, sizeof(host));
		snprintf(text, sizeof(text), "%s:%u", host, ntohs(in4->sin_port));
		break;
	default:
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(text, sizeof(text), "[%s]:%u", host, ntohs(in6->sin6_port));
		break;
	}
	fact_text(key, text, strlen(text));
}

int address_listen(const struct address *address)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&address->sa;
	int one = 1, fd = socket(address->sa.ss_family, SOCK_STREAM, 0);

	must(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->sa.ss_family == AF_UNIX && un->sun_path[0])
		unlink(un->sun_path);
	must(bind(fd, (const struct sockaddr *)&address->sa, address->length) == 0, "bind");
	/* Larger than any scene needs: a full queue would block connect(). */
	must(listen(fd, 4096) == 0, "listen");
	return fd;
}

/* A connected socket, or -1 and errno. */
static int try_connect(const struct address *address)
{
	int error, fd = socket(address->sa.ss_family, SOCK_STREAM, 0);

	must(fd >= 0, "socket");
	if (connect(fd, (const struct sockaddr *)&address->sa, address->length) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int address_connect(const struct address *address)
{
	int fd = try_connect(address);

	must(fd >= 0, "connect");
	return fd;
}

/* Bridges the time between a server's death and its successor's listen(). */
int address_connect_patiently(const struct address *address)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int attempts, fd;

	for (attempts = 0; attempts < 3000; attempts++) {
		fd = try_connect(address);
		if (fd >= 0)
			return fd;
		must(errno == ECONNREFUSED || errno == ENOENT, "connect");
		nanosleep(&pause, NULL);
	}
	die("nobody listens");
}

uint64_t socket_inode(int fd)
{
	struct stat status;

	must(fstat(fd, &status) == 0, "fstat");
	return status.st_ino;
}
