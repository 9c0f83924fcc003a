// SPDX-License-Identifier: GPL-2.0-or-later
/* What is added to the small scene is found, and says no more than that. */
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extras.h"
#include "image_tests.h"
#include "resolve/kernel_btf.h"
#include "run.h"
#include "standin.h"

static struct layout *layout;
static struct image *image;
static struct scene scene;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
}

static void teardown(void)
{
	image_free(image);
	layout_free(layout);
}

START_TEST(mount_swap_and_stacked_device)
{
	struct json_object *report;

	extra_mount(&scene);
	extra_swap(&scene);
	extra_stacked(&scene);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	is_number(report, "/1/openers_expected", 5);
	is_number(report, "/1/openers_found", 5);
	has_elements(report, "/1/openers", 4);
	is_string(report, "/1/openers/0/kind", "mount");
	is_string(report, "/1/openers/0/what", "ext4 on /mnt (nbd3)");
	is_string(report, "/1/openers/1/kind", "swap");
	is_string(report, "/1/openers/1/what", "swap (nbd3)");
	is_string(report, "/1/openers/2/kind", "holder");
	is_string(report, "/1/openers/2/what", "dm-0 \"vg-lv\" (on nbd3)");
	is_string(report, "/1/openers/3/kind", "fd");
	json_object_put(report);
}
END_TEST

/* All that is above, with its openers, to be taken down from the top. */
START_TEST(a_stack_of_devices)
{
	struct extra_stack stack = extra_stacked(&scene);
	struct json_object *report = run_report(image);

	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/above", 2);
	is_string(report, "/1/above/0/name", "dm-0");
	is_string(report, "/1/above/0/dm_name", EXTRA_DM_NAME);
	is_string(report, "/1/above/0/dm_uuid", "LVM-made-up");
	is_string(report, "/1/above/0/on", "nbd3");
	is_number(report, "/1/above/0/depth", 1);
	is_string(report, "/1/above/0/openers/0/what", "md1 (on dm-0)");
	is_number(report, "/1/above/0/openers_expected", 1);
	is_number(report, "/1/above/0/openers_found", 1);
	is_string(report, "/1/above/1/name", "md1");
	is_string(report, "/1/above/1/on", "dm-0");
	is_number(report, "/1/above/1/depth", 2);
	has_elements(report, "/1/above/1/openers", 1);
	is_number(report, "/1/above/1/openers/0/task/pid", scene.opener.pid);
	is_number(report, "/1/above/1/openers/0/fd", EXTRA_MD_FD);
	has_elements(report, "/1/take_down", 4);
	is_string(report, "/1/take_down/0/what", "qemu-kvm (4300) fd 8 of /dev/md1 is closed");
	is_string(report, "/1/take_down/1/command", "mdadm --stop /dev/md1");
	is_string(report, "/1/take_down/2/what", "dm-0 \"vg-lv\" (on nbd3) is removed");
	is_string(report, "/1/take_down/2/command", "vgchange -an vg");
	is_string(report, "/1/take_down/3/what", "qemu-kvm (4300) fd 3 is closed");
	json_object_put(report);
	/* A cell that is another device's; an opener that is not found. */
	image_set_pointer(image, stack.cell, 9, 1);
	kernel_disk_open(&scene.kernel, &stack.md);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 1);
	is_null(report, "/1/above/0/dm_name");
	is_string(report, "/1/openers/0/what", "dm-0 \"?\" (on nbd3)");
	is_string(report, "/1/take_down/1/what", "1 opener of md1 that was not found is gone");
	json_object_put(report);
}
END_TEST

/* md1 on dm-0 on md1, as damage may have it: told once each. */
START_TEST(a_stack_without_an_end)
{
	struct extra_stack stack = extra_stacked(&scene);
	uint64_t slaves = image_at(image, stack.dm.gendisk, "gendisk", "slave_bdevs");
	uint64_t entry = image_new(image, "bd_holder_disk");
	struct json_object *report;

	image_set(image, entry, "bd_holder_disk", "bdev", stack.md.block_device);
	image_list_add(image, slaves, image_at(image, entry, "bd_holder_disk", "list"));
	report = run_report(image);
	has_elements(report, "/1/above", 2);
	json_object_put(report);
	free(run(image, "nbd -o -d nbd3"));
}
END_TEST

