// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's log: a small ring, so that messages soon overwrite each other. */
#ifndef NBD_TEST_MESSAGE_LOG_H
#define NBD_TEST_MESSAGE_LOG_H

#include "builder.h"

/* printk()'s own, and that of what a program writes to /dev/kmsg */
enum { LOG_KERN = 0, LOG_USER = 1 };

/* So many bytes of messages fit. */
#define MESSAGE_LOG_SIZE 512

/* An empty log, printk_ringbuffer or records of printk_log, as this kernel has it. */
void message_log_build(struct image *image);

/* One more message, stamped so many milliseconds after the boot. */
void message_log_add(struct image *image, unsigned facility, unsigned stamp_ms, const char *text);

/* The ring (since 5.10) or the buffer. */
uint64_t message_log_of(const struct image *image);

#endif
