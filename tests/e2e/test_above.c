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

TCase *above_case(void)
{
	TCase *c = tcase_create("above");

	tcase_set_timeout(c, 60);
	if (at(truth(), "/mounts"))
		tcase_add_loop_test(c, mounts, 0, (int)scene_count());
	if (scene("umount-lazy"))
		tcase_add_test(c, lazily_unmounted);
	if (scene("mount-namespace"))
		tcase_add_test(c, mounted_elsewhere);
	return c;
}
