// SPDX-License-Identifier: GPL-2.0-or-later
/* How this kernel's nbd behaves, where that follows from its code only. */
#ifndef NBD_RESOLVE_BEHAVIOUR_H
#define NBD_RESOLVE_BEHAVIOUR_H

#include "base/flags.h"
#include "base/traits.h"

struct traits behaviour_traits(void);

/* The numbering of runtime_flags, from members, code and release; FLAGS_A_OR_B when they do not tell. */
enum flag_numbering behaviour_numbering(void);

#endif