/* It does not have the device open: the file system has. */
START_TEST(a_loop_device_on_a_file)
{
	struct json_object *report;

	extra_mount(&scene);
	extra_loop(&scene);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	is_number(report, "/1/openers_expected", 2);
	is_number(report, "/1/openers_found", 2);
	has_elements(report, "/1/above", 1);
	is_string(report, "/1/above/0/name", "loop5");
	is_string(report, "/1/above/0/on", "a file system on nbd3");
	is_string(report, "/1/take_down/0/command", "losetup -d /dev/loop5");
	json_object_put(report);
}
END_TEST

/* One open of the device, three mounts: each is named with its namespace, or with who keeps it. */
START_TEST(mounts_of_one_file_system)
{
	struct json_object *report;
	struct extra_mounts m = extra_mounts(&scene);

	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	is_number(report, "/1/openers_expected", 2);
	is_number(report, "/1/openers_found", 2);
	has_elements(report, "/1/openers", 4);
	is_string(report, "/1/openers/0/what", "ext4 on /mnt (nbd3)");
	is_number(report, "/1/openers/0/mount/namespace", EXTRA_MNT_NS);
	is_string(report, "/1/openers/1/what", "ext4 on /pod (nbd3)");
	is_number(report, "/1/openers/1/mount/namespace", EXTRA_MNT_NS + 1);
	is_number(report, "/1/openers/1/mount/inhabitant/pid", m.pod.pid);
	is_string(report, "/1/openers/2/kind", "detached-mount");
	is_string(report, "/1/openers/2/what", "ext4 unmounted lazily (nbd3)");
	has_elements(report, "/1/openers/2/mount/kept_by", 2);
	is_number(report, "/1/openers/2/mount/kept_by/0/pid", m.keeper.pid);
	is_string(report, "/1/openers/2/mount/kept_by/0/by", "fd 6");
	is_string(report, "/1/openers/2/mount/kept_by/1/by", "cwd");
	json_object_put(report);
	/* Nobody has it: a mapping is not looked for. */
	image_set(image, image_get(image, m.keeper.task, "task_struct", "fs"), "fs_struct",
		  "pwd.mnt", 0);
	kernel_fd(&scene.kernel, &m.keeper, EXTRA_KEPT_FD, 0);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/openers/2/mount/kept_by", 0);
	json_object_put(report);
}
END_TEST

/* A file system that is in use nowhere is told as that, and not as mounted. */
START_TEST(no_mount_left)
{
	struct json_object *report;

	kernel_super_block(&scene.kernel, "ext4", scene.disk.block_device);
	report = run_report(image);
	is_string(report, "/1/openers/0/kind", "detached-mount");
	is_string(report, "/1/openers/0/what", "ext4 just being mounted or unmounted (nbd3)");
	json_object_put(report);
}
END_TEST

START_TEST(references_that_are_no_fds)
{
	struct json_object *report;

	extra_message(&scene);
	extra_ring(&scene);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/connections/0/holders/1/tasks", 1);
	is_number(report, "/1/connections/0/holders/1/tasks/0/pid", scene.server.pid);
	is_number(report, "/1/connections/0/holders/1/tasks/0/fd", SCENE_SERVER_FD);
	is_number(report, "/1/connections/1/holders/1/tasks/0/pid", scene.opener.pid);
	for (int i = 0; i < 2; i++) {
		static const char *const kinds[] = {"scm_rights", "io_uring"};
		struct json_object *conn;

		ck_assert(!json_pointer_getf(report, &conn, "/1/connections/%d", i));
		is_number(conn, "/file_refs", 3);
		is_number(conn, "/file_refs_explained", 3);
		has_elements(conn, "/holders", 2);
		is_string(conn, "/holders/0/kind", "nbd");
		is_string(conn, "/holders/1/kind", kinds[i]);
	}
	json_object_put(report);
}
END_TEST

/* A ring before 6.8 has registered files in messages to its own socket: before 5.12 there alone, later in its table, too, with one
 * reference for both. */
