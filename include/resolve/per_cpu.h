// SPDX-License-Identifier: GPL-2.0-or-later
/* Variables that each processor has a copy of. */
#ifndef NBD_RESOLVE_PER_CPU_H
#define NBD_RESOLVE_PER_CPU_H

#include "base/num.h"

/* How many processors this kernel may have, 0 when that could not be read. Mirrors nr_cpu_ids. */
unsigned per_cpu_processors(void);

/* Address of a processor's copy of a variable of the kernel proper, unknown when there is none or its place could not be read.
 * Mirrors per_cpu_ptr(). */
num per_cpu_variable(const char *name, unsigned processor);

#endif
