// SPDX-License-Identifier: GPL-2.0-or-later
/* How this kernel's nbd behaves, where that follows from its code only. */
#ifndef NBD_TRAITS_H
#define NBD_TRAITS_H

#include "nbd_model.h"

struct traits nbd_traits(void);

#endif