START_TEST(rings_that_keep_files_in_messages)
{
	static const char *const layouts[] = {"openeuler-5.10", "5.15"};
	struct layout *its_layout = layout_load(LAYOUTS, layouts[_i]);
	struct image *its_image = image_create(its_layout);
	struct scene s = scene_build(its_image);
	struct json_object *report;

	extra_ring(&s);
	/* One that is missing, so that rings are looked for in all file tables. */
	kernel_file_get(&s.kernel, s.ends[0].file);
	report = run_report(its_image);
	has_elements(report, "/0/unreadable", 0);
	is_number(report, "/1/connections/0/file_refs_explained", 2);
	is_number(report, "/1/connections/1/file_refs", 3);
	is_number(report, "/1/connections/1/file_refs_explained", 3);
	is_string(report, "/1/connections/1/holders/1/kind", "io_uring");
	is_string(report, "/1/connections/1/holders/1/what", "io_uring of qemu-kvm (4300) fd 9");
	is_number(report, "/1/connections/1/holders/1/tasks/0/pid", s.opener.pid);
	json_object_put(report);
	image_free(its_image);
	layout_free(its_layout);
}
END_TEST

/* Who can receive a message: whoever has the socket open; nobody where it is closed or not accepted. */
START_TEST(who_can_receive_a_message)
{
	struct json_object *report;
	char *text;

	extra_message(&scene);
	text = run(image, "nbd -s -d nbd3");
	ck_assert_ptr_nonnull(strstr(text, "1 scm_rights to nbd-server (4100) fd 7"));
	free(text);
	image_set(image, scene.peers[0].sk, "sock", "sk_socket", 0);
	report = run_report(image);
	has_elements(report, "/1/connections/0/holders/1/tasks", 0);
	ck_assert_ptr_nonnull(
		strstr(json_object_to_json_string(report), "to a socket without a file"));
	json_object_put(report);
	image_set(image, scene.peers[0].sk, "sock", "sk_socket", 0x10);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 1);
	has_elements(report, "/1/connections/0/holders/1/tasks", 0);
	json_object_put(report);
}
END_TEST

/* A ring's keeper need not be who has made it: he is looked for where some task uses rings and references are missing. */
START_TEST(a_ring_that_was_passed_on)
{
	struct json_object *report;

	extra_ring(&scene);
	image_set(image, scene.opener.task, "task_struct", "io_uring", 0);
	image_set(image, scene.server.task, "task_struct", "io_uring", scene.server.task);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/connections/1/holders", 2);
	is_string(report, "/1/connections/1/holders/1/kind", "io_uring");
	is_number(report, "/1/connections/1/holders/1/tasks/0/pid", scene.opener.pid);
	json_object_put(report);
	/* Nobody uses rings: none is looked for. */
	image_set(image, scene.server.task, "task_struct", "io_uring", 0);
	report = run_report(image);
	has_elements(report, "/1/connections/1/holders", 1);
	is_number(report, "/1/connections/1/file_refs_explained", 2);
	json_object_put(report);
}
END_TEST

/* Memory of nothing: whoever looks at it as at a file says that not all rings could be read. */
#define NO_FILE 0xffff900000000000
#define ANY_FD	20

/* The rings of those who use rings explain all that is missing: the files of others are not looked at. */
START_TEST(rings_are_looked_for_until_nothing_is_missing)
{
	struct json_object *report;

	extra_ring(&scene);
	kernel_fd(&scene.kernel, &scene.server, ANY_FD, NO_FILE);
	report = run_report(image);
	is_number(report, "/1/connections/1/file_refs_explained", 3);
	has_elements(report, "/0/unreadable", 0);
	json_object_put(report);
	/* With one missing they are. */
	kernel_file_get(&scene.kernel, scene.ends[0].file);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 1);
	json_object_put(report);
}
END_TEST

/* Whoever asks about one file is not told what was not found of another, nor waits for the search. */
START_TEST(only_what_is_asked_about_is_looked_for)
{
	static const char *const problem = "not all io_urings could be read";
	static const struct {
		const char *format;
		bool is_missing;
	} asked[] = {
		{"file_owner %llx", false}, {"unix_peer %llx", false}, {"file_owner %llx", true}};
	char *text;

	extra_ring(&scene);
	kernel_fd(&scene.kernel, &scene.server, ANY_FD, NO_FILE);
	kernel_file_get(&scene.kernel, scene.ends[1].file);
	text = run(image, asked[_i].format,
		   (unsigned long long)scene.ends[asked[_i].is_missing].file);
	ck_assert_int_eq(strstr(text, problem) != NULL, asked[_i].is_missing);
	free(text);
}
END_TEST

