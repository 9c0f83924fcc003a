// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every name in the table kernel_members.def is needed by some kernel here: a name that crash does not
 * tell is as good as not in the table, and then the report of at least one kernel is another than
 * test_generations.c wants it. A name that some kernels here lack can so not be removed unnoticed; one that all of
 * them have is held by test_scene.c and test_extras.c, too.
 */
#include <stdio.h>
#include <stdlib.h>

#include "generations.h"
#include "image_tests.h"
#include "run.h"
#include "standin.h"

#define MAX_NAMES 1024

struct name {
	char type[LAYOUT_NAME], member[LAYOUT_NAME];
};

/* All names that were looked up so far, each once; and the one that is hidden. */
static struct name names[MAX_NAMES];
static size_t n_names;
static const struct name *hidden;

/* What has no part in any report. */
static const struct {
	struct name name;
	const char *why;
} unused[] = {
	{{"nbd_device", "list"},
	 "only computed layouts are tried by it: tests/unit/test_computed.c"},
	{{"nbd_device", "destroy_complete"}, "the same"},
	{{"xa_node", "count"}, "contradicts damage: test_damage.c"},
	{{"radix_tree_node", "count"}, "the same"},
	{{"blk_mq_tag_set", "queue_depth"}, "the same"},
	{{"request_queue", "nr_hw_queues"}, "the same"},
	{{"request_queue", "tag_set"}, "the same"},
	{{"sock", "sk_protocol"}, "tells MPTCP from TCP: test_sockets.c"},
	{{"files_struct", "count"}, "tells whether more tasks are to be looked at: test_queries.c"},
	{{"task_struct", "io_uring"}, "tells where to look for rings: test_extras.c"},
	{{"journal_s", ""}, "who waits for a journal: test_extras.c"},
	{{"journal_s", "j_wait_transaction_locked"}, "the same"},
	{{"journal_s", "j_wait_done_commit"}, "the same"},
	{{"journal_s", "j_fs_dev"}, "the same"},
	{{"journal_s", "j_task"}, "the same"},
	{{"io_ring_ctx", "ring_sock"}, "of what may be missing: test_extras.c"},
	{{"nbd_sock", "pending"}, "tells who sends: test_senders.c"},
	{{"tcp_sock", "snd_wnd"}, "told of a sender to a TCP server: real vmcores, the play stuck"},
	{{"signal_struct", "sum_sched_runtime"}, "tells who is inside a system call: test_calls.c"},
	{{"pt_regs", ""}, "the same"},
	{{"pt_regs", "orig_ax"}, "the same"},
	{{"pt_regs", "di"}, "the same"},
	{{"pt_regs", "si"}, "the same"},
	{{"pt_regs", "dx"}, "the same"},
	{{"pt_regs", "cs"}, "the same"},
	{{"pt_regs", "ss"}, "the same"},
	{{"poll_table_entry", ""}, "the same"},
	{{"poll_table_entry", "filp"}, "the same"},
	{{"poll_table_entry", "wait"}, "the same"},
	{{"poll_wqueues", ""}, "the same"},
	{{"poll_wqueues", "polling_task"}, "the same"},
	{{"socket_wq", ""}, "the same"},
	{{"socket_wq", "wait"}, "the same"},
	{{"sock", "sk_wq"}, "the same"},
	{{"wait_queue_entry", "func"}, "the same"},
	{{"sbitmap_queue", "ws_active"}, "saves reads, and nothing else"},
	{{"timer_list", ""}, "of who waits for a reconnect: real vmcores, the play stuck"},
	{{"timer_list", "expires"}, "the same"},
	{{"timer_list", "function"}, "the same"},
	{{"module", "sect_attrs"}, "of debuginfo that mod -s has loaded: test_debuginfo.c"},
	{{"module", "kallsyms"}, "tells a crash that has no modules: test_modules.c"},
	{{"module_layout", "text_size"}, "the same"},
	{{"mod_kallsyms", ""}, "the same"},
	{{"mod_kallsyms", "symtab"}, "the same"},
	{{"mod_kallsyms", "num_symtab"}, "the same"},
	{{"mod_kallsyms", "strtab"}, "the same"},
	{{"mod_kallsyms", "typetab"}, "the same"},
	{{"super_block", "s_umount"}, "names a lock: no play has one who waits for it"},
	{{"pt_regs", "syscallno"}, "arm64: test_arm64.c"},
	{{"pt_regs", "orig_x0"}, "the same"},
	{{"pt_regs", "regs"}, "the same"},
	{{"thread_struct", "cpu_context"}, "the same"},
	{{"cpu_context", ""}, "the same"},
	{{"module", "arch"}, "stacks through a module are unwound in real vmcores"},
	{{"mod_arch_specific", ""}, "the same"},
	{{"mod_arch_specific", "num_orcs"}, "the same"},
	{{"mod_arch_specific", "orc_unwind_ip"}, "the same"},
	{{"mod_arch_specific", "orc_unwind"}, "the same"},
};

