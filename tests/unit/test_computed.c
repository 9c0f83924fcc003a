// SPDX-License-Identifier: GPL-2.0-or-later
/* Computed layouts: the arithmetic, and which one an image's devices leave over. */
#include <string.h>

#include "base/arena.h"
#include "fake_kernel.h"
#include "resolve/kernel_computed.h"
#include "resolve/anchors.h"
#include "unit.h"

#define KERNEL_OF(tree) (&trees[tree])

/* Which optional members a kernel has: all that its layout depends upon. */
struct tree {
	const char *name, *device, *config, *cmd;
};

static const struct tree trees[] = {
	{"4.12", "task_recv", "blksize", "send_complete"},
	{"RHEL 8.1", "task_recv", "blksize", "lock"},
	{"4.19.222", "recv_workq task_recv", "blksize", "lock"},
	{"5.10", "recv_workq task_recv destroy_complete flags", "blksize", "lock retries"},
	{"RHEL 8.6", "recv_workq task_recv destroy_complete flags backend", "blksize",
	 "lock retries"},
	{"openEuler 4.19", "recv_workq destroy_complete flags pid", "blksize", "lock"},
	{"openEuler 5.10", "recv_workq destroy_complete flags pid", "blksize", "lock retries"},
	{"RHEL 8.10", "recv_workq destroy_complete flags pid backend", "blksize", "lock retries"},
	{"5.15", "recv_workq remove_work task_recv flags backend", "blksize_bits", "lock retries"},
	{"6.1", "recv_workq remove_work flags pid backend", "blksize_bits", "lock retries"},
};
#define N_TREES ((int)(sizeof(trees) / sizeof(trees[0])))
enum { LINUX_5_10 = 3, LINUX_6_1 = 9 };

static const struct {
	enum kmember m;
	const char *structure, *member;
	bool optional;
} nbd_members[] = {
	{KM_NBD_TAG_SET, "nbd_device", "tag_set", false},
	{KM_NBD_INDEX, "nbd_device", "index", false},
	{KM_NBD_CONFIG_REFS, "nbd_device", "config_refs", false},
	{KM_NBD_REFS, "nbd_device", "refs", false},
	{KM_NBD_CONFIG, "nbd_device", "config", false},
	{KM_NBD_CONFIG_LOCK, "nbd_device", "config_lock", false},
	{KM_NBD_DISK, "nbd_device", "disk", false},
	{KM_NBD_LIST, "nbd_device", "list", false},
	{KM_NBD_TASK_SETUP, "nbd_device", "task_setup", false},
	{KM_NBD_TASK_RECV, "nbd_device", "task_recv", true},
	{KM_NBD_DESTROY_COMPLETE, "nbd_device", "destroy_complete", true},
	{KM_NBD_FLAGS, "nbd_device", "flags", true},
	{KM_NBD_PID, "nbd_device", "pid", true},
	{KM_NBD_BACKEND, "nbd_device", "backend", true},
	{KM_CONFIG_FLAGS, "nbd_config", "flags", false},
	{KM_CONFIG_RUNTIME_FLAGS, "nbd_config", "runtime_flags", false},
	{KM_CONFIG_SOCKS, "nbd_config", "socks", false},
	{KM_CONFIG_NUM_CONNECTIONS, "nbd_config", "num_connections", false},
	{KM_CONFIG_LIVE_CONNECTIONS, "nbd_config", "live_connections", false},
	{KM_CONFIG_RECV_THREADS, "nbd_config", "recv_threads", false},
	{KM_CONFIG_BLKSIZE, "nbd_config", "blksize", true},
	{KM_CONFIG_BLKSIZE_BITS, "nbd_config", "blksize_bits", true},
	{KM_NSOCK_SOCK, "nbd_sock", "sock", false},
	{KM_NSOCK_DEAD, "nbd_sock", "dead", false},
	{KM_CMD_NBD, "nbd_cmd", "nbd", false},
	{KM_CMD_INDEX, "nbd_cmd", "index", false},
	{KM_CMD_RETRIES, "nbd_cmd", "retries", true},
};
#define N_NBD_MEMBERS (sizeof(nbd_members) / sizeof(nbd_members[0]))

/* The kernel that the image shows; the sizes are those of the real 5.10, others may be set. */
static const struct tree *tree;
static long tag_set_size, mutex_size, completion_size;

