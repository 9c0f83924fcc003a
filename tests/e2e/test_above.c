// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands on the devices, against the guest's record: mounts in all mount namespaces, and who keeps the lazily unmounted. */
#include <string.h>

#include "e2e.h"

static bool has_pid(json *pids, int64_t pid)
{
	for (size_t i = 0; i < json_object_array_length(pids); i++) {
		if (json_object_get_int64(json_object_array_get_idx(pids, i)) == pid)
			return true;
	}
	return false;
}

/* The mount point in a line of /proc/PID/mountinfo whose source is this device; false for another line. */
static bool is_mount_of(const char *line, const char *nbd, char point[256])
{
	char source[64];
	const char *rest = strstr(line, " - ");

	return rest && sscanf(line, "%*d %*d %*s %*s %255s", point) == 1 &&
	       sscanf(rest, " - %*s /dev/%63s", source) == 1 && !strcmp(source, nbd);
}

/* The opener of the device that is this mount; NULL when it was not found. */
static json *mount_opener(json *dev, const char *point, int64_t namespace)
{
	for (size_t i = 0; i < length_at(dev, "/openers"); i++) {
		json *o = at(dev, "/openers/%zu", i);

		if (at(o, "/mount/point") && !strcmp(string_at(o, "/mount/point"), point) &&
		    int_at(o, "/mount/namespace") == namespace)
			return o;
	}
	return NULL;
}

static size_t mounts_found(json *dev)
{
	size_t n = 0;

	for (size_t i = 0; i < length_at(dev, "/openers"); i++)
		n += at(dev, "/openers/%zu/mount/point", i) != NULL;
	return n;
}

/* Every mount that /proc/PID/mountinfo had, in each namespace, and none besides; and somebody who lives there. */
START_TEST(mounts)
{
	json *facts = scene(scene_name((size_t)_i)), *dev = scene_device(scene_name((size_t)_i));
	json *namespaces = at(truth(), "/mounts");
	size_t expected = 0;

	for (size_t n = 0; n < json_object_array_length(namespaces); n++) {
		json *namespace = json_object_array_get_idx(namespaces, n);
		json *tgids = at(namespace, "/tgids");
		bool elsewhere = !has_pid(tgids, 1);

		for (size_t m = 0; m < length_at(namespace, "/mountinfo"); m++) {
			char point[256];
			json *o;

			if (!is_mount_of(string_at(namespace, "/mountinfo/%zu", m),
					 string_at(facts, "/device"), point))
				continue;
			expected++;
			o = mount_opener(dev, point, int_at(namespace, "/namespace"));
			ck_assert_msg(o != NULL, "%s: %s is missing", scene_name((size_t)_i),
				      point);
			ck_assert_str_eq(string_at(o, "/kind"), "mount");
			ck_assert(!json_object_get_boolean(at(o, "/mount/detached")));
			ck_assert_int_eq(json_object_get_boolean(at(o, "/mount/elsewhere")),
					 elsewhere);
			ck_assert(!elsewhere ||
				  has_pid(tgids, int_at(o, "/mount/inhabitant/tgid")));
		}
	}
	ck_assert_uint_eq(mounts_found(dev), expected);
}
END_TEST

/* It is in use, and nothing is to be unmounted: who has the file open is named. */
START_TEST(lazily_unmounted)
{
	json *facts = scene("umount-lazy"), *dev = scene_device("umount-lazy");

	ck_assert_uint_eq(length_at(dev, "/openers"), 1);
	ck_assert_str_eq(string_at(dev, "/openers/0/kind"), "detached-mount");
	ck_assert(json_object_get_boolean(at(dev, "/openers/0/mount/detached")));
	ck_assert_uint_eq(length_at(dev, "/openers/0/mount/kept_by"), 1);
	ck_assert_int_eq(int_at(dev, "/openers/0/mount/kept_by/0/pid"),
			 int_at(facts, "/keeper_pid"));
	ck_assert_str_eq(string_at(dev, "/openers/0/mount/kept_by/0/by"), "fd 9");
	ck_has_not(string_at(dev, "/freed_when"), "is unmounted");
	ck_has(string_at(dev, "/freed_when"), "unmounted lazily");
}
END_TEST

