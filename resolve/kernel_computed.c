// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/kernel_computed.h"

#include <stdio.h>
#include <string.h>

#define MAX_NAME  32
#define MAX_MARKS 2

/* Something that the module has, or does not have, if it was built with a certain order of members. */
struct mark {
	enum { FUNCTION = 1, TEXT } kind;
	bool present;
	const char *what;
};

/* The function by which sysfs shows nbd_device.backend. */
#define BACKEND                                                                                    \
	{                                                                                          \
		FUNCTION, true, "backend_show"                                                     \
	}
#define NO_BACKEND                                                                                 \
	{                                                                                          \
		FUNCTION, false, "backend_show"                                                    \
	}
/* A message that nbd_xmit_timeout() has had since it counts retries: 2da22da57348 ("nbd: fix zero cmd timeout
 * handling v2") (in v5.4). destroy_complete and flags came with the same release. */
#define RETRIES                                                                                    \
	{                                                                                          \
		TEXT, true, "Possible stuck request"                                               \
	}
#define NO_RETRIES                                                                                 \
	{                                                                                          \
		TEXT, false, "Possible stuck request"                                              \
	}

struct computed_variant {
	const char *structure;
	const char
		*members; /* "type name;" in the order of the kernel's source; "*" is a pointer */
	struct mark marks[MAX_MARKS];
};

#define DEVICE                                                                                     \
	"blk_mq_tag_set tag_set; int index; refcount_t config_refs; refcount_t refs; * config; "   \
	"mutex config_lock; * disk; "

/* drivers/block/nbd.c since v4.12; RHEL and openEuler as their releases have it. */
static const struct computed_variant variants[] = {
	/* v4.12 to v5.3, RHEL 8.0 and 8.1 */
	{"nbd_device",
	 DEVICE "list_head list; * task_recv; * task_setup;",
	 {NO_BACKEND, NO_RETRIES}},
	/* v4.19.y: e9e006f5fcf2 ("nbd: fix max number of supported devs") */
	{"nbd_device",
	 DEVICE "* recv_workq; list_head list; * task_recv; * task_setup;",
	 {NO_BACKEND, NO_RETRIES}},
	/* v5.4 to v5.13, RHEL 8.3 to 8.5 */
	{"nbd_device",
	 DEVICE "* recv_workq; list_head list; * task_recv; * task_setup; * destroy_complete; "
		"ulong flags;",
	 {NO_BACKEND, RETRIES}},
	/* v5.14, RHEL 8.6: 6497ef8df568 ("nbd: provide a way for userspace processes to identify
	 * device backends") */
	{"nbd_device",
	 DEVICE "* recv_workq; list_head list; * task_recv; * task_setup; * destroy_complete; "
		"ulong flags; * backend;",
	 {BACKEND, RETRIES}},
	/* openEuler 4.19 and 5.10: 0c98057be9ef ("nbd: Fix use-after-free in pid_show") alone */
	{"nbd_device",
	 DEVICE "* recv_workq; list_head list; * task_setup; * destroy_complete; ulong flags; "
		"pid_t pid;",
	 {NO_BACKEND}},
	/* RHEL 8.8 and 8.10: both */
	{"nbd_device",
	 DEVICE "* recv_workq; list_head list; * task_setup; * destroy_complete; ulong flags; "
		"pid_t pid; * backend;",
	 {BACKEND, RETRIES}},
	/* v5.15: 68c9417b193d ("nbd: do del_gendisk() asynchronously for NBD_DESTROY_ON_DISCONNECT") */
	{"nbd_device",
	 DEVICE "* recv_workq; work_struct remove_work; list_head list; * task_recv; * task_setup; "
		"ulong flags; * backend;",
	 {BACKEND, RETRIES}},
	/* v5.16 and later, v5.15.y, RHEL 9 and 10 */
	{"nbd_device",
	 DEVICE "* recv_workq; work_struct remove_work; list_head list; * task_setup; ulong flags; "
		"pid_t pid; * backend;",
	 {BACKEND, RETRIES}},

#define CONFIG                                                                                     \
	"u32 flags; ulong runtime_flags; u64 dead_conn_timeout; * socks; int num_connections; "    \
	"atomic_t live_connections; wait_queue_head conn_wait; atomic_t recv_threads; "            \
	"wait_queue_head recv_wq; "
	/* Without CONFIG_DEBUG_FS there is no dbg_dir, and 0 is read in its place: kzalloc() gives the config 128
	 * bytes. */
	/* v4.12 to v5.14, RHEL 8 */
	{"nbd_config", CONFIG "loff_t blksize; loff_t bytesize; * dbg_dir;", {}},
	/* v5.15 and later, RHEL 9 and 10: a shift instead of bytes */
	{"nbd_config", CONFIG "uint blksize_bits; loff_t bytesize; * dbg_dir;", {}},

	/* v4.12 and later; behind it work_struct work in v6.18, RHEL 9.6 and 10 */
	{"nbd_sock",
	 "* sock; mutex tx_lock; * pending; int sent; bool dead; int fallback_index; int cookie;",
	 {}},

	/* v4.12, v4.14 */
	{"nbd_cmd",
	 "* nbd; int index; int cookie; completion send_complete; int status;",
	 {NO_RETRIES}},
	/* v4.19, v4.14.y, RHEL 8.0 and 8.1, openEuler 4.19 */
	{"nbd_cmd",
	 "* nbd; mutex lock; int index; int cookie; u8 status; ulong flags; u32 cmd_cookie;",
	 {NO_RETRIES}},
	/* v5.4 and later, RHEL 8.3 and later, openEuler 5.10 */
	{"nbd_cmd",
	 "* nbd; mutex lock; int index; int cookie; int retries; u8 status; ulong flags; "
	 "u32 cmd_cookie;",
	 {RETRIES}},
};
#define N_VARIANTS (sizeof(variants) / sizeof(variants[0]))