static long size_of(const char *structure)
{
	if (!strcmp(structure, "blk_mq_tag_set"))
		return tag_set_size;
	if (!strcmp(structure, "mutex"))
		return mutex_size;
	if (!strcmp(structure, "wait_queue_head"))
		return strcmp(tree->name, "4.12") ? 24 : -1;
	if (!strcmp(structure, "__wait_queue_head"))
		return strcmp(tree->name, "4.12") ? -1 : 24;
	if (!strcmp(structure, "list_head"))
		return 16;
	if (!strcmp(structure, "work_struct"))
		return 32;
	if (!strcmp(structure, "completion"))
		return completion_size;
	ck_abort_msg("no type %s", structure);
}

static num has_function(const char *name)
{
	ck_assert_str_eq(name, "backend_show");
	return NUM(strstr(tree->device, "backend") != NULL);
}

static num has_text(const char *text)
{
	ck_assert_str_eq(text, "Possible stuck request");
	return NUM(strstr(tree->cmd, "retries") != NULL);
}

static num not_known(const char *name)
{
	(void)name;
	return NUM_UNKNOWN;
}

static const struct computed_image image = {size_of, has_function, has_text};
static const struct computed_image closed_module = {size_of, not_known, not_known};

static void put_in_force(const struct computed_layout *layout)
{
	for (size_t i = 0; i < N_NBD_MEMBERS; i++) {
		size_t size = 0;
		long offset = computed_member(layout, nbd_members[i].structure,
					      nbd_members[i].member, &size);

		fake_member(nbd_members[i].m, offset, size);
	}
	fake_size(K_NBD_CMD, (size_t)computed_size(layout, "nbd_cmd"));
}

static const char *check(const struct computed_layout *layout, size_t *held)
{
	put_in_force(layout);
	return anchors_check(held);
}

static bool names_one(const char *members, const char *member)
{
	size_t len = strlen(member);
	const char *found = members;

	while ((found = strstr(found, member)) &&
	       ((found != members && found[-1] != ' ') || (found[len] && found[len] != ' ')))
		found++;
	return found != NULL;
}

static bool has_exactly(const struct computed_layout *layout, const char *structure,
			const char *const *optional, const char *members)
{
	size_t size;

	for (; *optional; optional++) {
		if ((computed_member(layout, structure, *optional, &size) >= 0) !=
		    names_one(members, *optional))
			return false;
	}
	return true;
}

static bool is_of(const struct computed_layout *layout, const struct tree *t)
{
	static const char *const device[] = {"recv_workq",	 "remove_work", "task_recv",
					     "destroy_complete", "flags",	"pid",
					     "backend",		 NULL};
	static const char *const config[] = {"blksize", "blksize_bits", NULL};
	static const char *const cmd[] = {"send_complete", "lock", "retries", NULL};

	return has_exactly(layout, "nbd_device", device, t->device) &&
	       has_exactly(layout, "nbd_config", config, t->config) &&
	       has_exactly(layout, "nbd_cmd", cmd, t->cmd);
}

/* The layout that the image is built with, found without the module's marks. */
static struct computed_layout layout_of(const struct tree *t)
{
	struct computed_layout all[COMPUTED_MAX];
	size_t n = computed_candidates(&closed_module, all);

	for (size_t i = 0; i < n; i++) {
		if (is_of(&all[i], t))
			return all[i];
	}
	ck_abort_msg("no layout for %s", t->name);
}

static uint64_t devices[3], configs[3], nbd_socks[2], sockets[2], files[2], slots_node;
#define DISK_OF(dev) k_num_at(devices[dev], KM_NBD_DISK).v

static void make_connection(int i)
{
	uint64_t sk = fake_alloc(64);

	nbd_socks[i] = fake_alloc(128);
	sockets[i] = fake_alloc(64);
	files[i] = fake_alloc(64);
	fake_set(nbd_socks[i], KM_NSOCK_SOCK, sockets[i]);
	fake_set(sockets[i], KM_SOCKET_SK, sk);
	fake_set(sockets[i], KM_SOCKET_FILE, files[i]);
	fake_set(sk, KM_SK_SOCKET, sockets[i]);
	fake_set(files[i], KM_FILE_PRIVATE_DATA, sockets[i]);
}

