// SPDX-License-Identifier: GPL-2.0-or-later
/* The same scene in the structures of many kernels: each report is the one of 6.1. */
#include <stdio.h>
#include <stdlib.h>

#include "generations.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

static struct json_object *report_of(const struct generation *g)
{
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct image *image = generation_build(layout, g, NULL);
	struct json_object *report = run_report(image);

	image_free(image);
	layout_free(layout);
	return report;
}

/* "file.f_ref", or a structure. */
static bool has(const struct layout *layout, const char *name)
{
	char type[LAYOUT_NAME];
	size_t offset, len = strcspn(name, ".");

	snprintf(type, sizeof(type), "%.*s", (int)len, name);
	return name[len] ? layout_member(layout, type, name + len + 1, &offset, NULL)
			 : layout_size(layout, type) > 0;
}

START_TEST(a_kernel_has_what_tells_it_from_others)
{
	const struct generation *g = &generations[_i];
	struct layout *layout = layout_load(LAYOUTS, g->layout);

	for (size_t i = 0; i < MAX_ALTERNATIVES; i++) {
		ck_assert_msg(!g->has[i] || has(layout, g->has[i]), "%s lacks %s", g->layout,
			      g->has[i]);
		ck_assert_msg(!g->lacks[i] || !has(layout, g->lacks[i]), "%s has %s", g->layout,
			      g->lacks[i]);
	}
	layout_free(layout);
}
END_TEST

START_TEST(the_scene_is_told)
{
	const struct generation *g = &generations[_i];
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct scene scene;
	struct image *image = generation_build(layout, g, &scene);
	struct json_object *report = run_report(image);

	is_string(report, "/0/layout_source", g->source);
	has_elements(report, "/0/unreadable", 0);
	has_elements(report, "/1/unreadable", 0);
	is_address(report, "/1/nbd_device", scene.nbd_device);
	is_address(report, "/1/config", scene.config);
	is_address(report, "/1/gendisk", scene.disk.gendisk);
	is_number(report, "/1/block_size", 4096);
	is_number(report, "/1/capacity_bytes", 16384 * 512);
	has_elements(report, "/1/connections", 3);
	for (int i = 0; i < 2; i++) {
		struct json_object *conn;

		ck_assert(!json_pointer_getf(report, &conn, "/1/connections/%d", i));
		is_address(conn, "/socket", scene.ends[i].socket);
		is_string(conn, "/peer/path", SCENE_PATH);
		is_string(conn, "/peer/status", i ? "closed" : "open");
		is_number(conn, "/owners/0/pid", scene.client.pid);
		is_number(conn, "/peer/listener_pid", scene.server.pid);
	}
	is_number(report, "/1/connections/0/file_refs", 3);
	is_number(report, "/1/connections/0/file_refs_explained", 3);
	is_string(report, "/1/connections/2/peer/status", "open");
	is_number(report, "/1/recv_task/pid", scene.client.pid);
	is_address(report, "/1/requests/0/request", scene.request);
	is_number(report, "/1/openers_found", 5);
	has_elements(report, "/1/waiters", 4);
	json_object_put(report);
	image_free(image);
	layout_free(layout);
}
END_TEST

START_TEST(the_report_is_that_of_6_1)
{
	const struct generation *g = &generations[_i];
	struct json_object *one = report_of(&generations[0]), *other = report_of(g);
	char *text = reports_differ(one, other, g->other);

	ck_assert_msg(!text, "6.1 | %s: %s", g->layout, text);
	json_object_put(one);
	json_object_put(other);
}
END_TEST

START_TEST(bit_7_of_runtime_flags_has_its_name)
{
	const struct generation *g = &generations[_i];
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct scene scene;
	struct image *image = generation_build(layout, g, &scene);
	struct json_object *report;

	report = run_report(image);
	has_elements(report, "/1/runtime_flags/names", 2);
	is_string(report, "/1/runtime_flags/names/1", g->bit_7);
	json_object_put(report);
	image_free(image);
	layout_free(layout);
}
END_TEST

