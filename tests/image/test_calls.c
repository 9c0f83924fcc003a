// SPDX-License-Identifier: GPL-2.0-or-later
/* References of threads inside system calls: each is proven, or stays unexplained. */
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "image_tests.h"
#include "run.h"

#define WORD sizeof(uint64_t)

static struct layout *layout;
static struct image *image;
static struct scene scene;
static struct extra_waiters w;
static struct extra_calls calls;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	w = extra_waiters(&scene);
	calls = extra_calls(&scene, &w);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

/* How many of the three references to nbd's end. */
static void explained(int64_t n)
{
	struct json_object *report = run_report(image);

	is_number(report, "/1/connections/0/file_refs", 3);
	is_number(report, "/1/connections/0/file_refs_explained", n);
	json_object_put(report);
}

START_TEST(a_call_and_a_poll)
{
	struct json_object *report = run_report(image);
	char *output;

	is_number(report, "/1/connections/0/file_refs_explained", 3);
	is_string(report, "/1/connections/0/holders/1/kind", "system_call");
	is_string(report, "/1/connections/0/holders/1/what",
		  "recvfrom by nbd-client (4200, thread 4201)");
	is_address(report, "/1/connections/0/holders/1/object", scene.client_thread.task);
	is_number(report, "/1/connections/0/peer/file_refs", 2);
	is_number(report, "/1/connections/0/peer/file_refs_explained", 2);
	is_string(report, "/1/connections/0/peer/holders/0/what", "poll by qemu-kvm (4300)");
	json_object_put(report);
	output = run(image, "unix_peer %llx", (unsigned long long)scene.ends[0].sk);
	ck_assert_ptr_nonnull(strstr(
		output, "3 = 1 nbd + 1 in recvfrom by nbd-client (4200, thread 4201) + 1 fd"));
	ck_assert_ptr_nonnull(strstr(output, "2 = 1 in poll by qemu-kvm (4300) + 1 fd"));
	free(output);
}
END_TEST

static uint64_t word(size_t i)
{
	return image_get(image, scene.client_thread.task, "task_struct", "thread.sp") +
	       image_sizeof(image, "inactive_task_frame") + i * WORD;
}

/* Each thing that is part of the proof. */
START_TEST(what_does_not_prove_a_call)
{
	switch (_i) {
	case 0: /* mkdir */
		image_set(image, calls.regs, "pt_regs", "orig_ax", 83);
		break;
	case 1: /* another file's fd */
		image_set(image, calls.regs, "pt_regs", "di", SCENE_CLIENT_FD + 1);
		break;
	case 2: /* a program of 32 bits */
		image_set(image, calls.regs, "pt_regs", "cs", 0x23);
		break;
	case 3: /* the stack is in no call */
		image_set_pointer(image, word(1), 0, 0);
		break;
	case 4: /* nor has it anything of the file */
		image_set_pointer(image, word(2), 0, 0);
		break;
	case 5: /* it runs */
		image_set(image, scene.client_thread.task, "task_struct", "__state", 0);
		break;
	default: /* a table of its own */
		image_set(image, scene.client.task, "task_struct", "files", 0);
		break;
	}
	explained(2);
}
END_TEST

/* The thread has a table that once was shared. */
START_TEST(the_other_thread_has_exited)
{
	image_set(image, scene.client.task, "task_struct", "files", 0);
	image_set(image, image_get(image, scene.client_thread.task, "task_struct", "signal"),
		  "signal_struct", "sum_sched_runtime", 1000);
	explained(3);
}
END_TEST

#define IOCTL	     16
#define NBD_SET_SOCK 0xab00
#define NBD_DO_IT    0xab03

/* The socket that it is given is its own, whoever shares the table. */
START_TEST(attaching_a_socket)
{
	struct json_object *report;

	if (_i)
		image_set(image, scene.client.task, "task_struct", "files", 0);
	image_set(image, calls.regs, "pt_regs", "orig_ax", IOCTL);
	image_set(image, calls.regs, "pt_regs", "di", SCENE_CLIENT_FD + 5);
	image_set(image, calls.regs, "pt_regs", "si", NBD_SET_SOCK);
	image_set(image, calls.regs, "pt_regs", "dx", SCENE_CLIENT_FD);
	explained(2);
	image_set_pointer(image, word(1), 0, w.in_add_socket);
	report = run_report(image);
	is_number(report, "/1/connections/0/file_refs_explained", 3);
	is_string(report, "/1/connections/0/holders/1/what",
		  "ioctl(NBD_SET_SOCK) by nbd-client (4200, thread 4201)");
	json_object_put(report);
	image_set(image, calls.regs, "pt_regs", "dx", SCENE_CLIENT_FD + 1);
	explained(2);
	image_set(image, calls.regs, "pt_regs", "dx", SCENE_CLIENT_FD);
	image_set(image, calls.regs, "pt_regs", "si", NBD_DO_IT);
	explained(2);
	image_set(image, calls.regs, "pt_regs", "si", NBD_SET_SOCK);
	explained(3);
	/* Nothing of the socket is on the stack. */
	image_set_pointer(image, word(2), 0, 0);
	explained(2);
	image_set_pointer(image, word(2), 0, scene.ends[0].socket);
	/* It is one reference: a table that was shared once changes nothing. */
	kernel_file_get(&scene.kernel, scene.ends[0].file);
	image_set(image, image_get(image, scene.client_thread.task, "task_struct", "signal"),
		  "signal_struct", "sum_sched_runtime", 1000);
	report = run_report(image);
	is_number(report, "/1/connections/0/file_refs_explained", 3);
	json_object_put(report);
}
END_TEST

