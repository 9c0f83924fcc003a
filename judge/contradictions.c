// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/contradictions.h"

#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/socket_kinds.h"
#include "base/socket_states.h"
#include "base/words.h"
#include "judge/facts.h"
#include "base/ptr_map.h"

/* Contradictions of one kind that are told of a device. */
#define MAX_SAID 16

/* A test returns a sentence about what contradicts itself, or NULL when nothing does. */
typedef const char *device_test(const struct device *dev);
typedef const char *connection_test(const struct sock_info *s);

static const char *name_differs(const struct device *dev)
{
	if (!strcmp(dev->name, arena_printf("nbd%u", dev->index)))
		return NULL;
	return arena_printf("gendisk.disk_name is \"%s\", yet this is nbd%u", dev->name,
			    dev->index);
}

static const char *config_is_missing(const struct device *dev)
{
	if (!fact_is_unconfigured(dev) || !dev->config_refs.v)
		return NULL;
	return arena_printf("config_refs is %s, yet there is no config",
			    word_decimal(dev->config_refs));
}

/* A config keeps its device, by nbd_open() or nbd_genl_connect(). */
static const char *refs_are_impossible(const struct device *dev)
{
	if (!dev->config || !dev->refs.known || (int32_t)dev->refs.v > 0)
		return NULL;
	return arena_printf("refs is %d, yet the device has a config", (int32_t)dev->refs.v);
}

/*
 * One reference each for an opener, a receiver and RT_HAS_CONFIG_REF. Who is in the middle of
 * nbd_open(), nbd_queue_rq() or a timeout has one more for that time: then a request or a waiter is
 * there.
 */
static const char *config_refs_differ(const struct device *dev)
{
	int64_t refs = (int64_t)dev->config_refs.v, sum, passing;

	if (!dev->config || !dev->config_refs.known || !dev->openers_expected.known ||
	    !dev->recv_threads.known || !dev->runtime_flags.known || !dev->requests_known)
		return NULL;
	sum = (int64_t)(dev->openers_expected.v + dev->recv_threads.v) +
	      fact_has_flag(dev, RT_HAS_CONFIG_REF);
	passing = (int64_t)(dev->n_requests + dev->n_waiters);
	if (refs >= sum && refs <= sum + passing)
		return NULL;
	return arena_printf("config_refs is %lld, yet openers, receivers and netlink make %lld",
			    (long long)refs, (long long)sum);
}

/* bd_openers counts an open from before its file gets an fd until after that is gone. */
static const char *more_openers_than_counted(const struct device *dev)
{
	if (!dev->openers_expected.known || dev->openers_found <= dev->openers_expected.v)
		return NULL;
	return arena_printf("bd_openers is %s, yet there is more that keeps it open: %zu",
			    word_decimal(dev->openers_expected), dev->openers_found);
}

static const char *receivers_of_nobody(const struct device *dev)
{
	if (!fact_is_not_started(dev) || !dev->recv_threads.v)
		return NULL;
	return arena_printf("recv_threads is %s, yet nobody is recorded as having started the "
			    "device",
			    word_decimal(dev->recv_threads));
}

/* NBD_DO_IT and the netlink connect refuse a device without sockets, and only the config's end forgets
 * them. */
static const char *started_without_connections(const struct device *dev)
{
	return fact_is_started(dev) && num_is(dev->num_connections, 0)
		       ? "somebody is recorded as having started the device, yet it has no "
			 "connection"
		       : NULL;
}

static const char *block_size_is_impossible(const struct device *dev)
{
	uint64_t size = dev->block_size.v;

	if (!dev->block_size.known || (size >= MIN_BLOCK_SIZE && size <= MAX_BLOCK_SIZE))
		return NULL;
	return arena_printf("the block size %llu is impossible", (unsigned long long)size);
}

static const char *request_without_connection(const struct device *dev)
{
	for (size_t i = 0; i < dev->n_requests; i++) {
		const struct request *rq = &dev->requests[i];

		/* Unsigned: a negative index is none, too. */
		if (num_is(rq->sent, 1) && rq->connection.known && dev->num_connections.known &&
		    rq->connection.v >= dev->num_connections.v)
			return arena_printf("request %llx was sent on connection %s, which does "
					    "not exist",
					    (unsigned long long)rq->addr,
					    word_decimal(rq->connection));
	}
	return NULL;
}

static device_test *const device_tests[] = {
	name_differs,
	config_is_missing,
	refs_are_impossible,
	config_refs_differ,
	more_openers_than_counted,
	receivers_of_nobody,
	started_without_connections,
	block_size_is_impossible,
	request_without_connection,
};

/* struct socket, struct sock and struct file of one end name each other. */
static const char *end_is_torn(const struct sock_info *s)
{
	if (!s->socket || !s->sk)
		return NULL;
	if (!num_is(s->socket_sk, s->sk) || !num_is(s->sk_socket, s->socket))
		return "its struct socket and struct sock do not belong together";
	if (s->file && !num_is(s->file_socket, s->socket))
		return s->file_socket.known ? "its struct file is not of its struct socket"
					    : "its struct file could not be read";
	return NULL;
}

static const char *family_is_impossible(const struct sock_info *s)
{
	return s->prot_family.known && s->family.known && s->prot_family.v != s->family.v
		       ? "its family is not that of its protocol"
		       : NULL;
}

static const char *value_is_impossible(const struct sock_info *s)
{
	return s->impossible;
}

static const char *name_is_unreadable(const struct sock_info *s)
{
	return s->name_unreadable ? "its name could not be read" : NULL;
}