START_TEST(tcp_over_loopback)
{
	struct json_object *report;

	extra_tcp(&scene);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/connections", 3);
	is_string(report, "/1/connections/2/family", "inet");
	is_string(report, "/1/connections/2/local", "127.0.0.1:40000");
	is_string(report, "/1/connections/2/remote", "127.0.0.1:10809");
	is_number(report, "/1/connections/2/send_queue_bytes", 5);
	is_string(report, "/1/connections/2/peer/status", "open");
	is_number(report, "/1/connections/2/peer/owners/0/pid", scene.server.pid);
	is_number(report, "/1/connections/2/peer/owners/0/fd", SCENE_SERVER_FD + 1);
	json_object_put(report);
}
END_TEST

/* What the module's code tells: this kernel freezes, and adds sockets to a running device. */
START_TEST(the_module_tells_how_it_behaves)
{
	struct json_object *report;

	extra_module(&scene);
	report = run_report(image);
	is_string(report, "/1/attach/set_sock/result", "hangs");
	json_object_put(report);
}
END_TEST

/* A word of what a sleeping task's stack holds from the frame of __schedule() on. */
static uint64_t stack_word(const struct kernel_task *t, size_t i)
{
	return image_get(image, t->task, "task_struct", "thread.sp") +
	       image_sizeof(image, "inactive_task_frame") + i * sizeof(uint64_t);
}

static void has_waited(struct json_object *report, const char *pointer)
{
	struct json_object *seconds;

	ck_assert(!json_pointer_get(report, pointer, &seconds));
	ck_assert_double_eq(json_object_get_double(seconds), KERNEL_TASKS_SLEEP);
}

START_TEST(tasks_that_wait)
{
	struct extra_waiters w = extra_waiters(&scene);
	struct json_object *report = run_report(image);

	has_elements(report, "/1/waiters", 4);
	is_number(report, "/1/waiters/0/pid", w.ioctl.pid);
	has_waited(report, "/1/waiters/0/waiting_seconds");
	is_string(report, "/1/waiters/0/object_kind", "config_lock");
	is_string(report, "/1/waiters/0/blocked_in", "ioctl");
	is_number(report, "/1/waiters/1/pid", w.holder.pid);
	is_address(report, "/1/waiters/1/object", scene.disk.gendisk);
	is_number(report, "/1/waiters/2/pid", w.fsync.pid);
	is_address(report, "/1/waiters/2/object", scene.request);
	is_string(report, "/1/waiters/2/blocked_in", "flush");
	is_number(report, "/1/waiters/3/pid", w.told.pid);
	is_address(report, "/1/waiters/3/object", scene.request);
	has_elements(report, "/1/requests/0/waiters", 2);
	is_number(report, "/1/requests/0/waiters/0/pid", w.fsync.pid);
	is_number(report, "/1/requests/0/waiters/1/pid", w.told.pid);
	json_object_put(report);
}
END_TEST

/* One that never ran since the kernel counts; one whose time cannot be read, so that nobody knows which is the latest. */
START_TEST(how_long_a_task_waits_is_not_known)
{
	struct extra_waiters w = extra_waiters(&scene);
	struct json_object *report;

	image_set(image, w.ioctl.task, "task_struct", "sched_info.last_arrival", 0);
	report = run_report(image);
	is_null(report, "/1/waiters/0/waiting_seconds");
	has_waited(report, "/1/waiters/1/waiting_seconds");
	json_object_put(report);
	image_set(image, w.told.task, "task_struct", "tasks.next", 0x10);
	report = run_report(image);
	is_null(report, "/1/waiters/1/waiting_seconds");
	json_object_put(report);
}
END_TEST

