// SPDX-License-Identifier: GPL-2.0-or-later
/* What the guest's record says of tasks in D. */
#ifndef NBD_E2E_WAITING_H
#define NBD_E2E_WAITING_H

#include "data.h"

/* True when an array has the number; when an array of tasks has one with that pid. */
bool waiting_has_number(json *array, int64_t number);
bool waiting_has_pid(json *tasks, int64_t pid);

/* The task is a worker that nbd keeps waiting, whichever device it is of. */
bool waiting_is_nbds_worker(int64_t tid);

/* The scene, or an attempt to attach its device, says that the task is in D for the device. */
bool waiting_is_explained(json *scene_facts, int64_t tid);

#endif