/* The bind mount of another namespace, and how to get there. */
START_TEST(mounted_elsewhere)
{
	char text[128];
	json *facts = scene("mount-namespace");

	snprintf(text, sizeof(text),
		 "ext4 on /mnt/pod (nbd45) in the mount namespace of sleep (%d): nsenter -t %d -m",
		 (int)int_at(facts, "/pod_pid"), (int)int_at(facts, "/pod_pid"));
	ck_has(string_at(scene_device("mount-namespace"), "/freed_when"), text);
}
END_TEST

/* True when the array has this string. */
static bool has_name(json *names, const char *name)
{
	for (size_t i = 0; names && i < json_object_array_length(names); i++) {
		if (!strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name))
			return true;
	}
	return false;
}

/* The level of the device's stack that has this name; NULL when there is none. */
static json *level(json *dev, const char *name)
{
	for (size_t i = 0; i < length_at(dev, "/above"); i++) {
		if (!strcmp(string_at(dev, "/above/%zu/name", i), name))
			return at(dev, "/above/%zu", i);
	}
	return NULL;
}

/* Of the guest's dm and md devices all that stand on the device, and no others, with device mapper's names. */
START_TEST(stacked_devices)
{
	json *facts = scene(scene_name((size_t)_i)), *dev = scene_device(scene_name((size_t)_i));
	size_t expected = 0, found = 0;

	json_object_object_foreach(at(truth(), "/stacked"), name, facts_of)
	{
		json *l;

		if (!has_name(at(facts_of, "/slaves"), string_at(facts, "/device")))
			continue;
		expected++;
		l = level(dev, name);
		ck_assert_msg(l != NULL, "%s is missing on %s", name, string_at(facts, "/device"));
		ck_assert_int_eq(int_at(l, "/depth"), 1);
		ck_assert_str_eq(string_at(l, "/on"), string_at(facts, "/device"));
		if (at(facts_of, "/dm_name") && !keeps_variables())
			ck_assert_ptr_null(at(l, "/dm_name"));
		else if (at(facts_of, "/dm_name"))
			ck_assert_str_eq(string_at(l, "/dm_name"), string_at(facts_of, "/dm_name"));
		else
			ck_assert_ptr_null(at(l, "/dm_name"));
		ck_assert_int_eq(int_at(l, "/openers_found"), int_at(l, "/openers_expected"));
	}
	for (size_t i = 0; i < length_at(dev, "/above"); i++)
		found += strncmp(string_at(dev, "/above/%zu/name", i), "loop", 4) != 0;
	ck_assert_uint_eq(found, expected);
}
END_TEST

/* What has the device open is to be taken down, and nothing is where nobody has. */
START_TEST(taken_down)
{
	json *dev = scene_device(scene_name((size_t)_i));

	ck_assert_int_eq(length_at(dev, "/take_down") > 0,
			 length_at(dev, "/openers") + length_at(dev, "/above") > 0);
	for (size_t i = 0; i < length_at(dev, "/take_down"); i++)
		ck_assert_str_ne(string_at(dev, "/take_down/%zu/what", i), "");
}
END_TEST

/* Who is blocked behind others was in D, and waits for none of the device's own objects. */
START_TEST(behind_are_in_d)
{
	json *dev = scene_device(scene_name((size_t)_i));

	for (size_t i = 0; i < length_at(dev, "/behind"); i++) {
		int64_t tid = int_at(dev, "/behind/%zu/pid", i);

		ck_assert_int_eq(truth_state(tid), 'D');
		for (size_t w = 0; w < length_at(dev, "/waiters"); w++)
			ck_assert_int_ne(int_at(dev, "/waiters/%zu/pid", w), tid);
	}
}
END_TEST

