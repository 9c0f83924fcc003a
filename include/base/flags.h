// SPDX-License-Identifier: GPL-2.0-or-later
/* The flags of nbd by name. */
#ifndef NBD_BASE_FLAGS_H
#define NBD_BASE_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

#define FLAG_BITS 64

/* Which meaning bits 6 and 7 of runtime_flags have, see below. */
enum flag_numbering {
	FLAGS_A,      /* before c9a2f90f4d6b */
	FLAGS_B,      /* c9a2f90f4d6b (5.12) */
	FLAGS_C,      /* 6497ef8df568 (5.14) */
	FLAGS_A_OR_B, /* the image does not tell */
};

/*
 * Which numbering nbd_config.runtime_flags has. Bits 0 to 5 never changed since 4.12; 6 and 7 did:
 *   A  6 DESTROY_ON_DISCONNECT  7 DISCONNECT_ON_CLOSE
 *   B  6 DISCONNECT_ON_CLOSE           since c9a2f90f4d6b ("nbd: handle device refs for
 *                                      DESTROY_ON_DISCONNECT properly") (in v5.12, v5.10.21)
 *   C  6 DISCONNECT_ON_CLOSE  7 HAS_BACKEND_FILE
 *                                      since 6497ef8df568 (in v5.14)
 * Some kernels with A and some with B have the same members: then the code tells (resolve/numbering.h), else
 * the release, else the flags of the devices. Each function returns FLAGS_A_OR_B when it cannot tell.
 */
enum flag_numbering flags_numbering_by_members(bool has_backend, bool has_flags, bool has_pid);

/* By utsname's release and version, where that kernel is known to have A or B. */
enum flag_numbering flags_numbering_by_release(const char *release, const char *version);

/* By nbd_config.runtime_flags and nbd_device.flags of one device. */
enum flag_numbering flags_numbering_by_values(num runtime_flags, num device_flags);

/*
 * Fills names[] with the name of each set bit, lowest first, and returns how many there are. Strings
 * are static or live in the arena. A bit without a name is "BIT9", an ambiguous one
 * "BIT6(DESTROY_ON_DISCONNECT?DISCONNECT_ON_CLOSE)".
 */
size_t flags_runtime_names(uint64_t value, enum flag_numbering numbering,
			   const char *names[FLAG_BITS]);

/* The same for nbd_config.flags, which the server announced (NBD_FLAG_* of uapi/linux/nbd.h). */
size_t flags_server_names(uint64_t value, const char *names[FLAG_BITS]);

/* All n names with spaces between them, "none" when n is 0. In the arena, or static. */
const char *flags_join(const char *const names[], size_t n);

#endif
