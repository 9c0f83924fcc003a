// SPDX-License-Identifier: GPL-2.0-or-later
/* The mounts of a file system: where, in which mount namespace, and who keeps those that were unmounted lazily. */
#ifndef NBD_COLLECT_MOUNTS_H
#define NBD_COLLECT_MOUNTS_H

#include "model/model.h"

struct mounts {
	struct mount **v;
	size_t n;
	bool complete; /* all could be read */
};

/*
 * Reads all mounts of the super_block at an address, those that were unmounted lazily, too. A file system that has none
 * is just being mounted or unmounted. tasks are the kernel's: they tell who lives in another mount namespace. Memory:
 * arena. Mirrors fs/mount.h; a lazily unmounted mount has no mnt_ns any more, see umount_tree() of fs/namespace.c.
 */
struct mounts mounts_of(uint64_t super_block, const struct task_list *tasks);

/* file_system_type.name of the super_block, escaped; "?" when it could not be read. Memory: arena. */
const char *mounts_file_system(uint64_t super_block);

/* Fills keepers of these mounts: whose open files, cwd and root they are, in one walk. False when not all tasks and
 * their files could be read. Memory: arena. */
bool mounts_find_keepers(struct mount *const *mounts, size_t n, const struct task_list *tasks);

#endif