static void make_device(int i)
{
	uint64_t disk = fake_alloc(64), list;

	devices[i] = fake_alloc(1024);
	list = k_at(devices[i], KM_NBD_LIST);
	fake_set(k_at(devices[i], KM_NBD_TAG_SET), KM_TAG_SET_DRIVER_DATA, devices[i]);
	fake_set(k_at(devices[i], KM_NBD_TAG_SET), KM_TAG_SET_CMD_SIZE, k_sizeof(K_NBD_CMD));
	fake_set(devices[i], KM_NBD_INDEX, (uint64_t)i);
	fake_set(devices[i], KM_NBD_REFS, 1);
	fake_set(devices[i], KM_NBD_DISK, disk);
	fake_set(disk, KM_DISK_PRIVATE_DATA, devices[i]);
	memcpy((void *)(uintptr_t)list, &list, sizeof(list));
	memcpy((void *)(uintptr_t)(list + 8), &list, sizeof(list));
	/* What an empty work_struct looks like. */
	if (names_one(tree->device, "remove_work")) {
		uint64_t entry = list - 24;

		memcpy((void *)(uintptr_t)entry, &entry, sizeof(entry));
	}
	fake_set(slots_node + 8 * (uint64_t)i, KM_XA_NODE_SLOTS, devices[i]);
}

static void configure(int i, uint64_t runtime_flags)
{
	configs[i] = fake_alloc(256);
	fake_set(devices[i], KM_NBD_CONFIG, configs[i]);
	fake_set(devices[i], KM_NBD_CONFIG_REFS, 1);
	fake_set(configs[i], KM_CONFIG_RUNTIME_FLAGS, runtime_flags);
	fake_set(configs[i], KM_CONFIG_FLAGS, 0x145);
	fake_set(configs[i], KM_CONFIG_BLKSIZE, 1024);
	fake_set(configs[i], KM_CONFIG_BLKSIZE_BITS, 10);
	if (runtime_flags & 8) {
		fake_set(devices[i], KM_NBD_TASK_RECV, fake_alloc(64));
		fake_set(devices[i], KM_NBD_PID, 412);
	}
}

/* nbd0 is not configured; nbd1 was set up by ioctl and not started; nbd2 runs, by netlink. */
static void make_image(const struct tree *t)
{
	struct computed_layout layout;
	uint64_t idr = fake_alloc(64), socks = fake_alloc(16);

	tree = t;
	tag_set_size = 296;
	mutex_size = 32;
	completion_size = 32;
	layout = layout_of(t);
	put_in_force(&layout);
	fake_member(KM_IDR_RT, 0, 16);
	fake_member(KM_IDR_BASE, 16, 4);
	fake_member(KM_XARRAY_HEAD, 8, 8);
	fake_member(KM_XA_NODE_SHIFT, 0, 1);
	fake_member(KM_XA_NODE_SLOTS, 8, 64);
	fake_member(KM_TAG_SET_DRIVER_DATA, 96, 8);
	fake_member(KM_TAG_SET_CMD_SIZE, 76, 4);
	fake_member(KM_DISK_PRIVATE_DATA, 40, 8);
	fake_member(KM_SOCKET_SK, 24, 8);
	fake_member(KM_SOCKET_FILE, 16, 8);
	fake_member(KM_SK_SOCKET, 40, 8);
	fake_member(KM_FILE_PRIVATE_DATA, 8, 8);
	fake_symbol("nbd_index_idr", idr);
	slots_node = fake_alloc(80);
	fake_set(idr, KM_XARRAY_HEAD, slots_node | 2);
	for (int i = 0; i < 3; i++)
		make_device(i);
	configure(1, 0);
	fake_set(devices[1], KM_NBD_TASK_SETUP, fake_alloc(64));
	configure(2, 0x38);
	for (int i = 0; i < 2; i++) {
		make_connection(i);
		memcpy((void *)(uintptr_t)(socks + 8 * (uint64_t)i), &nbd_socks[i], 8);
	}
	fake_set(configs[2], KM_CONFIG_SOCKS, socks);
	fake_set(configs[2], KM_CONFIG_NUM_CONNECTIONS, 2);
	fake_set(configs[2], KM_CONFIG_LIVE_CONNECTIONS, 1);
	fake_set(configs[2], KM_CONFIG_RECV_THREADS, 1);
	fake_set(nbd_socks[1], KM_NSOCK_DEAD, 1);
}