static const char *const structures[COMPUTED_STRUCTS] = {"nbd_device", "nbd_config", "nbd_sock",
							 "nbd_cmd"};

/* Types whose size depends on nothing but the machine, which is of the kind that crash runs on. */
static const struct {
	const char *name;
	size_t size;
} scalars[] = {
	{"*", sizeof(void *)},
	{"ulong", sizeof(long)},
	{"u64", 8},
	{"loff_t", 8},
	{"int", 4},
	{"uint", 4},
	{"u32", 4},
	{"pid_t", 4},
	{"atomic_t", 4},
	{"refcount_t", 4},
	{"bool", 1},
	{"u8", 1},
};
#define N_SCALARS (sizeof(scalars) / sizeof(scalars[0]))

/* Size and alignment of a type; false when the kernel does not know it. */
static bool type_size(const struct computed_image *image, const char *type, size_t *size,
		      size_t *align)
{
	long bytes;

	for (size_t i = 0; i < N_SCALARS; i++) {
		if (!strcmp(scalars[i].name, type)) {
			*size = *align = scalars[i].size;
			return true;
		}
	}
	bytes = image->size_of(type);
	/* That was its name until v4.12: ac6424b981bc ("sched/wait: Rename wait_queue_t =>
	 * wait_queue_entry_t") */
	if (bytes <= 0 && !strcmp(type, "wait_queue_head"))
		bytes = image->size_of("__wait_queue_head");
	*size = bytes > 0 ? (size_t)bytes : 0;
	/* Each of these structures has a pointer or a long in it. */
	*align = sizeof(long);
	return bytes > 0;
}

static size_t round_up(size_t n, size_t align)
{
	return (n + align - 1) / align * align;
}

/* The offset of the member, or of the structure's end when member is NULL; -1 when there is none. */
static long offset_of(const struct computed_layout *layout, const char *structure,
		      const char *member, size_t *size)
{
	const char *members = NULL;
	char type[MAX_NAME], name[MAX_NAME];
	size_t end = 0, align, max_align = 1;
	int length;

	for (size_t i = 0; i < COMPUTED_STRUCTS; i++) {
		if (!strcmp(layout->variants[i]->structure, structure))
			members = layout->variants[i]->members;
	}
	while (members && sscanf(members, " %31s %31[^;];%n", type, name, &length) == 2) {
		if (!type_size(layout->image, type, size, &align))
			return -1;
		end = round_up(end, align);
		if (member && !strcmp(name, member))
			return (long)end;
		end += *size;
		max_align = align > max_align ? align : max_align;
		members += length;
	}
	return members && !member ? (long)round_up(end, max_align) : -1;
}

long computed_size(const struct computed_layout *layout, const char *structure)
{
	size_t size;

	return offset_of(layout, structure, NULL, &size);
}

long computed_member(const struct computed_layout *layout, const char *structure,
		     const char *member, size_t *size)
{
	return offset_of(layout, structure, member, size);
}

static bool is_allowed(const struct computed_image *image, const struct computed_variant *variant)
{
	for (size_t i = 0; i < MAX_MARKS && variant->marks[i].kind; i++) {
		const struct mark *mark = &variant->marks[i];
		num has = mark->kind == FUNCTION ? image->has_function(mark->what)
						 : image->has_text(mark->what);

		if (has.known && (has.v != 0) != mark->present)
			return false;
	}
	return true;
}

size_t computed_candidates(const struct computed_image *image,
			   struct computed_layout layouts[COMPUTED_MAX])
{
	size_t n = 1;

	layouts[0] = (struct computed_layout){.image = image};
	/* Each layout so far is combined with each variant of the next structure. */
	for (size_t s = 0; s < COMPUTED_STRUCTS; s++) {
		struct computed_layout before[COMPUTED_MAX];
		size_t n_before = n;

		memcpy(before, layouts, sizeof(before));
		n = 0;
		for (size_t v = 0; v < N_VARIANTS; v++) {
			if (strcmp(variants[v].structure, structures[s]) ||
			    !is_allowed(image, &variants[v]))
				continue;
			for (size_t i = 0; i < n_before && n < COMPUTED_MAX; i++) {
				layouts[n] = before[i];
				layouts[n++].variants[s] = &variants[v];
			}
		}
	}
	return n;
}

const struct computed_layout *computed_choose(const struct computed_image *image,
					      computed_check *check, const char **why)
{
	static struct computed_layout layouts[COMPUTED_MAX], *chosen;
	static char several[80];
	size_t n = computed_candidates(image, layouts), fitting = 0, nearest = 0;

	chosen = NULL;
	*why = "no known order of members goes with this module";
	for (size_t i = 0; i < n; i++) {
		size_t held = 0;
		const char *misfit = check(&layouts[i], &held);

		if (!misfit) {
			chosen = &layouts[i];
			fitting++;
		} else if (held + 1 > nearest) {
			nearest = held + 1;
			*why = misfit;
		}
	}
	if (fitting == 1)
		return chosen;
	if (fitting) {
		snprintf(several, sizeof(several),
			 "%zu layouts fit, and no device in use tells them apart", fitting);
		*why = several;
	}
	return NULL;
}
