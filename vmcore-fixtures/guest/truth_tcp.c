// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP sockets, from /proc/net/tcp and tcp6 of each network namespace. */
#include "truth.h"
#include "text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file prints each 32-bit word of an address in host order. */
static int parse_host(const char *hex, int family, char *host)
{
	uint32_t words[4];
	int i, count = family == AF_INET ? 1 : 4;

	for (i = 0; i < count; i++)
		if (sscanf(hex + 8 * i, "%8" SCNx32, &words[i]) != 1)
			return -1;
	return inet_ntop(family, words, host, INET6_ADDRSTRLEN) ? 0 : -1;
}

static struct json_object *endpoint(const char *text, int family)
{
	char host[INET6_ADDRSTRLEN], printed[INET6_ADDRSTRLEN + 16];
	const char *colon = strchr(text, ':');

	if (!colon || parse_host(text, family, host) != 0)
		return NULL;
	snprintf(printed, sizeof(printed), family == AF_INET ? "%s:%lu" : "[%s]:%lu", host,
		 strtoul(colon + 1, NULL, 16));
	return json_object_new_string(printed);
}

static struct json_object *tcp_socket(const char *line, int family)
{
	char local[64], remote[64];
	unsigned int state, sent, received;
	struct json_object *object;
	int64_t inode;

	if (sscanf(line, "%*u: %63s %63s %x %x:%x %*x:%*x %*x %*u %*u %" SCNd64, local, remote,
		   &state, &sent, &received, &inode) != 6)
		return NULL;
	object = json_object_new_object();
	json_object_object_add(object, "inode", json_object_new_int64(inode));
	json_object_object_add(object, "namespace", json_object_new_int64(namespace_of(0, "net")));
	json_object_object_add(object, "family",
			       json_object_new_string(family == AF_INET ? "inet" : "inet6"));
	json_object_object_add(object, "local", endpoint(local, family));
	json_object_object_add(object, "remote", endpoint(remote, family));
	json_object_object_add(object, "state", json_object_new_int((int)state));
	json_object_object_add(object, "tx_queue", json_object_new_int64(sent));
	json_object_object_add(object, "rx_queue", json_object_new_int64(received));
	return object;
}

static void add_sockets(struct json_object *array, const char *path, int family)
{
	char *text = text_read("%s", path), *line, *rest;
	struct json_object *object;

	if (!text)
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		object = tcp_socket(line, family);
		if (object)
			json_object_array_add(array, object);
	}
	free(text);
}

/* /proc/net is that of whoever asks. */
static void add_namespace(struct json_object *array)
{
	add_sockets(array, "/proc/net/tcp", AF_INET);
	add_sockets(array, "/proc/net/tcp6", AF_INET6);
}

struct json_object *truth_tcp(struct json_object *processes)
{
	struct json_object *array = json_object_new_array();

	each_network_namespace(processes, add_namespace, array);
	return array;
}
