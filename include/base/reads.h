// SPDX-License-Identifier: GPL-2.0-or-later
/* How much memory a command has asked crash for. */
#ifndef NBD_BASE_READS_H
#define NBD_BASE_READS_H

#include <stdint.h>

/* Calls of readmem(), and how many bytes they asked for. */
struct reads {
	uint64_t calls, bytes;
};

/* What memory is read for; the text is JSON's. To devices belong their sockets and the other ends, and what was asked
 * about. */
#define READ_PURPOSES(ROW)                                                                         \
	ROW(READ_TASKS, "tasks")                                                                   \
	ROW(READ_DEVICES, "devices")                                                               \
	ROW(READ_REQUESTS, "requests")                                                             \
	ROW(READ_LOG, "log")                                                                       \
	ROW(READ_BLOCK_DEVICES, "block_devices")                                                   \
	ROW(READ_STACKS, "stacks")                                                                 \
	ROW(READ_MESSAGES, "messages")                                                             \
	ROW(READ_OPENERS, "openers")                                                               \
	ROW(READ_TABLES, "tables")                                                                 \
	ROW(READ_SYSTEM_CALLS, "system_calls")                                                     \
	ROW(READ_RINGS, "rings")

enum read_purpose {
#define READ_PURPOSE_ROW(purpose, text) purpose,
	READ_PURPOSES(READ_PURPOSE_ROW)
#undef READ_PURPOSE_ROW
		READ_PURPOSE_COUNT
};

#endif