/* Who waits for a lock of one of these is blocked behind it, and the balance of all tasks in D says so. */
START_TEST(a_task_behind_one_that_waits)
{
	struct extra_waiters w;
	struct json_object *report;
	uint64_t rwsem;

	extra_mount(&scene);
	w = extra_waiters(&scene);
	rwsem = image_at(image, w.inode, "inode", "i_rwsem");
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/behind", 1);
	is_number(report, "/1/behind/0/pid", w.blocked.pid);
	is_number(report, "/1/behind/0/owner/pid", w.fsync.pid);
	is_string(report, "/1/behind/0/lock_kind", "rwsem");
	is_address(report, "/1/behind/0/lock", rwsem);
	ck_assert_ptr_nonnull(strstr(json_object_to_json_string(report), "of ext4 on nbd3"));
	is_number(report, "/0/tasks_in_d/total", 5);
	is_number(report, "/0/tasks_in_d/explained", 5);
	is_number(report, "/0/tasks_in_d/devices/0/tasks", 5);
	json_object_put(report);
	/* Readers hold it: who, the kernel does not keep. */
	image_set(image, rwsem, "rw_semaphore", "owner", w.fsync.task | 1);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/behind", 0);
	is_number(report, "/0/tasks_in_d/explained", 4);
	is_number(report, "/0/tasks_in_d/rest/0/pid", w.blocked.pid);
	json_object_put(report);
	/* The last of them is still inside a call that knows the inode. */
	image_set_pointer(image, stack_word(&w.fsync, 5), 0, w.inode);
	report = run_report(image);
	has_elements(report, "/1/behind", 1);
	is_number(report, "/1/behind/0/owner/pid", w.fsync.pid);
	is_number(report, "/0/tasks_in_d/explained", 5);
	json_object_put(report);
	/* In no list, which cannot be. */
	image_set(image, w.rwsem_waiter, "rwsem_waiter", "list.next", 8);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 1);
	json_object_put(report);
}
END_TEST

/* Who waits for a transaction of a file system on the device waits for the journal's thread, which waits for the device. */
START_TEST(a_task_behind_a_journal)
{
	static const char *const queues[] = {"j_wait_done_commit.whole.head",
					     "j_wait_transaction_locked.whole.head"};
	struct extra_waiters w = extra_waiters(&scene);
	uint64_t journal = image_new(image, "journal_s"),
		 queue = image_at(image, journal, "journal_s", queues[_i]);
	uint64_t function = image_function(image, KERNEL_CODE, "jbd2_log_wait_commit", 128);
	uint64_t entry = stack_word(&w.blocked, 4);
	struct json_object *report;

	image_set(image, w.told.task, "task_struct", "flags", PF_KTHREAD);
	image_set(image, w.told.task, "task_struct", "files", 0);
	image_set(image, journal, "journal_s", "j_task", w.told.task);
	image_set(image, journal, "journal_s", "j_fs_dev", scene.disk.block_device);
	image_set_pointer(image, stack_word(&w.blocked, 1), 0,
			  image_call(image, function, 0x20, w.in_schedule - 0x30));
	image_set(image, entry, "wait_queue_entry", "private", w.blocked.task);
	image_list_init(image, queue);
	image_list_add(image, queue, image_at(image, entry, "wait_queue_entry", "entry"));
	report = run_report(image);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/behind", 1);
	is_number(report, "/1/behind/0/pid", w.blocked.pid);
	is_number(report, "/1/behind/0/owner/pid", w.told.pid);
	is_string(report, "/1/behind/0/lock_kind", "journal");
	is_string(report, "/1/behind/0/lock_of", "nbd3");
	is_number(report, "/0/tasks_in_d/explained", 5);
	json_object_put(report);
	/* No thread of the kernel's is the journal's: it is none. */
	image_set(image, journal, "journal_s", "j_task", w.fsync.task);
	report = run_report(image);
	has_elements(report, "/0/unreadable", 1);
	has_elements(report, "/1/behind", 0);
	json_object_put(report);
}
END_TEST