static void is_at(const struct computed_layout *layout, const char *structure, const char *member,
		  long offset, size_t size)
{
	size_t found = 0;

	ck_assert_msg(computed_member(layout, structure, member, &found) == offset, "%s.%s",
		      structure, member);
	ck_assert_uint_eq(found, size);
}

/* As the debuginfo of Debian's kernels has it. */
START_TEST(offsets_of_real_kernels)
{
	struct computed_layout layout;

	make_image(KERNEL_OF(LINUX_5_10));
	layout = layout_of(tree);
	is_at(&layout, "nbd_device", "index", 296, 4);
	is_at(&layout, "nbd_device", "config", 312, 8);
	is_at(&layout, "nbd_device", "disk", 352, 8);
	is_at(&layout, "nbd_device", "list", 368, 16);
	is_at(&layout, "nbd_device", "task_recv", 384, 8);
	is_at(&layout, "nbd_device", "flags", 408, 8);
	ck_assert_int_eq(computed_size(&layout, "nbd_device"), 416);
	is_at(&layout, "nbd_config", "runtime_flags", 8, 8);
	is_at(&layout, "nbd_config", "live_connections", 36, 4);
	is_at(&layout, "nbd_config", "recv_threads", 64, 4);
	is_at(&layout, "nbd_config", "blksize", 96, 8);
	is_at(&layout, "nbd_config", "bytesize", 104, 8);
	is_at(&layout, "nbd_sock", "dead", 52, 1);
	ck_assert_int_eq(computed_size(&layout, "nbd_sock"), 64);
	is_at(&layout, "nbd_cmd", "retries", 48, 4);
	is_at(&layout, "nbd_cmd", "flags", 56, 8);
	ck_assert_int_eq(computed_size(&layout, "nbd_cmd"), 72);

	fake_reset();
	make_image(KERNEL_OF(LINUX_6_1));
	tag_set_size = 168;
	layout = layout_of(tree);
	is_at(&layout, "nbd_device", "index", 168, 4);
	is_at(&layout, "nbd_device", "remove_work", 240, 32);
	is_at(&layout, "nbd_device", "task_setup", 288, 8);
	is_at(&layout, "nbd_device", "pid", 304, 4);
	is_at(&layout, "nbd_device", "backend", 312, 8);
	is_at(&layout, "nbd_config", "blksize_bits", 96, 4);
	is_at(&layout, "nbd_config", "bytesize", 104, 8);
}
END_TEST

/* Debugging options make locks larger. */
START_TEST(sizes_come_from_vmlinux)
{
	struct computed_layout layout;

	make_image(KERNEL_OF(LINUX_5_10));
	mutex_size = 160;
	layout = layout_of(tree);
	is_at(&layout, "nbd_device", "disk", 352 + 128, 8);
	is_at(&layout, "nbd_sock", "dead", 52 + 128, 1);
	mutex_size = -1;
	is_at(&layout, "nbd_sock", "sock", 0, 8);
	ck_assert_int_eq(computed_size(&layout, "nbd_sock"), -1);
	ck_assert_int_eq(computed_member(&layout, "nbd_sock", "dead", &(size_t){0}), -1);
}
END_TEST

START_TEST(one_layout_fits_each_kernel)
{
	const struct computed_layout *chosen;
	const char *why;

	make_image(KERNEL_OF(_i));
	chosen = computed_choose(&image, check, &why);
	ck_assert_msg(chosen != NULL, "%s: %s", tree->name, why);
	ck_assert_msg(is_of(chosen, tree), "%s", tree->name);
}
END_TEST

/* One change each, that no layout stands. */
static void break_driver_data(void)
{
	fake_set(k_at(devices[0], KM_NBD_TAG_SET), KM_TAG_SET_DRIVER_DATA, devices[1]);
}

static void break_cmd_size(void)
{
	fake_set(k_at(devices[0], KM_NBD_TAG_SET), KM_TAG_SET_CMD_SIZE, 80);
}

static void break_index(void)
{
	fake_set(devices[1], KM_NBD_INDEX, 7);
}

static void break_private_data(void)
{
	fake_set(DISK_OF(2), KM_DISK_PRIVATE_DATA, 0);
}

static void break_disk(void)
{
	fake_truncate(DISK_OF(0), 0);
}

static void break_list(void)
{
	fake_set(devices[0], KM_NBD_LIST, 0);
}

static void break_setup(void)
{
	fake_set(devices[1], KM_NBD_TASK_SETUP, 0x1235);
}

