// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's log says of each device. */
#ifndef NBD_COLLECT_KERNEL_LOG_H
#define NBD_COLLECT_KERNEL_LOG_H

#include "model/model.h"

/*
 * Fills log and n_log of all devices and log_known of the report: the lines that the kernel itself has written, no program
 * through /dev/kmsg, each for the first device that it names. What could not be read becomes a problem of the report; where
 * this kernel keeps its log in another way, log_known stays false. Memory: arena.
 * Mirrors kernel/printk/printk_ringbuffer.c (since v5.10), and before log_next() of kernel/printk/printk.c (since v3.11).
 */
void kernel_log_collect(struct report *report);

#endif
