// SPDX-License-Identifier: GPL-2.0-or-later
/* What kernel_types.h promises of reads, where no report shows it. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "builder.h"
#include "image_tests.h"
#include "resolve/kernel_types.h"
#include "scene.h"
#include "standin.h"

/* Memory of nothing. */
#define NOWHERE 0xffff900000000000

static struct layout *layout;
static struct image *image;
static struct core *core;
static struct scene scene;
static void *elf;

static void setup(void)
{
	size_t size;

	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	elf = image_elf(image, &size);
	core = core_open(elf, size);
	crash_open(core);
}

static void teardown(void)
{
	k_end();
	crash_close();
	core_close(core);
	free(elf);
	image_free(image);
	layout_free(layout);
}

static void is_client_pid(void)
{
	ck_assert(num_is(k_num_at(scene.client.task, KM_TASK_PID), scene.client.pid));
}

START_TEST(a_value_is_known_or_unreadable_or_absent)
{
	num unreadable = k_num_at(NOWHERE, KM_TASK_PID);
	num absent = k_num_at(scene.ends[0].file, KM_FILE_REF);
	struct kobj o;

	is_client_pid();
	ck_assert(!unreadable.known && !unreadable.absent);
	ck_assert(!absent.known && absent.absent && !absent.v);
	/* It is absent wherever one looks. */
	ck_assert(k_num_at(NOWHERE, KM_FILE_REF).absent);
	ck_assert(k_load(&o, K_FILE, scene.ends[0].file));
	ck_assert(k_num(&o, KM_FILE_REF).absent);
	ck_assert(k_signed(&o, KM_FILE_REF).absent);
	ck_assert(k_num(&o, KM_FILE_COUNT).known);
}
END_TEST

START_TEST(an_absent_member_has_no_address)
{
	ck_assert_int_eq(k_offset(KM_FILE_REF), -1);
	ck_assert_uint_eq(k_at(NOWHERE, KM_FILE_REF), 0);
	ck_assert_uint_eq(k_container(NOWHERE, KM_FILE_REF), 0);
	/* Nor has anything in it. */
	ck_assert_uint_eq(k_at(0, KM_TASK_COMM), 0);
	ck_assert_uint_eq(k_container(0, KM_TASK_COMM), 0);
	ck_assert_int_gt(k_offset(KM_TASK_COMM), 0);
	ck_assert_uint_eq(k_at(NOWHERE, KM_TASK_COMM), NOWHERE + (size_t)k_offset(KM_TASK_COMM));
	ck_assert_uint_eq(k_container(k_at(NOWHERE, KM_TASK_COMM), KM_TASK_COMM), NOWHERE);
}
END_TEST

START_TEST(a_member_of_another_structure_is_no_value)
{
	struct kobj o;
	char name[4];

	ck_assert(k_load(&o, K_TASK, scene.client.task));
	ck_assert(k_num(&o, KM_TASK_PID).known);
	ck_assert_ptr_null(k_misuse());
	ck_assert(!k_num(&o, KM_FILE_COUNT).known);
	ck_assert_str_eq(k_misuse(), "file.f_count is no member of struct task_struct");
	ck_assert(!k_signed(&o, KM_NBD_INDEX).known);
	ck_assert(!k_bytes(&o, KM_DISK_NAME, name, sizeof(name)));
	/* The first one is told. */
	ck_assert_str_eq(k_misuse(), "file.f_count is no member of struct task_struct");
}
END_TEST

START_TEST(pages_do_not_outlive_their_command)
{
	char *output = crash_run("nbd -a -j");

	ck_assert_int_eq(*output, '{');
	free(output);
	/* Between two commands. */
	is_client_pid();
	is_client_pid();
}
END_TEST

START_TEST(a_command_begins_with_nothing_in_memory)
{
	char *output;

	/* Left over by something that did not end. */
	is_client_pid();
	arena_alloc(1);
	k_begin();
	ck_assert_uint_eq(k_reads().calls, 0);
	is_client_pid();
	ck_assert_uint_gt(k_reads().calls, 0);
	k_begin();
	is_client_pid();
	output = crash_run("nbd -a -j");
	ck_assert_int_eq(*output, '{');
	free(output);
}
END_TEST

static volatile sig_atomic_t crash_was_told;

static void of_crash(int signal)
{
	(void)signal;
	crash_was_told++;
}

/* crash leaves a command by longjmp, wherever it is: that must be worth it. */
START_TEST(crash_gets_a_ctrl_c_when_the_first_one_has_not_helped)
{
	signal(SIGINT, of_crash);
	k_begin();
	raise(SIGINT);
	ck_assert(k_interrupted());
	raise(SIGINT);
	ck_assert_int_eq(crash_was_told, 0);
	usleep(2100000);
	raise(SIGINT);
	ck_assert_int_eq(crash_was_told, 1);
	k_end();
	raise(SIGINT);
	ck_assert_int_eq(crash_was_told, 2);
}
END_TEST

TCase *reads_case(void)
{
	TCase *tc = tcase_create("reads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_value_is_known_or_unreadable_or_absent);
	tcase_add_test(tc, an_absent_member_has_no_address);
	tcase_add_test(tc, a_member_of_another_structure_is_no_value);
	tcase_add_test(tc, pages_do_not_outlive_their_command);
	tcase_add_test(tc, a_command_begins_with_nothing_in_memory);
	tcase_add_test(tc, crash_gets_a_ctrl_c_when_the_first_one_has_not_helped);
	return tc;
}
