// SPDX-License-Identifier: GPL-2.0-or-later
/* What a long search shows on a terminal. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/progress.h"
#include "collect/file_owner.h"
#include "collect/task_list.h"
#include "image_tests.h"
#include "run.h"
#include "scene.h"

#define THREADS 4711

static struct layout *layout;
static struct image *image;
static struct scene scene;
/* The stream keeps these up to date until it is closed. */
static FILE *terminal;
static char *shown;
static size_t size;

static void setup(void)
{
	layout = layout_load(LAYOUTS, "6.1");
	image = image_create(layout);
	scene = scene_build(image);
	terminal = open_memstream(&shown, &size);
}

static void teardown(void)
{
	run_close();
	fclose(terminal);
	free(shown);
	image_free(image);
	layout_free(layout);
}

static const char *line(void)
{
	fflush(terminal);
	return shown;
}

static void collect(struct task_list *tasks)
{
	run_open(image);
	progress_begin(terminal, 0);
	task_list_collect(tasks);
}

START_TEST(tasks_are_counted_against_the_kernels_own_count)
{
	struct task_list tasks;
	uint64_t count = image_variable(image, "nr_threads", "int");

	image_write(image, count, &(uint32_t){THREADS}, sizeof(uint32_t));
	collect(&tasks);
	ck_assert_str_eq(line(), "\rreading tasks: 0 of 4711");
}
END_TEST

START_TEST(where_there_is_none_they_are_only_counted)
{
	struct task_list tasks;

	collect(&tasks);
	ck_assert_str_eq(line(), "\rreading tasks: 0");
}
END_TEST

/* Longer than a line is left as it is. */
#define A_WHILE_US 250000

static const struct file_table *last_visited;

static bool visit(void *total, struct file_table *table, uint32_t fd, uint64_t file)
{
	(void)fd;
	*(size_t *)total += file != 0;
	if (table != last_visited)
		usleep(A_WHILE_US);
	last_visited = table;
	return true;
}

/* By fds, not by tables, of which one may have as many as all others together. */
START_TEST(a_search_of_tables_is_counted_in_fds)
{
	struct task_list tasks;
	struct scan_stats stats;
	size_t files = 0, done, total;

	collect(&tasks);
	progress_begin(terminal, 0);
	file_tables_walk(&tasks, NULL, &stats, visit, &files);
	ck_assert_int_eq(
		sscanf(strstr(line(), "searching"), "searching fds: %zu of %zu", &done, &total), 2);
	ck_assert_uint_eq(done, 0);
	ck_assert_uint_ge(total, files);
	/* The last of several tables, which have 64 each. */
	ck_assert_int_eq(
		sscanf(strrchr(line(), '\r'), "\rsearching fds: %zu of %zu", &done, &total), 2);
	ck_assert_uint_gt(total, 64);
	ck_assert_uint_eq(done, total - 64);
}
END_TEST

TCase *progress_case(void)
{
	TCase *tc = tcase_create("progress");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, tasks_are_counted_against_the_kernels_own_count);
	tcase_add_test(tc, where_there_is_none_they_are_only_counted);
	tcase_add_test(tc, a_search_of_tables_is_counted_in_fds);
	return tc;
}
