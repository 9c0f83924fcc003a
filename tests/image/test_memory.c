// SPDX-License-Identifier: GPL-2.0-or-later
/* What is collected of a healthy connection takes the room of its structures, and no more: a device may have
 * a million of them. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/page_cache.h"
#include "collect/collect.h"
#include "image_tests.h"
#include "resolve/kernel_types.h"
#include "resolve/layout.h"
#include "run.h"
#include "scene.h"

#define FEW  2
#define MANY (FEW + 1024)
/* An array that grows by doubling leaves its shorter copies behind as long as they are short: four elements for each one at
 * most. */
#define GROWTH 4
/* The pages that socks[] lies in. */
#define LESS_THAN_A_MESSAGE 16

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

/* So many connections, which are all the scene's first one: their pages are read once. */
static void set_connections(size_t n)
{
	uint64_t socks = image_array(image, "ptr", n);

	for (size_t i = 0; i < n; i++)
		image_set_pointer(image, socks, i, scene.nbd_socks[0]);
	image_set(image, scene.config, "nbd_config", "socks", socks);
	image_set(image, scene.config, "nbd_config", "num_connections", n);
}

/* Bytes of the arena that a report takes. */
static size_t bytes_collected(size_t n)
{
	const struct report *report;
	size_t used;

	set_connections(n);
	run_open(image);
	ck_assert_ptr_null(k_init());
	ck_assert_ptr_null(k_init_nbd());
	arena_free_all();
	report = collect_report(NULL, 0);
	ck_assert_uint_eq(report->n_devices, 1);
	ck_assert_uint_eq(report->devices[0].n_conns, n);
	used = arena_used();
	arena_free_all();
	run_close();
	return used;
}

static size_t taken(size_t size)
{
	size_t align = _Alignof(max_align_t);

	return (size + align - 1) / align * align;
}

START_TEST(of_a_healthy_connection)
{
	/* name_escape() makes room for four bytes of each. */
	size_t room = 2 * taken(sizeof(struct sock_info)) + taken(4 * sizeof(SCENE_PATH)) +
		      GROWTH * (sizeof(struct connection) + sizeof(struct holder) +
				sizeof(struct sock_info *)) +
		      LESS_THAN_A_MESSAGE;
	size_t few = bytes_collected(FEW), many = bytes_collected(MANY);

	ck_assert_msg((many - few) / (MANY - FEW) <= room, "%zu bytes a connection, not %zu",
		      (many - few) / (MANY - FEW), room);
}
END_TEST

/* What AddressSanitizer tells of memory; not there in the build for coverage, which does without. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *))
	__attribute__((weak));
size_t __sanitizer_get_allocated_size(const volatile void *p) __attribute__((weak));

static size_t pages_freed, pages_freed_unprotected;

static void on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
}

static void on_free(const volatile void *p)
{
	sigset_t blocked;

	if (__sanitizer_get_allocated_size(p) != PAGE_CACHE_PAGE)
		return;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	pages_freed++;
	pages_freed_unprotected += !sigismember(&blocked, SIGINT);
}

/* The pages that were read are given back before the report is printed; and no Ctrl-C, at which crash leaves a command by longjmp,
 * finds one of them half free. */
START_TEST(of_the_pages_that_were_read)
{
	if (!__sanitizer_install_malloc_and_free_hooks)
		return;
	run_open(image);
	ck_assert_ptr_null(k_init_nbd());
	ck_assert(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free));
	collect_report(NULL, 0);
	ck_assert_uint_gt(pages_freed, 8);
	run_close();
	ck_assert_uint_eq(pages_freed_unprotected, 0);
}
END_TEST

TCase *memory_case(void)
{
	TCase *tc = tcase_create("memory");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, of_a_healthy_connection);
	tcase_add_test(tc, of_the_pages_that_were_read);
	return tc;
}
