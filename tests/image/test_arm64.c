// SPDX-License-Identifier: GPL-2.0-or-later
/* What is arm64's own: stacks are chains of frame records. */
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"

#define WORD	   sizeof(uint64_t)
#define STACK_SIZE 16384ull
/* Where the bits of a code of pointer authentication are; bit 55 is none of them. */
#define PAC_BITS 0xff3f000000000000ull

static struct layout *layout;
static struct image *image;
static struct scene scene;
static struct kernel_task sleeper;
static uint64_t stack, functions[7];

/* A return address into the function behind a call of it, as bl or as another instruction. */
static uint64_t behind(uint64_t function, uint32_t instruction)
{
	image_write(image, function + 0x20, &instruction, sizeof(instruction));
	return function + 0x24;
}

static uint64_t called(uint64_t function)
{
	return behind(function, 0x94000010);
}

static void put(size_t word, uint64_t value)
{
	image_write(image, stack + STACK_SIZE / 2 + word * WORD, &value, sizeof(value));
}

static uint64_t at(size_t word)
{
	return stack + STACK_SIZE / 2 + word * WORD;
}

/* A task in D inside blkdev_ioctl(), of which its caller's frame has the gendisk's address. Between the frames there
 * are return addresses of calls that have ended. */
static void setup(void)
{
	static const char *const names[] = {"__switch_to",	 "__schedule", "blkdev_ioctl",
					    "__arm64_sys_ioctl", "vfs_write",  "blkdev_fsync",
					    "nbd_add_socket"};

	layout = layout_load(LAYOUTS, "6.1-arm64");
	image = image_create(layout);
	scene = scene_build(image);
	image_symbol(image, "_text", 0xffffffff81000000ull, 0);
	for (size_t i = 0; i < 7; i++)
		functions[i] = image_function(image, KERNEL_CODE, names[i], 128);
	sleeper = kernel_task(&scene.kernel, "nbd-attach", 4400, NULL, 0);
	stack = image_stack(image, STACK_SIZE);
	image_set(image, sleeper.task, "task_struct", "__state", 2);
	image_set(image, sleeper.task, "task_struct", "stack", stack);
	image_set(image, sleeper.task, "task_struct", "thread.cpu_context.sp", at(0));
	image_set(image, sleeper.task, "task_struct", "thread.cpu_context.fp", at(0));
	image_set(image, sleeper.task, "task_struct", "thread.cpu_context.pc",
		  called(functions[0]));
	put(0, at(3));
	put(1, called(functions[1]));
	put(2, called(functions[4]));
	put(3, at(7));
	put(4, called(functions[2]));
	put(5, called(functions[5]));
	put(6, 7);
	put(7, at(10));
	put(8, called(functions[3]));
	put(9, scene.disk.gendisk);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

static void waits(struct json_object *report, const char *in)
{
	has_elements(report, "/1/waiters", 1);
	is_number(report, "/1/waiters/0/pid", sleeper.pid);
	is_string(report, "/1/waiters/0/blocked_in", in);
	is_address(report, "/1/waiters/0/object", scene.disk.gendisk);
	json_object_put(report);
}

/* The last record is in the registers of user space. */
static void end_chain(void)
{
	uint64_t last = STACK_SIZE / 2 / WORD - 4;

	put(7, at(last));
	put(last, 0);
	put(last + 1, 0);
}

START_TEST(frame_records)
{
	end_chain();
	waits(run_report(image), "ioctl");
}
END_TEST

START_TEST(pointer_authentication)
{
	end_chain();
	put(1, called(functions[1]) ^ PAC_BITS);
	put(4, called(functions[2]) ^ PAC_BITS);
	put(8, called(functions[3]) ^ PAC_BITS);
	waits(run_report(image), "ioctl");
}
END_TEST

/* Where no chain can be followed, what is found is what may be a return address: the innermost word that says what
 * it is for is the one of fsync. */
START_TEST(broken_chain)
{
	image_set(image, sleeper.task, "task_struct", "thread.cpu_context.fp", 0);
	put(6, scene.disk.gendisk);
	waits(run_report(image), "flush");
	/* What is behind no call is none. */
	put(5, behind(functions[5], 0xd503201f));
	waits(run_report(image), "write");
}
END_TEST

/* Registers have other names there, and system calls other numbers. */
START_TEST(inside_a_system_call)
{
	uint64_t regs = stack + STACK_SIZE - image_sizeof(image, "pt_regs");
	char *output;

	end_chain();
	put(11, scene.opener_file);
	kernel_task(&scene.kernel, "nbd-attach", 4401, &sleeper, 0);
	kernel_fd(&scene.kernel, &sleeper, 5, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	image_set(image, regs, "pt_regs", "syscallno", 29);
	image_set(image, regs, "pt_regs", "orig_x0", 5);
	output = run(image, "file_owner nbd3");
	ck_assert_msg(strstr(output, "3 = 1 in ioctl by nbd-attach (4400) + 2 fd") != NULL, "%s",
		      output);
	free(output);
}
END_TEST

/* Of NBD_SET_SOCK the last argument is an fd, too: a socket's. */
START_TEST(attaching_a_socket)
{
	uint64_t regs = stack + STACK_SIZE - image_sizeof(image, "pt_regs");
	uint64_t x = image_at(image, regs, "pt_regs", "regs"), file = scene.ends[0].file;
	char *output;

	end_chain();
	put(4, called(functions[6]));
	put(11, scene.ends[0].socket);
	kernel_fd(&scene.kernel, &sleeper, 5, file);
	kernel_file_get(&scene.kernel, file);
	kernel_file_get(&scene.kernel, file);
	image_set(image, regs, "pt_regs", "syscallno", 29);
	image_set(image, regs, "pt_regs", "orig_x0", 6);
	image_set_pointer(image, x, 1, 0xab00);
	image_set_pointer(image, x, 2, 5);
	output = run(image, "file_owner %llx", (unsigned long long)file);
	ck_assert_ptr_nonnull(
		strstr(output, "4 = 1 nbd + 1 in ioctl(NBD_SET_SOCK) by nbd-attach (4400) + 2 fd"));
	free(output);
	/* Another file is refused, whatever is left over on the stack. */
	kernel_fd(&scene.kernel, &sleeper, 7, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	kernel_file_get(&scene.kernel, scene.opener_file);
	image_set_pointer(image, x, 2, 7);
	put(11, scene.opener_file);
	output = run(image, "file_owner %llx", (unsigned long long)scene.opener_file);
	ck_assert_ptr_nonnull(strstr(output, "3 = 2 fd + 1 unexplained"));
	free(output);
}
END_TEST

TCase *arm64_case(void)
{
	TCase *tc = tcase_create("arm64");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, frame_records);
	tcase_add_test(tc, inside_a_system_call);
	tcase_add_test(tc, attaching_a_socket);
	tcase_add_test(tc, pointer_authentication);
	tcase_add_test(tc, broken_chain);
	return tc;
}