/* Every holder that was found has a reference. Besides, each task may be inside a system call that holds one more. */
static const char *references_are_impossible(const struct sock_info *s)
{
	size_t found;

	if (!s->file || !s->file->refs.known)
		return NULL;
	found = file_refs_explained(s->file);
	if (s->file->refs.v < found)
		return "its struct file has fewer references than holders were found";
	return s->file->refs.v - found > MAX_PID
		       ? "its struct file has more references than there can be tasks"
		       : NULL;
}

/* nbd holds a socket by its file, and accept() has made one before there is a struct socket. */
static const char *file_is_missing(const struct sock_info *s)
{
	return s->socket && num_is(s->socket_sk, s->sk) && !s->file
		       ? "its socket has no struct file"
		       : NULL;
}

/* A stream whose two ends the kernel keeps in agreement. */
static bool is_paired(const struct sock_info *s)
{
	const struct socket_kind *kind = socket_kind_of(s->family);

	return kind && kind->ends_are_paired && num_is(s->type, SOCK_STREAM);
}

/* unix_stream_connect() makes both ends ESTABLISHED and each other's peer; only its own release changes
 * the state of an end, and makes it forget its peer. */
static const char *is_half_connected(const struct sock_info *s)
{
	const struct sock_info *peer = s->peer;

	if (!is_paired(s) || !s->state.known || !s->peer_sk.known)
		return NULL;
	if ((s->state.v == TCP_ESTABLISHED) != (s->peer_sk.v != 0))
		return "its state and its peer contradict each other";
	if (num_is(s->peer_sk, s->sk))
		return "it is its own other end";
	if (!peer || !peer->dead.known || peer->dead.v || !peer->state.known)
		return NULL;
	if (peer->state.v != TCP_ESTABLISHED)
		return "the state of its other end is impossible";
	return peer->peer_sk.known && peer->peer_sk.v != s->sk
		       ? "its other end is connected to another socket"
		       : NULL;
}

/* unix_shutdown() mirrors the bits to the other end, a release sets all of both. */
static const char *shutdown_differs(const struct sock_info *s)
{
	const struct sock_info *peer = s->peer;

	if (!is_paired(s) || !peer || !s->shutdown.known || !peer->shutdown.known)
		return NULL;
	if (!(s->shutdown.v & RCV_SHUTDOWN) == !(peer->shutdown.v & SEND_SHUTDOWN) &&
	    !(s->shutdown.v & SEND_SHUTDOWN) == !(peer->shutdown.v & RCV_SHUTDOWN))
		return NULL;
	return "sk_shutdown of its two ends contradict each other";
}

static const struct {
	connection_test *test;
	bool of_peer; /* of the other end, too */
} connection_tests[] = {
	{end_is_torn, true},
	{family_is_impossible, true},
	{value_is_impossible, true},
	{name_is_unreadable, true},
	{references_are_impossible, true},
	{file_is_missing, true},
	/* These look at both ends. */
	{is_half_connected, false},
	{shutdown_differs, false},
};

#define N_DEVICE_TESTS	   (sizeof(device_tests) / sizeof(device_tests[0]))
#define N_CONNECTION_TESTS (sizeof(connection_tests) / sizeof(connection_tests[0]))

/* A sentence, the first connection that it is true of, and how many there are. */
struct said {
	const char *text;
	uint32_t first;
	size_t n;
};

/* Of many connections with the same contradiction the first is named, the others are counted. */
static void test_connections(struct device *dev, connection_test *test, bool peer)
{
	struct said said[MAX_SAID] = {0};
	size_t n = 0;

	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct sock_info *s = peer ? dev->conns[i].sock->peer : dev->conns[i].sock;
		const char *text = s ? test(s) : NULL;
		size_t k = 0;

		if (!text)
			continue;
		while (k < n && strcmp(said[k].text, text))
			k++;
		if (k == MAX_SAID)
			continue;
		if (k == n)
			said[n++] = (struct said){text, dev->conns[i].index, 0};
		said[k].n++;
	}
	for (size_t k = 0; k < n; k++)
		problem_add(&dev->problems,
			    arena_printf("%sconnection %u%s: %s", peer ? "the other end of " : "",
					 said[k].first,
					 said[k].n > 1
						 ? arena_printf(" and %zu more", said[k].n - 1)
						 : "",
					 said[k].text));
}

/* Two devices cannot have the same config. */
static void find_shared_configs(struct report *report)
{
	struct ptr_map seen = {0};

	for (size_t i = 0; i < report->n_devices; i++) {
		struct device *dev = &report->devices[i], *other;
		void **slot;

		if (!dev->config)
			continue;
		slot = ptr_map_at(&seen, dev->config);
		other = *slot;
		if (other) {
			problem_add(&dev->problems,
				    arena_printf("its config is that of %s, too", other->name));
			problem_add(&other->problems,
				    arena_printf("its config is that of %s, too", dev->name));
		}
		*slot = dev;
	}
}

void contradictions_find(struct report *report)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		struct device *dev = &report->devices[d];

		for (size_t i = 0; i < N_DEVICE_TESTS; i++) {
			const char *text = device_tests[i](dev);

			if (text)
				problem_add(&dev->problems, text);
		}
		for (size_t i = 0; i < N_CONNECTION_TESTS; i++) {
			test_connections(dev, connection_tests[i].test, false);
			if (connection_tests[i].of_peer)
				test_connections(dev, connection_tests[i].test, true);
		}
	}
	find_shared_configs(report);
}
