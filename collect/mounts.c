// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/mounts.h"

#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "base/ptr_map.h"
#include "collect/dentry_path.h"
#include "collect/file_owner.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"

#define FS_NAME_LEN 32

const char *mounts_file_system(uint64_t super_block)
{
	num type = k_num_at(super_block, KM_SB_TYPE);
	num name = type.known ? k_num_at(type.v, KM_FS_TYPE_NAME) : NUM_UNKNOWN;
	char fs[FS_NAME_LEN] = "?";

	if (name.known && !k_read(name.v, fs, sizeof(fs), "file_system_type.name"))
		strcpy(fs, "?");
	return name_escape_string(fs, sizeof(fs));
}

static num mount_namespace_of(const struct task *task)
{
	num nsproxy = k_num_at(task->addr, KM_TASK_NSPROXY);

	/* A task that has exited has none. */
	return nsproxy.v ? k_num_at(nsproxy.v, KM_NSPROXY_MNT_NS) : nsproxy;
}

/* The process with the lowest pid that lives in a mount namespace. */
static const struct task *inhabitant_of(uint64_t mnt_ns, const struct task_list *tasks)
{
	const struct task *found = NULL;

	for (size_t i = 0; i < tasks->n && !k_interrupted(); i++) {
		const struct task *task = tasks->v[i];

		if (!task->kernel_thread && (!found || task->pid < found->pid) &&
		    num_is(mount_namespace_of(task), mnt_ns))
			found = task;
	}
	return found;
}

static void read_namespace(struct mount *mount, uint64_t mnt_ns, const struct task_list *tasks)
{
	num home = k_num_at(k_symbol("init_nsproxy").v, KM_NSPROXY_MNT_NS);

	mount->namespace_inode = k_num_at(k_at(mnt_ns, KM_MNT_NAMESPACE_NS), KM_NS_INUM);
	if (!home.known)
		return;
	mount->elsewhere = NUM(mnt_ns != home.v);
	if (mount->elsewhere.v)
		mount->inhabitant = inhabitant_of(mnt_ns, tasks);
}

/* NULL when it cannot be read whether the mount has a namespace: without one its path may lead nowhere. */
static struct mount *read_mount(uint64_t addr, const struct task_list *tasks)
{
	num mnt_ns = k_num_at(addr, KM_MOUNT_NS);
	struct mount *mount = arena_alloc(sizeof(*mount));

	mount->vfsmount = k_at(addr, KM_MOUNT_VFSMOUNT);
	mount->detached = NUM(!mnt_ns.v);
	if (mnt_ns.v) {
		read_namespace(mount, mnt_ns.v, tasks);
		mount->point = dentry_path_of_mount(addr);
	}
	return mnt_ns.known ? mount : NULL;
}

/* False when the mount could not be read. */
static bool add(struct mounts *all, uint64_t addr, const struct task_list *tasks)
{
	struct mount *mount = read_mount(addr, tasks);

	if (mount)
		*ARENA_PUSH(all->v, all->n) = mount;
	return mount;
}

/* Adds the first mount, to which head points, and those that follow in mnt_next_for_sb. */
static void read_chain(struct mounts *all, uint64_t head, const struct task_list *tasks)
{
	num next = k_pointer(head, "super_block.s_mounts");
	struct ptr_map seen = {0};
	bool complete = true;

	for (; next.v && !k_interrupted(); next = k_num_at(next.v, KM_MOUNT_NEXT_FOR_SB)) {
		void **slot = ptr_map_at(&seen, next.v);

		if (*slot)
			return;
		*slot = all;
		complete &= add(all, next.v, tasks);
	}
	all->complete = complete && next.known && !next.v;
}

struct mounts mounts_of(uint64_t super_block, const struct task_list *tasks)
{
	struct mounts all = {0};
	uint64_t head = k_at(super_block, KM_SB_MOUNTS);
	bool complete = true;
	struct klist list;

	if (k_has(KM_MOUNT_NEXT_FOR_SB)) {
		read_chain(&all, head, tasks);
		return all;
	}
	if (!k_has(KM_SB_MOUNTS) || !k_has(KM_MOUNT_INSTANCE))
		return all;
	list = klist_of(NUM(head), "super_block.s_mounts");
	while (klist_next(&list))
		complete &= add(&all, k_container(list.node, KM_MOUNT_INSTANCE), tasks);
	all.complete = complete && list.complete;
	return all;
}

/* The mounts whose keepers are looked for. */
struct keepers {
	struct ptr_map by_vfsmount;
	bool complete;
};

static void add_keeper(struct keepers *keepers, num vfsmount, const struct task *task,
		       const char *by)
{
	struct mount *mount = ptr_map_get(&keepers->by_vfsmount, vfsmount.v);

	keepers->complete &= vfsmount.known;
	if (mount)
		*ARENA_PUSH(mount->keepers, mount->n_keepers) = (struct mount_keeper){task, by};
}

static bool visit_file(void *context, struct file_table *table, uint32_t fd, uint64_t file)
{
	struct keepers *keepers = context;
	num vfsmount = k_num_at(k_at(file, KM_FILE_PATH), KM_PATH_MNT);

	if (!vfsmount.known ||
	    (ptr_map_get(&keepers->by_vfsmount, vfsmount.v) && file_slot_is_open(table, fd)))
		add_keeper(keepers, vfsmount, file_table_task(table), arena_printf("fd %u", fd));
	return true;
}

/* As a rule the threads of a process share its cwd and root, so only the process is named. */
static void look_at_fs(struct keepers *keepers, const struct task *task)
{
	num fs = k_num_at(task->addr, KM_TASK_FS);

	keepers->complete &= fs.known;
	if (!fs.v)
		return;
	add_keeper(keepers, k_num_at(k_at(fs.v, KM_FS_PWD), KM_PATH_MNT), task, "cwd");
	add_keeper(keepers, k_num_at(k_at(fs.v, KM_FS_ROOT), KM_PATH_MNT), task, "root");
}

bool mounts_find_keepers(struct mount *const *mounts, size_t n, const struct task_list *tasks)
{
	struct keepers keepers = {.complete = true};
	struct scan_stats stats;

	for (size_t i = 0; i < n; i++) {
		if (mounts[i]->vfsmount)
			*ptr_map_at(&keepers.by_vfsmount, mounts[i]->vfsmount) = mounts[i];
		keepers.complete &= mounts[i]->vfsmount != 0;
	}
	file_tables_walk(tasks, NULL, &stats, visit_file, &keepers);
	for (size_t i = 0; i < tasks->n && !k_interrupted(); i++) {
		if (tasks->v[i]->pid == tasks->v[i]->tgid && !tasks->v[i]->kernel_thread)
			look_at_fs(&keepers, tasks->v[i]);
	}
	return keepers.complete && !stats.tables_unreadable && !tasks->unreadable &&
	       !stats.interrupted;
}
