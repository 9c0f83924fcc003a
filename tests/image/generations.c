// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* asprintf() */
#include "generations.h"

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "extras.h"

/* Addresses have more digits than any other number. */
#define ADDRESS_DIGITS 9
#define UNSENT_TAG     6
/* task_struct.state */
#define TASK_UNINTERRUPTIBLE 2
#define TASK_STOPPED	     4

/* What is said of the file that an io_uring holds in 6.1. */
#define NO_RINGS "file_refs", "file_refs_explained", "holders"

static void from_computed(struct scene *s)
{
	image_without_nbd_debuginfo(s->image);
}

const struct generation generations[] = {
	{
		.layout = "6.1",
		.has = {"xarray", "gendisk.open_mutex", "netns_unix", "nbd_device.pid"},
		.lacks = {"hd_struct", "unix_address.hash"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "6.1",
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "btf",
		.other = {"layout_source"},
		.without_debuginfo = extra_btf,
	},
	{
		.layout = "6.1-rt",
		.has = {"mutex.rtmutex", "rt_mutex_waiter.tree"},
		.lacks = {"mutex.owner", "mutex.wait_list"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "6.6",
		.has = {"module.mem", "bd_holder_disk.holder_dir"},
		.lacks = {"module_layout", "bd_holder_disk.bdev"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "6.18",
		.has = {"file.f_ref", "mount.mnt_next_for_sb", "io_rsrc_node", "nbd_sock.work"},
		.lacks = {"file.f_count", "mount.mnt_instance", "io_fixed_file"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "7.2",
		.has = {"mutex.first_waiter"},
		.lacks = {"mutex.wait_list"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "5.15",
		.has = {"unix_address.hash", "inode.i_size", "gendisk.slave_bdevs"},
		.lacks = {"block_device.bd_nr_sectors", "netns_unix", "hd_struct"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "5.15-rt",
		.has = {"mutex.rtmutex", "rt_mutex_waiter.tree_entry"},
		.lacks = {"rt_mutex_waiter.tree"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "5.10",
		.other = {"backend", "runtime_flags"},
		.has = {"task_struct.state", "hd_struct", "nbd_config.blksize", "unix_address.hash",
			"block_device.bd_holder_disks", "nbd_device.task_recv"},
		.lacks = {"task_struct.__state", "netns_unix", "nbd_device.pid",
			  "gendisk.open_mutex", "nbd_config.blksize_bits"},
		.bit_7 = "DISCONNECT_ON_CLOSE",
		.source = "debuginfo",
	},
	{
		.layout = "5.10",
		.bit_7 = "DISCONNECT_ON_CLOSE",
		.source = "computed",
		.other = {"backend", "runtime_flags", "layout_source"},
		.without_debuginfo = from_computed,
	},
	{
		.layout = "openeuler-5.10",
		.other = {"backend", "runtime_flags"},
		.has = {"nbd_device.pid", "nbd_device.flags", "io_ring_ctx.ring_sock"},
		.lacks = {"nbd_device.backend", "nbd_device.task_recv", "io_file_table"},
		.bit_7 = "BIT7",
		.source = "debuginfo",
	},
	{
		.layout = "rhel-8.8",
		.other = {NO_RINGS},
		.has = {"nbd_device.pid", "nbd_device.backend", "hd_struct",
			"block_device.bd_invalidated"},
		.lacks = {"gendisk.state", "nbd_device.remove_work", "io_ring_ctx"},
		.bit_7 = "HAS_BACKEND_FILE",
		.source = "debuginfo",
	},
	{
		.layout = "rhel-8.4",
		.other = {"backend", "runtime_flags", NO_RINGS},
		.has = {"xarray", "nbd_device.task_recv", "nbd_device.flags"},
		.lacks = {"nbd_device.pid", "nbd_device.backend"},
		.bit_7 = "DISCONNECT_ON_CLOSE",
		.source = "debuginfo",
	},
	{
		.layout = "4.19",
		.other = {"backend", "runtime_flags", NO_RINGS, "retries"},
		.has = {"radix_tree_root.rnode", "idr.idr_base", "request.__deadline"},
		.lacks = {"xarray", "nbd_cmd.retries", "nbd_device.flags", "request.deadline"},
		.bit_7 = "DISCONNECT_ON_CLOSE",
		.source = "debuginfo",
	},
	{
		.layout = "4.14",
		.other = {"backend", "runtime_flags", NO_RINGS, "retries"},
		.has = {"request.atomic_flags"},
		.lacks = {"request.state", "idr.idr_base", "request.start_time_ns",
			  "nbd_device.recv_workq"},
		.bit_7 = "DISCONNECT_ON_CLOSE",
		.source = "debuginfo",
	},
	{
		.layout = "4.11",
		.has = {"nbd_device.socks", "idr.idr_rt"},
		.lacks = {"nbd_config", "nbd_sock.dead", "nbd_cmd.index"},
		.source = "debuginfo",
	},
	{
		.layout = "3.10",
		.has = {"nbd_device.sock", "task_struct.thread_group", "sock.sk_flags"},
		.lacks = {"idr.idr_rt", "nbd_sock", "signal_struct.thread_head",
			  "sock_common.skc_flags", "sock_common.skc_v6_daddr"},
		.source = "debuginfo",
	},
};
const size_t n_generations = sizeof(generations) / sizeof(generations[0]);
/* All but the last two. */
const size_t n_with_config = sizeof(generations) / sizeof(generations[0]) - 2;

/* A request that was not sent yet: kernels whose nbd marks what it has sent tell so. */
static void add_unsent(struct scene *s)
{
	struct image *image = s->image;
	size_t rq_size = image_sizeof(image, "request");
	uint64_t rq = image_array(image, "char", rq_size + image_sizeof(image, "nbd_cmd"));

	image_set_pointer(image, s->rqs, UNSENT_TAG, rq);
	image_set(image, rq, "request", "q", s->disk.queue);
	image_set(image, rq, "request", "tag", UNSENT_TAG);
	if (!image_try_set(image, rq, "request", "state", 1))
		image_set(image, rq, "request", "atomic_flags", 2);
	image_set(image, rq + rq_size, "nbd_cmd", "nbd", s->nbd_device);
}

/* What makes values matter that say nothing of the bare scene: a server that does not run, so that reading
 * the partition table hangs, which is due; a task in D whose stack is in use. */
static void add_rest(struct scene *s)
{
	struct image *image = s->image;
	const char *state = image_has(image, "task_struct", "__state") ? "__state" : "state";
	struct kernel_task running = kernel_task(&s->kernel, "running", 4800, NULL, 0);

	image_set(image, running.task, "task_struct", state, TASK_UNINTERRUPTIBLE);
	image_set(image, running.task, "task_struct", "on_cpu", 1);
	if (!s->config)
		return;
	add_unsent(s);
	image_set(image, s->server.task, "task_struct", state, TASK_STOPPED);
	image_try_set(image, s->disk.gendisk, "gendisk", "state", 1);
	image_try_set(image, s->disk.block_device, "block_device", "bd_invalidated", 1);
	image_set(image, s->config, "nbd_config", "runtime_flags", 1 << 3 | 1 << 7);
}

struct image *generation_build(const struct layout *layout, const struct generation *g,
			       struct scene *s)
{
	struct image *image = image_create(layout);
	struct scene scene = scene_build(image);

	extra_all(&scene);
	/* Not among all that is damaged: a file below a loop device is known by its dentry alone. */
	if (image_has(image, "idr", "idr_rt"))
		extra_loop(&scene);
	add_rest(&scene);
	/* One more that has exited: the opener has got its memory. */
	if (scene.config) {
		image_set(image, scene.nbd_device, "nbd_device", "task_setup", scene.opener.task);
		kernel_task_began(&scene.kernel, scene.opener.task, SCENE_START + 100);
	}
	if (g->without_debuginfo)
		g->without_debuginfo(&scene);
	if (s)
		*s = scene;
	return image;
}

static void drop_keys(struct json_object *json, const char *const *keys)
{
	if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			drop_keys(json_object_array_get_idx(json, i), keys);
	}
	if (!json_object_is_type(json, json_type_object))
		return;
	/* Structures of other sizes take other reads; and they prove nothing. */
	json_object_object_del(json, "reads");
	json_object_object_del(json, "bytes_read");
	json_object_object_del(json, "reads_for");
	json_object_object_del(json, "bytes_read_for");
	for (size_t i = 0; keys && i < MAX_ALTERNATIVES && keys[i]; i++)
		json_object_object_del(json, keys[i]);
	json_object_object_foreach(json, key, value)
	{
		(void)key;
		drop_keys(value, keys);
	}
}

/* Every long hexadecimal number becomes a single letter. */
static void drop_addresses(char *text)
{
	char *to = text;

	while (*text) {
		size_t digits = strspn(text, "0123456789abcdef");

		if (digits >= ADDRESS_DIGITS)
			*to++ = 'X';
		else
			to = (char *)memmove(to, text, digits ? digits : 1) + (digits ? digits : 1);
		text += digits ? digits : 1;
	}
	*to = '\0';
}

static char *plain_text(struct json_object *report, const char *const *other)
{
	struct json_object *copy = NULL;
	char *text;

	json_object_deep_copy(report, &copy, NULL);
	drop_keys(copy, other);
	text = strdup(json_object_to_json_string_ext(copy, JSON_C_TO_STRING_PRETTY));
	json_object_put(copy);
	drop_addresses(text);
	return text;
}

/* The first lines that differ. */
static char *difference(const char *a, const char *b)
{
	char *text;

	while (*a && !strncmp(a, b, strcspn(a, "\n") + 1)) {
		a += strcspn(a, "\n") + 1;
		b += strcspn(b, "\n") + 1;
	}
	if (asprintf(&text, "%.*s | %.*s", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b) < 0)
		err(EXIT_FAILURE, "asprintf");
	return text;
}

char *reports_differ(struct json_object *a, struct json_object *b, const char *const *other)
{
	char *one = plain_text(a, other), *two = plain_text(b, other);
	char *text = strcmp(one, two) ? difference(one, two) : NULL;

	free(one);
	free(two);
	return text;
}