/* What is stacked on a device that has requests leads to it. */
START_TEST(a_task_that_waits_for_what_is_stacked)
{
	struct extra_stack stack = extra_stacked(&scene);
	struct extra_waiters w = extra_waiters(&scene);
	uint64_t sp = image_get(image, w.holder.task, "task_struct", "thread.sp");
	struct json_object *report;

	/* The word that was nbd3's gendisk. */
	image_set_pointer(image, sp + image_sizeof(image, "inactive_task_frame"), 2,
			  stack.md.gendisk);
	report = run_report(image);
	is_number(report, "/1/waiters/1/pid", w.holder.pid);
	is_address(report, "/1/waiters/1/object", stack.md.gendisk);
	is_string(report, "/1/waiters/1/above", "md1");
	is_null(report, "/1/waiters/0/above");
	json_object_put(report);
	/* Nothing of nbd's is waited for. */
	image_set_pointer(image, scene.rqs, SCENE_TAG, 0);
	report = run_report(image);
	has_elements(report, "/1/requests", 0);
	has_elements(report, "/1/waiters", 1);
	json_object_put(report);
}
END_TEST

/* The same report, whichever way the layouts came. */
START_TEST(layouts_from_btf)
{
	struct json_object *from_debuginfo = run_report(image), *from_btf, *one, *other;

	extra_btf(&scene);
	from_btf = run_report(image);
	is_string(from_btf, "/0/layout_source", "btf");
	json_pointer_get(from_debuginfo, "/1", &one);
	json_pointer_get(from_btf, "/1", &other);
	ck_assert_str_eq(json_object_to_json_string(one), json_object_to_json_string(other));
	json_object_put(from_debuginfo);
	json_object_put(from_btf);
}
END_TEST

/* The structures, by what their names begin with, that gdb may be asked about, which takes long. */
static const char *of_gdb[2];

static bool is_of_gdb(const char *type, const char *member)
{
	(void)member;
	for (size_t i = 0; i < sizeof(of_gdb) / sizeof(of_gdb[0]); i++) {
		if (of_gdb[i] && !strncmp(type, of_gdb[i], strlen(of_gdb[i])))
			return true;
	}
	ck_abort_msg("gdb was asked about %s", type);
}

/* The report by a vmlinux with these types must be what gdb's knowledge made of the same image; gdb is asked about nbd's
 * structures and about other ones. */
static void same_by_vmlinux(struct btf *btf, const char *others)
{
	char path[] = "/tmp/vmlinux-XXXXXX";
	int fd = mkstemp(path);
	struct json_object *by_gdb = run_report(image), *by_vmlinux;

	ck_assert_int_ge(fd, 0);
	extra_vmlinux(fd, btf);
	close(fd);
	of_gdb[0] = "nbd_";
	of_gdb[1] = others;
	crash_vmlinux(path);
	crash_filter_layouts(is_of_gdb);
	by_vmlinux = run_report(image);
	crash_filter_layouts(NULL);
	crash_vmlinux(NULL);
	unlink(path);
	ck_assert_msg(
		!strcmp(json_object_to_json_string(by_gdb), json_object_to_json_string(by_vmlinux)),
		"another report");
	json_object_put(by_vmlinux);
	json_object_put(by_gdb);
}

START_TEST(layouts_from_vmlinux)
{
	struct btf *btf = extra_btf_all(image, NULL);

	same_by_vmlinux(btf, NULL);
	/* Of two structures with one name BTF does not tell which one is meant. */
	btf__add_struct(btf, "task_struct", 8);
	same_by_vmlinux(btf, "task_struct");
	btf__free(btf);
	/* AF_UNIX may be a module, which then has the structures of its own sockets. */
	btf = extra_btf_all(image, "unix_s");
	same_by_vmlinux(btf, "unix_s");
	btf__free(btf);
}
END_TEST

/* nbd's layouts need the kernel's own types, too: the image's where vmlinux has others. */
START_TEST(layouts_from_btf_of_another_vmlinux)
{
	struct btf *btf;

	extra_btf(&scene);
	btf = extra_btf_all(image, NULL);
	same_by_vmlinux(btf, NULL);
	btf__free(btf);
}
END_TEST

/* Damaged types: a union has itself as a member, and that many times. */
START_TEST(types_of_btf_within_themselves)
{
	struct btf *kernel = extra_btf_kernel(), *module = btf__new_empty_split(kernel);
	int inner = btf__add_union(module, "", 8);
	const void *kernel_bytes, *bytes;
	__u32 kernel_size, size;
	struct btf_types *kernel_types, *types;
	size_t member_size;

	for (int i = 0; i < 64; i++)
		btf__add_field(module, "", inner, 0, 0);
	btf__add_struct(module, "nbd_device", 8);
	btf__add_field(module, "", inner, 0, 0);
	kernel_bytes = btf__raw_data(kernel, &kernel_size);
	bytes = btf__raw_data(module, &size);
	kernel_types = btf_types_parse(kernel_bytes, kernel_size);
	types = btf_types_of_module(kernel_types, bytes, size);
	ck_assert_int_eq(btf_types_size(types, "nbd_device"), 8);
	ck_assert_int_eq(btf_types_member(types, "nbd_device", "index", &member_size), -1);
	btf_types_free(types);
	btf_types_free(kernel_types);
	btf__free(module);
	btf__free(kernel);
}
END_TEST

