// SPDX-License-Identifier: GPL-2.0-or-later
/* What a function prints, as a string: PRINTED(text, f(out, ...)); free it. */
#ifndef NBD_PRINTED_H
#define NBD_PRINTED_H

#include <stdio.h>
#include <stdlib.h>

#define PRINTED(text, call)                                                                        \
	do {                                                                                       \
		size_t printed_size;                                                               \
		FILE *out = open_memstream(&(text), &printed_size);                                \
                                                                                                   \
		call;                                                                              \
		fclose(out);                                                                       \
	} while (0)

#endif
