// SPDX-License-Identifier: GPL-2.0-or-later
/* How this kernel's nbd behaves, where that follows from its code only. */
#ifndef NBD_RESOLVE_BEHAVIOUR_H
#define NBD_RESOLVE_BEHAVIOUR_H

#include "model/model.h"

struct traits nbd_traits(void);

/* The numbering of runtime_flags, from members, code and release; FLAGS_A_OR_B when they do not tell. */
enum flag_numbering nbd_numbering(void);

#endif
