// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who holds a struct file. All files of interest are watched first; then one pass over the file
 * tables of all tasks answers for every one of them.
 */
#ifndef NBD_COLLECT_FILE_OWNER_H
#define NBD_COLLECT_FILE_OWNER_H

#include "model/model.h"
#include "base/ptr_map.h"

struct file_set {
	struct ptr_map by_addr;
	struct file **v;
	size_t n;
};

/* The record of the struct file at addr, made when it is new, with its reference count read.
 * NULL for address 0. Memory: arena. */
struct file *file_watch(struct file_set *set, uint64_t addr);

/*
 * The number of references to a struct file: f_count, or f_ref + 1 where f_ref exists (it counts from 0;
 * values from 0xC000000000000000 on mean a dead file with 0 references, include/linux/file_ref.h). Unknown
 * when it cannot be read.
 */
num file_refs(uint64_t addr);

/* Notes that something other than a file descriptor holds the file. A device's name in holder is not copied:
 * it must live in the arena. */
void file_add_holder(struct file *file, struct holder holder);

/* Called for each open slot of each file table; false ends the walk. */
struct file_table;
typedef bool file_visit(void *context, struct file_table *table, uint32_t fd, uint64_t file);

/* Shows every open slot of the file tables of those tasks that wanted says (NULL: all) to visit. A table that several
 * tasks share, which is told by the address of files_struct, is walked once; it stays valid after the walk. *stats says
 * how far the walk came. */
typedef bool file_wanted(const struct task *t);
void file_tables_walk(const struct task_list *tasks, file_wanted *wanted, struct scan_stats *stats,
		      file_visit *visit, void *context);

/* The task that a table is named after: the leader of the first thread group that shares it, or its
 * first thread. */
const struct task *file_table_task(const struct file_table *table);

/*
 * True when the table's bitmap of open fds has this one, too. Ask it before concluding anything from an
 * open slot: if it does not, the fd array is not where the table says, and the table counts as unreadable.
 * Mirrors fs/file.c, where a slot is filled after its bit is set, and emptied before its bit is cleared; only
 * dup2() sets the bit right after it has filled the slot.
 */
bool file_slot_is_open(struct file_table *table, uint32_t fd);

/*
 * Walks all file tables and fills owners and n_table_refs of all watched files. A thread group is one owner
 * for each of its fds, and so is a thread that has a table of its own; owners are sorted by pid and fd. What an earlier
 * scan has found is forgotten, unless this one is interrupted. *stats says how far the search reached. Until look
 * returns false it is shown each open file, before that is looked up among the watched ones: so look may watch it.
 * Memory: arena.
 */
void file_scan(struct file_set *set, const struct task_list *tasks, struct scan_stats *stats,
	       file_visit *look, void *context);

/* True when a struct file seems to be at addr: its dentry and itself name the same inode. */
bool file_is_plausible(uint64_t addr);

#endif
