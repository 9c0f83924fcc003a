// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports made by hand, in the arena. */
#ifndef NBD_SAMPLE_H
#define NBD_SAMPLE_H

#include "nbd_model.h"

/* Kernel "6.1.0-test", two tasks: gMgr (234) and qemu-kvm (233), everything readable. */
struct report *sample_report(void);

/* Adds device nbd<index> with n alike AF_UNIX connections: peers open at path, owned by gMgr as fd
 * 5, 6, ...; no owner of their own, one reference each, by nbd. */
struct device *sample_device(struct report *report, uint32_t index, size_t n, const char *path);

#endif