static bool is(const struct name *name, const char *type, const char *member)
{
	return !strcmp(name->type, type) && !strcmp(name->member, member ? member : "");
}

static bool collect(const char *type, const char *member)
{
	struct name *name;

	for (size_t i = 0; i < n_names; i++) {
		if (is(&names[i], type, member))
			return true;
	}
	ck_assert_uint_lt(n_names, MAX_NAMES);
	name = &names[n_names++];
	snprintf(name->type, sizeof(name->type), "%s", type);
	snprintf(name->member, sizeof(name->member), "%s", member ? member : "");
	return true;
}

static bool hide(const char *type, const char *member)
{
	return !is(hidden, type, member);
}

/* A kernel with what it reports when nothing is hidden. */
static struct kernel_image {
	const struct generation *g;
	struct layout *layout;
	struct image *image;
	struct json_object *report;
} * kernels;

static void setup(void)
{
	kernels = calloc(n_generations, sizeof(*kernels));
	crash_filter_layouts(collect);
	for (size_t i = 0; i < n_generations; i++) {
		struct kernel_image *k = &kernels[i];

		k->g = &generations[i];
		k->layout = layout_load(LAYOUTS, k->g->layout);
		k->image = generation_build(k->layout, k->g, NULL);
		k->report = run_report(k->image);
	}
}

static void teardown(void)
{
	crash_filter_layouts(NULL);
	for (size_t i = 0; i < n_generations; i++) {
		json_object_put(kernels[i].report);
		image_free(kernels[i].image);
		layout_free(kernels[i].layout);
	}
	free(kernels);
}

static bool has(const struct kernel_image *k, const struct name *name)
{
	return image_has(k->image, name->type, *name->member ? name->member : NULL);
}

/* What test_generations.c would see. */
static bool is_missed(const struct kernel_image *k)
{
	char *output = run(k->image, "nbd -a -j"), *text = NULL;
	bool missed = *output != '{';

	if (!missed) {
		struct json_object *report = json_lines(output);

		text = reports_differ(report, k->report, k->g->other);
		missed = text != NULL;
		json_object_put(report);
	}
	free(text);
	free(output);
	return missed;
}

static bool is_unused(const struct name *name)
{
	for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++) {
		if (is(name, unused[i].name.type, unused[i].name.member))
			return true;
	}
	return false;
}

START_TEST(every_name_is_missed_by_some_kernel)
{
	size_t needless = 0;

	crash_filter_layouts(hide);
	for (size_t n = 0; n < n_names; n++) {
		bool missed = false;

		hidden = &names[n];
		for (size_t i = 0; i < n_generations && !missed; i++)
			missed = has(&kernels[i], hidden) && is_missed(&kernels[i]);
		if (missed == is_unused(hidden)) {
			fprintf(stderr, "%s.%s: %s\n", hidden->type, hidden->member,
				missed ? "is used" : "no kernel here misses it");
			needless++;
		}
	}
	ck_assert_uint_gt(n_names, 100);
	ck_assert_uint_eq(needless, 0);
}
END_TEST

TCase *alternatives_case(void)
{
	TCase *tc = tcase_create("alternatives");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_name_is_missed_by_some_kernel);
	return tc;
}