static void break_device_flags(void)
{
	fake_set(devices[0], KM_NBD_FLAGS, 4);
}

static void break_runtime_flags(void)
{
	fake_set(configs[1], KM_CONFIG_RUNTIME_FLAGS, 0x100);
}

static void break_started(void)
{
	fake_set(configs[1], KM_CONFIG_RUNTIME_FLAGS, 8);
}

static void break_config(void)
{
	fake_truncate(configs[2], 0);
}

static void break_device(void)
{
	fake_truncate(devices[0], 312);
}

static void break_count(void)
{
	fake_set(configs[2], KM_CONFIG_NUM_CONNECTIONS, 0xffffffff);
}

static void break_socks(void)
{
	fake_set(configs[2], KM_CONFIG_SOCKS, 0);
}

static void break_more_socks(void)
{
	fake_set(configs[2], KM_CONFIG_NUM_CONNECTIONS, 3);
}

static void break_live(void)
{
	fake_set(configs[2], KM_CONFIG_LIVE_CONNECTIONS, 3);
}

static void break_recv(void)
{
	fake_set(configs[2], KM_CONFIG_RECV_THREADS, 0xffffffff);
}

static void break_sock(void)
{
	fake_set(nbd_socks[1], KM_NSOCK_SOCK, sockets[0] + 8);
}

static void break_file(void)
{
	fake_set(files[1], KM_FILE_PRIVATE_DATA, sockets[0]);
}

static void break_dead(void)
{
	fake_set(nbd_socks[0], KM_NSOCK_DEAD, 2);
}

static void break_block_size(void)
{
	fake_set(configs[1], KM_CONFIG_BLKSIZE, 1000);
}

static void break_table(void)
{
	fake_set(slots_node, KM_XA_NODE_SHIFT, 63);
}

static const struct {
	void (*change)(void);
	const char *why;
} changes[] = {
	{break_driver_data, "nbd0: tag_set.driver_data is not this nbd_device"},
	{break_cmd_size, "nbd0: tag_set.cmd_size is not the size of nbd_cmd"},
	{break_index, "nbd1: index is not its key in nbd_index_idr"},
	{break_private_data, "nbd2: its gendisk's private_data is not this nbd_device"},
	{break_disk, "nbd0: its gendisk's private_data is not this nbd_device"},
	{break_device, "nbd0: config cannot be read"},
	{break_list, "nbd0: list is not an empty list"},
	{break_setup, "nbd1: task_setup is no pointer"},
	{break_device_flags, "nbd0: flags has unknown bits"},
	{break_runtime_flags, "nbd1: runtime_flags has unknown bits"},
	{break_started, "nbd1: HAS_PID_FILE and the thread that started it do not agree"},
	{break_config, "nbd2: runtime_flags has unknown bits"},
	{break_count, "nbd2: num_connections is impossible"},
	{break_socks, "nbd2: socks is no pointer"},
	{break_more_socks, "nbd2: socks cannot be read"},
	{break_live, "nbd2: live_connections is more than num_connections"},
	{break_recv, "nbd2: recv_threads is impossible"},
	{break_sock, "nbd2: nbd_sock.sock leads to no socket"},
	{break_file, "nbd2: nbd_sock.sock has no file"},
	{break_dead, "nbd2: nbd_sock.dead is neither 0 nor 1"},
	{break_block_size, "nbd1: the block size is impossible"},
	{break_table, "nbd_index_idr could not be read in full"},
};
#define N_CHANGES ((int)(sizeof(changes) / sizeof(changes[0])))

/* The right layout is refused for that reason, and no other is taken instead. */
static void is_refused(const char *expected)
{
	struct computed_layout layout = layout_of(tree);
	size_t held;
	const char *why;

	why = check(&layout, &held);
	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(why, expected);
	ck_assert_ptr_null(computed_choose(&image, check, &why));
}

START_TEST(no_layout_fits_a_contradiction)
{
	make_image(KERNEL_OF(LINUX_5_10));
	changes[_i].change();
	is_refused(changes[_i].why);
}
END_TEST

