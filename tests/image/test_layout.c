// SPDX-License-Identifier: GPL-2.0-or-later
/* Layouts are what a compiler would make of the same members, and images hold what was put there. */
#include <stdlib.h>

#include "core.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

static struct layout *layout;
static struct image *image;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static void is_at(const char *type, const char *path, size_t offset, size_t size)
{
	size_t found, bytes;

	ck_assert_msg(layout_member(layout, type, path, &found, &bytes), "no %s.%s", type, path);
	ck_assert_uint_eq(found, offset);
	ck_assert_uint_eq(bytes, size);
}

START_TEST(members_are_where_a_compiler_puts_them)
{
	struct fdtable {
		unsigned max_fds;
		void *fd, *close_on_exec, *open_fds;
	};
	struct upid {
		int nr;
		void *ns;
	};
	struct pid {
		int count;
		unsigned level;
		unsigned lock;
		void *tasks[4];
		void *inodes;
		struct {
			unsigned lock;
			void *head[2];
		} wait_pidfd;
		void *rcu[2];
		struct upid numbers[1];
	};

	is_at("fdtable", "fd", offsetof(struct fdtable, fd), sizeof(void *));
	is_at("pid", "tasks[2].first", offsetof(struct pid, tasks[2]), sizeof(void *));
	is_at("pid", "numbers[0].ns", offsetof(struct pid, numbers[0].ns), sizeof(void *));
	is_at("pid", "numbers", offsetof(struct pid, numbers), sizeof(struct upid));
	ck_assert_uint_eq(layout_size(layout, "pid"), sizeof(struct pid));
	ck_assert_uint_eq(layout_size(layout, "fdtable"), sizeof(struct fdtable));
}
END_TEST

START_TEST(members_of_a_union_are_in_one_place)
{
	size_t node, nulls;

	ck_assert(layout_member(layout, "sock_common", "skc_node", &node, NULL));
	ck_assert(layout_member(layout, "sock_common", "skc_nulls_node", &nulls, NULL));
	ck_assert_uint_eq(node, nulls);
}
END_TEST

START_TEST(what_a_kernel_lacks_is_not_found)
{
	ck_assert(image_has(image, "nbd_device", "backend"));
	ck_assert(!image_has(image, "nbd_device", "task_recv"));
	ck_assert(!image_has(image, "radix_tree_node", NULL));
	ck_assert(!image_has(image, "pid", "tasks[4]"));
	ck_assert(!image_has(image, "pid", "level.nr"));
	ck_assert(!image_try_set(image, image_new(image, "nbd_device"), "nbd_device", "task_recv",
				 1));
}
END_TEST

START_TEST(an_image_holds_what_was_put_there)
{
	uint64_t object = image_variable(image, "it", "nbd_device"), addr = 0, start = 0, value = 0;
	uint64_t string = image_string(image, "some words");
	uint64_t function = image_function(image, KERNEL_CODE, "blkdev_open", 32);
	size_t size, offset;
	struct core *core;
	char text[11];
	void *elf;

	image_set(image, object, "nbd_device", "index", 7);
	image_cut(image, image_at(image, object, "nbd_device", "pid"), 4);
	elf = image_elf(image, &size);
	core = core_open(elf, size);
	ck_assert_ptr_nonnull(core);
	ck_assert(core_symbol(core, "it", &addr));
	ck_assert_uint_eq(addr, object);
	ck_assert(!core_symbol(core, "its", &addr));
	ck_assert(core_layout(core, "nbd_device", "index", &offset, &size));
	ck_assert_uint_eq(size, 4);
	ck_assert(core_read(core, object + offset, &value, size));
	ck_assert_uint_eq(value, 7);
	ck_assert(core_read(core, string, text, sizeof(text)));
	ck_assert_str_eq(text, "some words");
	ck_assert(core_is_code(core, function + 31) && !core_is_code(core, object));
	ck_assert_str_eq(core_symbol_at(core, function + 31, &start), "blkdev_open");
	ck_assert_uint_eq(start, function);

	/* Neither the hole nor what reaches into it, up to its very ends. */
	ck_assert(core_layout(core, "nbd_device", "pid", &offset, &size));
	ck_assert(!core_read(core, object + offset, text, 1));
	ck_assert(!core_read(core, object + offset - 4, text, 5));
	ck_assert(core_read(core, object + offset - 4, text, 4));
	ck_assert(core_read(core, object + offset + 4, text, 4));

	/* What is changed in place is read. */
	size = 1;
	*core_memory(core, string, &size) = 'S';
	ck_assert(core_read(core, string, text, sizeof(text)));
	ck_assert_str_eq(text, "Some words");
	core_close(core);
	free(elf);
}
END_TEST

START_TEST(what_is_no_image_is_not_opened)
{
	char junk[256] = "no ELF";

	ck_assert_ptr_null(core_open(junk, sizeof(junk)));
}
END_TEST

/* What differs between kernels is asked anew for each image. */
START_TEST(one_process_opens_several_images)
{
	char *output;

	image_variable(image, "init_task", "task_struct");
	output = run(image, "nbd");
	ck_assert_ptr_nonnull(strstr(output, "nor a symbol nbd_index_idr"));
	free(output);
	image_variable(image, "nbd_index_idr", "idr");
	output = run(image, "nbd");
	ck_assert_ptr_null(strstr(output, "has no nbd module"));
	free(output);
	image_without_nbd_debuginfo(image);
	output = run(image, "nbd");
	ck_assert_ptr_nonnull(strstr(output, "mod -s nbd"));
	free(output);
}
END_TEST

TCase *layout_case(void)
{
	TCase *tc = tcase_create("layout");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, members_are_where_a_compiler_puts_them);
	tcase_add_test(tc, members_of_a_union_are_in_one_place);
	tcase_add_test(tc, what_a_kernel_lacks_is_not_found);
	tcase_add_test(tc, an_image_holds_what_was_put_there);
	tcase_add_test(tc, what_is_no_image_is_not_opened);
	tcase_add_test(tc, one_process_opens_several_images);
	return tc;
}
