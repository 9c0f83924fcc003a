// SPDX-License-Identifier: GPL-2.0-or-later
/* How the nbd of this kernel behaves, as far as only its code tells. */
#ifndef NBD_RESOLVE_BEHAVIOUR_H
#define NBD_RESOLVE_BEHAVIOUR_H

#include "base/flags.h"
#include "base/traits.h"

/* The traits of base/traits.h. One is unknown where the code cannot be read, or is neither for x86_64 nor for arm64. */
struct traits behaviour_traits(void);

/* The numbering of nbd_config.runtime_flags. The members of nbd_device tell it, else the code of nbd_release(), else
 * the release of the kernel; FLAGS_A_OR_B when none of them does. */
enum flag_numbering behaviour_numbering(void);

#endif
