// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The threads of the kernel, found by walking its own lists. crash's task list is not used: 8.0.2
 * shows 2 tasks on a current 6.1 kernel.
 */
#ifndef NBD_COLLECT_TASK_LIST_H
#define NBD_COLLECT_TASK_LIST_H

#include "base/ptr_map.h"
#include "model/model.h"

/*
 * Walks init_task.tasks and the threads of each leader (signal_struct.thread_head), those of zombies
 * included; each task comes once. A link that cannot be read ends its list; such links, and links that do not
 * lead back, are counted in unreadable. Memory: arena.
 */
void task_list_collect(struct task_list *list);

/* The same without the threads of leaders, who say where those are (task.threads), and without ran_ago_ms. */
void task_list_leaders(struct task_list *list);

/* Adds those threads: of the leaders whose task_structs are in the map, or of all (NULL). What is in the list stays where
 * it is. True when one of them uses another file table than its leader. */
bool task_list_add_threads(struct task_list *list, const struct ptr_map *leaders);

/* The living task whose task_struct is at addr, NULL when there is none. */
const struct task *task_list_by_address(const struct task_list *list, uint64_t addr);

/* The living thread with this id in the initial pid namespace, NULL when there is none. */
const struct task *task_list_by_pid(const struct task_list *list, uint32_t pid);

#endif