START_TEST(members_that_few_kernels_have)
{
	make_image(KERNEL_OF(LINUX_6_1));
	fake_set(devices[2], KM_NBD_PID, 5000000);
	is_refused("nbd2: pid is impossible");
	fake_reset();
	make_image(KERNEL_OF(LINUX_6_1));
	fake_set(configs[2], KM_CONFIG_BLKSIZE_BITS, 40);
	is_refused("nbd2: the block size is impossible");
	fake_reset();
	make_image(KERNEL_OF(LINUX_5_10));
	fake_set(devices[2], KM_NBD_TASK_RECV, 0x1235);
	is_refused("nbd2: task_recv is no pointer");
	fake_reset();
	make_image(KERNEL_OF(LINUX_5_10));
	fake_set(devices[0], KM_NBD_DESTROY_COMPLETE, fake_alloc(64));
	is_refused("nbd0: destroy_complete is in use");
}
END_TEST

static num other_function(const char *name)
{
	return NUM(!has_function(name).v);
}

static num other_text(const char *text)
{
	return NUM(!has_text(text).v);
}

/* Where nbd_cmd happens to be as large with a completion as with a mutex, the module tells. */
START_TEST(equal_sizes_do_not_confuse)
{
	const char *why;

	make_image(KERNEL_OF(LINUX_5_10));
	completion_size = 48;
	ck_assert_msg(computed_choose(&image, check, &why) != NULL, "%s", why);
}
END_TEST

/* The devices alone do not do: a module of another kernel rules the layout out. */
START_TEST(the_module_must_agree)
{
	static const struct computed_image others[] = {{size_of, other_function, has_text},
						       {size_of, has_function, other_text}};

	for (int i = 0; i < 2; i++) {
		const struct computed_layout *chosen;
		const char *why;

		fake_reset();
		make_image(KERNEL_OF(_i));
		chosen = computed_choose(&others[i], check, &why);
		ck_assert_msg(!chosen || !is_of(chosen, tree), "%s", tree->name);
	}
}
END_TEST

/* What is said is how the nearest layout misses: not that of a kernel far away. */
START_TEST(the_nearest_miss_is_named)
{
	const char *why;

	make_image(KERNEL_OF(LINUX_5_10));
	break_file();
	ck_assert_ptr_null(computed_choose(&image, check, &why));
	ck_assert_str_eq(why, "nbd2: nbd_sock.sock has no file");
}
END_TEST

/* Several layouts that fit are as bad as none: which it is must not be guessed. */
START_TEST(nothing_is_guessed)
{
	const char *why;

	/* No device that ever ran tells task_recv from pid. */
	make_image(KERNEL_OF(LINUX_5_10));
	for (int i = 1; i < 3; i++) {
		fake_set(devices[i], KM_NBD_CONFIG, 0);
		fake_set(devices[i], KM_NBD_TASK_SETUP, 0);
		fake_set(devices[i], KM_NBD_TASK_RECV, 0);
	}
	ck_assert_ptr_null(computed_choose(&image, check, &why));
	ck_assert_str_eq(why, "4 layouts fit, and no device in use tells them apart");
	/* Nor can be told whether there are backends or retries without the module. */
	fake_reset();
	make_image(KERNEL_OF(LINUX_5_10));
	ck_assert_ptr_null(computed_choose(&closed_module, check, &why));
	ck_assert_str_eq(why, "6 layouts fit, and no device in use tells them apart");
	/* And with no device at all everything fits. */
	fake_reset();
	make_image(KERNEL_OF(LINUX_5_10));
	for (uint64_t i = 0; i < 3; i++)
		fake_set(slots_node + 8 * i, KM_XA_NODE_SLOTS, 0);
	ck_assert_ptr_null(computed_choose(&image, check, &why));
	ck_assert_ptr_nonnull(strstr(why, " layouts fit"));
}
END_TEST

TCase *computed_case(void)
{
	TCase *c = tcase_create("computed");

	tcase_add_checked_fixture(c, fake_reset, fake_reset);
	tcase_add_checked_fixture(c, NULL, arena_free_all);
	tcase_add_test(c, offsets_of_real_kernels);
	tcase_add_test(c, sizes_come_from_vmlinux);
	tcase_add_loop_test(c, one_layout_fits_each_kernel, 0, N_TREES);
	tcase_add_loop_test(c, no_layout_fits_a_contradiction, 0, N_CHANGES);
	tcase_add_test(c, members_that_few_kernels_have);
	tcase_add_test(c, equal_sizes_do_not_confuse);
	tcase_add_loop_test(c, the_module_must_agree, 0, N_TREES);
	tcase_add_test(c, the_nearest_miss_is_named);
	tcase_add_test(c, nothing_is_guessed);
	return c;
}