/* A header one byte longer, as a damaged image may have it, would have all types lie at odd addresses. */
START_TEST(types_of_btf_at_odd_addresses)
{
	struct btf *kernel = extra_btf_kernel(), *module = extra_btf_module(&scene, kernel);
	__u32 kernel_size, size;
	const void *kernel_bytes = btf__raw_data(kernel, &kernel_size);
	const uint8_t *bytes = btf__raw_data(module, &size);
	struct btf_header *longer = calloc(1, size + 1);
	struct btf_types *kernel_types = btf_types_parse(kernel_bytes, kernel_size);
	struct btf_types *types = btf_types_of_module(kernel_types, bytes, size);

	ck_assert_int_gt(btf_types_size(types, "nbd_device"), 0);
	btf_types_free(types);
	memcpy(longer, bytes, sizeof(*longer));
	memcpy((uint8_t *)longer + sizeof(*longer) + 1, bytes + sizeof(*longer),
	       size - sizeof(*longer));
	longer->hdr_len++;
	ck_assert_ptr_null(btf_types_of_module(kernel_types, longer, size + 1));
	btf_types_free(kernel_types);
	free(longer);
	btf__free(module);
	btf__free(kernel);
}
END_TEST

/* ORC tables tell which words are return addresses: one left over from an earlier call is none. */
START_TEST(what_is_left_over_on_a_stack)
{
	struct extra_waiters w = extra_waiters(&scene);
	struct json_object *report;

	image_set_pointer(image, stack_word(&w.ioctl, 0), 0,
			  image_get(image, stack_word(&w.fsync, 1), "list_head", "next"));
	report = run_report(image);
	is_number(report, "/1/waiters/0/pid", w.ioctl.pid);
	is_string(report, "/1/waiters/0/blocked_in", "ioctl");
	json_object_put(report);
}
END_TEST

TCase *extras_case(void)
{
	TCase *tc = tcase_create("extras");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mount_swap_and_stacked_device);
	tcase_add_test(tc, a_stack_of_devices);
	tcase_add_test(tc, a_stack_without_an_end);
	tcase_add_test(tc, a_loop_device_on_a_file);
	tcase_add_test(tc, mounts_of_one_file_system);
	tcase_add_test(tc, no_mount_left);
	tcase_add_test(tc, references_that_are_no_fds);
	tcase_add_loop_test(tc, rings_that_keep_files_in_messages, 0, 2);
	tcase_add_test(tc, who_can_receive_a_message);
	tcase_add_test(tc, a_ring_that_was_passed_on);
	tcase_add_test(tc, rings_are_looked_for_until_nothing_is_missing);
	tcase_add_loop_test(tc, only_what_is_asked_about_is_looked_for, 0, 3);
	tcase_add_test(tc, tcp_over_loopback);
	tcase_add_test(tc, the_module_tells_how_it_behaves);
	tcase_add_test(tc, tasks_that_wait);
	tcase_add_test(tc, how_long_a_task_waits_is_not_known);
	tcase_add_test(tc, a_task_behind_one_that_waits);
	tcase_add_loop_test(tc, a_task_behind_a_journal, 0, 2);
	tcase_add_test(tc, a_task_that_waits_for_what_is_stacked);
	tcase_add_test(tc, layouts_from_btf);
	tcase_add_test(tc, layouts_from_vmlinux);
	tcase_add_test(tc, layouts_from_btf_of_another_vmlinux);
	tcase_add_test(tc, types_of_btf_within_themselves);
	tcase_add_test(tc, types_of_btf_at_odd_addresses);
	tcase_add_test(tc, what_is_left_over_on_a_stack);
	return tc;
}