/* Who waits for nbd's lock has not looked it up yet, whatever an earlier call has left on its stack. */
START_TEST(waiting_to_attach_a_socket)
{
	image_set(image, calls.regs, "pt_regs", "orig_ax", IOCTL);
	image_set(image, calls.regs, "pt_regs", "di", SCENE_CLIENT_FD + 5);
	image_set(image, calls.regs, "pt_regs", "si", NBD_SET_SOCK);
	image_set(image, calls.regs, "pt_regs", "dx", SCENE_CLIENT_FD);
	image_set_pointer(image, word(1), 0, w.in_blkdev_ioctl);
	explained(2);
}
END_TEST

/* What lies on the stack of the thread in the socket's queue need not be known: no function, nothing of the file. */
START_TEST(a_thread_in_the_queue_of_the_socket)
{
	uint64_t wq = image_new(image, "socket_wq"), entry = word(3);
	uint64_t head = image_at(image, wq, "socket_wq", "wait.whole.head");

	image_list_init(image, head);
	image_set(image, scene.ends[0].sk, "sock", "sk_wq", wq);
	image_set(image, entry, "wait_queue_entry", "func", 0x10);
	image_set(image, entry, "wait_queue_entry", "private", scene.client_thread.task);
	image_list_add(image, head, image_at(image, entry, "wait_queue_entry", "entry"));
	image_set_pointer(image, word(1), 0, 0);
	image_set_pointer(image, word(2), 0, 0);
	explained(3);
	/* The entry is on another stack. */
	image_set(image, entry, "wait_queue_entry", "private", scene.client.task);
	explained(2);
	image_set(image, entry, "wait_queue_entry", "private", scene.client_thread.task);
	image_set(image, calls.regs, "pt_regs", "di", SCENE_CLIENT_FD + 1);
	explained(2);
}
END_TEST

/* With FRED registers lie 16 bytes lower; since v6.12 what a call keeps of a file has flags. */
START_TEST(newer_kernels)
{
	uint8_t regs[512];
	size_t size = image_sizeof(image, "pt_regs");

	memset(regs, 0, sizeof(regs));
	image_write(image, calls.regs, regs, size);
	calls.regs -= 16;
	image_set(image, calls.regs, "pt_regs", "orig_ax", 45);
	image_set(image, calls.regs, "pt_regs", "di", SCENE_CLIENT_FD);
	image_set(image, calls.regs, "pt_regs", "cs", 0x33);
	image_set(image, calls.regs, "pt_regs", "ss", 0x2b);
	image_set_pointer(image, word(2), 0, scene.ends[0].file | 1);
	explained(3);
}
END_TEST

/* Never more than there are; and what else waits at a socket is no poll. */
START_TEST(no_more_than_there_are)
{
	struct json_object *report;

	image_set(image, scene.ends[0].file, "file", "f_count", 2);
	image_set(image, calls.poll_entry, "poll_table_entry", "wait.func", 0x10);
	report = run_report(image);
	is_number(report, "/1/connections/0/file_refs_explained", 2);
	is_number(report, "/1/connections/0/peer/file_refs_explained", 1);
	json_object_put(report);
}
END_TEST

TCase *calls_case(void)
{
	TCase *tc = tcase_create("calls");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_call_and_a_poll);
	tcase_add_loop_test(tc, what_does_not_prove_a_call, 0, 7);
	tcase_add_test(tc, the_other_thread_has_exited);
	tcase_add_loop_test(tc, attaching_a_socket, 0, 2);
	tcase_add_test(tc, waiting_to_attach_a_socket);
	tcase_add_test(tc, a_thread_in_the_queue_of_the_socket);
	tcase_add_test(tc, newer_kernels);
	tcase_add_test(tc, no_more_than_there_are);
	return tc;
}