START_TEST(before_there_was_a_config)
{
	const struct generation *g = &generations[n_with_config + (size_t)_i];
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct scene scene;
	struct image *image = generation_build(layout, g, &scene);
	struct json_object *report = run_report(image), *dev;
	size_t last = json_object_array_length(report) - 1;
	bool one = layout_size(layout, "nbd_sock") == 0;
	char *output;

	ck_assert_uint_eq(last, one ? SCENE_INDEX + 1 : 1);
	has_elements(report, "/0/unreadable", one ? 2 : 1);
	is_number(report, "/0/tasks_walked", one ? 9 : 14);
	is_number(report, "/0/tasks_unreadable", 0);
	dev = json_object_array_get_idx(report, last);
	has_elements(dev, "/unreadable", 0);
	is_string(dev, "/name", "nbd3");
	is_address(dev, "/nbd_device", scene.nbd_device);
	is_address(dev, "/config", scene.nbd_device);
	is_number(dev, "/block_size", 4096);
	is_number(dev, "/capacity_bytes", 16384 * 512);
	is_number(dev, "/timeout_seconds", 30);
	is_number(dev, "/recv_task/pid", scene.client.pid);
	is_number(dev, "/num_connections", one ? 1 : 2);
	is_null(dev, "/live_connections");
	has_elements(dev, "/connections", one ? 1 : 2);
	is_address(dev, "/connections/0/socket", scene.ends[0].socket);
	is_null(dev, "/connections/0/dead");
	is_number(dev, "/connections/0/shutdown", 0);
	is_string(dev, "/connections/0/peer/status", "open");
	is_string(dev, "/connections/0/peer/path", SCENE_PATH);
	is_number(dev, "/connections/0/peer/listener_pid", scene.server.pid);
	is_number(dev, "/connections/0/file_refs_explained", 3);
	if (!one)
		is_string(dev, "/connections/1/peer/status", "closed");
	if (one)
		is_null(dev, "/requests");
	else
		has_elements(dev, "/requests", 1);
	is_number(dev, "/openers_found", 5);
	has_elements(dev, "/findings", 0);
	is_null(dev, "/attach/set_sock/result");
	is_null(dev, "/freed_when");
	if (last > 1)
		is_null(json_object_array_get_idx(report, 1), "/config");
	json_object_put(report);
	output = run(image, "nbd -d nbd3 -v");
	ck_assert_ptr_nonnull(strstr(output, "not judged"));
	ck_assert_ptr_nonnull(strstr(output, "nbd-client (4200) fd 4"));
	ck_assert_ptr_null(strstr(output, "gives up the connection"));
	free(output);
	image_free(image);
	layout_free(layout);
}
END_TEST

/* The closed peer of 3.10, whose sk_shutdown is two bits and whose flags are the sock's own. */
START_TEST(a_closed_peer_in_bit_fields)
{
	const struct generation *g = &generations[n_generations - 1];
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct scene scene;
	struct image *image = generation_build(layout, g, &scene);
	char *output = run(image, "unix_peer -j %lx", scene.ends[1].socket);
	struct json_object *lines = json_lines(output);

	is_number(lines, "/0/shutdown", 3);
	is_string(lines, "/0/peer/status", "closed");
	json_object_put(lines);
	free(output);
	image_free(image);
	layout_free(layout);
}
END_TEST

/* Neither BTF nor an order of members is known of nbd before 4.12. */
START_TEST(before_there_was_a_config_debuginfo_is_asked_for)
{
	const struct generation *g = &generations[n_with_config + (size_t)_i];
	struct layout *layout = layout_load(LAYOUTS, g->layout);
	struct image *image = generation_build(layout, g, NULL);
	char *output;

	image_without_nbd_debuginfo(image);
	output = run(image, "nbd");
	ck_assert_ptr_nonnull(strstr(output, "Try: mod -s nbd PATH/nbd.ko.debug"));
	free(output);
	image_free(image);
	layout_free(layout);
}
END_TEST

TCase *generations_case(void)
{
	TCase *tc = tcase_create("generations");
	int n = (int)n_with_config;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_kernel_has_what_tells_it_from_others, 0, (int)n_generations);
	tcase_add_loop_test(tc, before_there_was_a_config, 0, (int)n_generations - n);
	tcase_add_loop_test(tc, before_there_was_a_config_debuginfo_is_asked_for, 0,
			    (int)n_generations - n);
	tcase_add_test(tc, a_closed_peer_in_bit_fields);
	tcase_add_loop_test(tc, the_scene_is_told, 0, n);
	tcase_add_loop_test(tc, the_report_is_that_of_6_1, 0, n);
	tcase_add_loop_test(tc, bit_7_of_runtime_flags_has_its_name, 0, n);
	return tc;
}