/* From the top: the file system, then the mapping. */
START_TEST(file_system_on_a_mapping)
{
	json *facts = scene("dm-ext4"), *dev = scene_device("dm-ext4"), *l;
	char text[160];

	l = level(dev, string_at(facts, "/holder"));
	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(length_at(l, "/openers"), 1);
	ck_assert_str_eq(string_at(l, "/openers/0/kind"), "mount");
	ck_assert_str_eq(string_at(l, "/openers/0/mount/point"), string_at(facts, "/mount_point"));
	ck_assert_uint_eq(length_at(dev, "/take_down"), 2);
	snprintf(text, sizeof(text), "umount %s", string_at(facts, "/mount_point"));
	ck_assert_str_eq(string_at(dev, "/take_down/0/command"), text);
	ck_assert_str_eq(string_at(dev, "/take_down/1/command"), "dmsetup remove x-over");
	snprintf(text, sizeof(text),
		 "ext4 on %s (%s) is unmounted, and then %s \"x-over\" (on nbd36) is removed",
		 string_at(facts, "/mount_point"), string_at(facts, "/holder"),
		 string_at(facts, "/holder"));
	ck_has(string_at(dev, "/freed_when"), text);
}
END_TEST

/* Who has the mirror open is found there. */
START_TEST(opener_of_a_mirror)
{
	json *facts = scene("md-raid1"), *l = level(scene_device("md-raid1"), "md37");

	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(length_at(l, "/openers"), 1);
	ck_assert_int_eq(int_at(l, "/openers/0/task/tgid"), int_at(facts, "/io_pid"));
	ck_assert_str_eq(string_at(scene_device("md-raid1"), "/take_down/1/command"),
			 "mdadm --stop /dev/md37");
}
END_TEST

/* Who waits for what is stacked is told with that. */
START_TEST(waiters_above)
{
	static const char *const scenes[][2] = {{"dm-dd", "/reader_pid"}, {"md-raid1", "/io_tid"}};
	json *facts = scene(scenes[_i][0]), *dev = scene_device(scenes[_i][0]);

	ck_assert_uint_eq(length_at(dev, "/waiters"), 1);
	ck_assert_int_eq(int_at(dev, "/waiters/0/pid"), int_at(facts, "%s", scenes[_i][1]));
	ck_assert_str_eq(string_at(dev, "/waiters/0/above"), string_at(facts, "/holder"));
}
END_TEST

/* The lock of the directory, who has it, and all who wait for it. */
START_TEST(blocked_behind)
{
	json *facts = scene("locks"), *dev = scene_device("locks");
	json *waiters = at(facts, "/lock_waiter_pids");

	ck_assert_uint_eq(length_at(dev, "/behind"), json_object_array_length(waiters));
	for (size_t i = 0; i < length_at(dev, "/behind"); i++) {
		ck_assert(has_pid(waiters, int_at(dev, "/behind/%zu/pid", i)));
		ck_assert_int_eq(int_at(dev, "/behind/%zu/owner/pid", i),
				 int_at(facts, "/lock_owner_pid"));
		ck_assert_str_eq(string_at(dev, "/behind/%zu/lock_kind", i), "rwsem");
		/* lost+found is inode 11 of each ext4. */
		ck_assert_str_eq(string_at(dev, "/behind/%zu/lock_of", i),
				 "inode 11 of ext4 on nbd38");
	}
}
END_TEST

TCase *above_case(void)
{
	TCase *c = tcase_create("above");

	tcase_set_timeout(c, 60);
	if (at(truth(), "/mounts"))
		tcase_add_loop_test(c, mounts, 0, (int)scene_count());
	if (at(truth(), "/stacked"))
		tcase_add_loop_test(c, stacked_devices, 0, (int)scene_count());
	tcase_add_loop_test(c, taken_down, 0, (int)scene_count());
	tcase_add_loop_test(c, behind_are_in_d, 0, (int)scene_count());
	if (scene("dm-ext4"))
		tcase_add_test(c, file_system_on_a_mapping);
	if (scene("md-raid1"))
		tcase_add_test(c, opener_of_a_mirror);
	if (scene("md-raid1") && scene("dm-dd"))
		tcase_add_loop_test(c, waiters_above, 0, 2);
	if (scene("locks"))
		tcase_add_test(c, blocked_behind);
	if (scene("umount-lazy"))
		tcase_add_test(c, lazily_unmounted);
	if (scene("mount-namespace"))
		tcase_add_test(c, mounted_elsewhere);
	return c;
}
