// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/before_config.h"

#include "base/arena.h"
#include "base/limits.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"
#include "collect/nbd_structs.h"
#include "collect/socket.h"

#define NBD_MAGIC 0x68797548
/* nbds_max is limited by the minors of one major. */
#define MAX_DEVICES (1u << MINOR_BITS)

/* nbd_device.sock. */
static void read_socket(struct device *dev, num sock, struct file_set *files)
{
	struct connection *conn;

	dev->num_connections = sock.known ? NUM(sock.v != 0) : NUM_UNKNOWN;
	if (!sock.v)
		return;
	conn = ARENA_PUSH(dev->conns, dev->n_conns);
	conn->nbd_sock = k_at(dev->nbd_device, KM_NBD_SOCK);
	conn->sock = socket_read(sock.v, files);
	if (!conn->sock->family.known)
		problem_add(&dev->problems, "its socket could not be read");
}

static void read_sockets(struct device *dev, const struct kobj *o, struct file_set *files)
{
	num socks = k_num(o, k_has(KM_NBD_SOCK) ? KM_NBD_SOCK : KM_NBD_SOCKS);

	dev->config = socks.v ? dev->nbd_device : 0;
	dev->config_known = socks;
	if (k_has(KM_NBD_SOCK)) {
		read_socket(dev, socks, files);
	} else {
		dev->num_connections = k_signed(o, KM_NBD_NUM_CONNECTIONS);
		if (socks.v && dev->num_connections.known)
			nbd_connections_read(dev, socks.v, files);
	}
	if (!dev->num_connections.known)
		problem_add(&dev->problems, "its sockets are unknown");
}

static void read_device(struct report *report, const struct found_device *found,
			struct file_set *files)
{
	uint64_t nbd_device = found->nbd_device;
	num timeout = k_has(KM_NBD_XMIT_TIMEOUT)
			      ? k_num_at(nbd_device, KM_NBD_XMIT_TIMEOUT)
			      : k_num_at(k_at(nbd_device, KM_NBD_TAG_SET), KM_TAG_SET_TIMEOUT);
	struct kobj o;
	struct device *dev = nbd_device_begin(report, found, &o);

	if (!num_is(k_num(&o, KM_NBD_MAGIC), NBD_MAGIC))
		problem_add(&dev->problems, "nbd_device.magic is wrong");
	dev->gendisk = k_num(&o, KM_NBD_DISK).v;
	nbd_gendisk_read(dev);
	nbd_tasks_read(dev, &o, &report->tasks);
	dev->server_flags = k_num(&o, KM_NBD_FLAGS);
	dev->block_size =
		nbd_at_most(dev, k_num(&o, KM_NBD_BLKSIZE), MAX_BLOCK_SIZE, "the block size");
	dev->timeout_seconds = nbd_seconds(timeout);
	read_sockets(dev, &o, files);
	for (int way = 0; way < ATTACH_WAYS; way++)
		dev->attach[way].why = "this nbd is older than 4.12";
}

/* The array of nbds_max devices. False when it cannot be read. */
static bool walk_array(struct report *report, struct file_set *files)
{
	num table = k_symbol("nbd_dev"), max = k_symbol("nbds_max");
	num first = table.known ? k_pointer(table.v, "nbd_dev") : NUM_UNKNOWN;
	uint32_t n;

	if (!first.v || !max.known || !k_read(max.v, &n, sizeof(n), "nbds_max") || n > MAX_DEVICES)
		return false;
	for (uint32_t i = 0; i < n && !k_interrupted(); i++)
		read_device(report,
			    &(struct found_device){
				    .index = i, .nbd_device = first.v + i * k_sizeof(K_NBD_DEVICE)},
			    files);
	report->devices_from[report->n_devices_from++] = "nbd_dev";
	return true;
}

static void read_found(struct report *report, struct file_set *files)
{
	struct found_devices found = find_devices(report);

	for (size_t i = 0; i < found.n; i++)
		read_device(report, &found.v[i], files);
}

void before_config_collect(struct report *report, struct file_set *files)
{
	if (!k_symbol("nbd_dev").known)
		read_found(report, files);
	else if (!walk_array(report, files))
		problem_add(&report->problems,
			    "nbd_dev could not be read in full: devices may be missing");
}

void before_config_tell_limits(struct report *report)
{
	problem_add(&report->problems,
		    "this nbd is older than 4.12: nothing was judged, and what an attach "
		    "would get is not forecast");
	if (!k_has(KM_NBD_TAG_SET))
		problem_add(&report->problems,
			    "nbd before 4.9 keeps its requests in lists of its own: they are "
			    "unknown");
}

bool before_config_applies(void)
{
	return k_has(KM_NBD_MAGIC);
}
