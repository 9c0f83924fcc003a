// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports made by hand, in the arena. */
#ifndef NBD_SAMPLE_H
#define NBD_SAMPLE_H

#include "model/model.h"

/* Nanoseconds of CLOCK_BOOTTIME: all tasks began before all devices were started. */
#define SAMPLE_TASKS_START   10000000000
#define SAMPLE_DEVICES_START 20000000000

/* Kernel "6.1.0-test", two tasks: gMgr (234) and qemu-kvm (233), everything readable. */
struct report *sample_report(void);

/* Adds a task, named comm, in a file table of its own; earlier pointers to tasks stay valid. */
struct task *sample_task(struct report *report, const char *comm, uint32_t pid, char state);

/* Adds device nbd<index> with n alike AF_UNIX connections: peers open at path, owned by gMgr as fd
 * 5, 6, ...; no owner of their own, one reference each, by nbd. It runs, started by qemu-kvm, which is
 * its only opener (fd 3); task_setup is a task that has exited. No request is in flight. */
struct device *sample_device(struct report *report, uint32_t index, size_t n, const char *path);

/* The same, attached by netlink and healthy: its client has exited, nobody has it open. */
struct device *sample_netlink(struct report *report, uint32_t index, size_t n);

/* Who listens at the other end; NULL: he has exited. */
void sample_listener(struct sock_info *s, const struct task *listener);

/* Adds one of each. */
struct request *sample_request(struct device *dev, uint64_t age_ms);
struct opener *sample_opener(struct device *dev, enum opener_kind kind, const struct task *task,
			     const char *what);
struct waiter *sample_waiter(struct device *dev, const struct task *task, const char *blocked_in,
			     uint64_t object);

#endif
