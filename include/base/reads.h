// SPDX-License-Identifier: GPL-2.0-or-later
/* How much memory a command has asked crash for. */
#ifndef NBD_BASE_READS_H
#define NBD_BASE_READS_H

#include <stdint.h>

/* Calls of readmem(), and how many bytes they asked for. */
struct reads {
	uint64_t calls, bytes;
};

#endif
