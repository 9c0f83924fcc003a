// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory runs out inside json-c: the functions by which render/json.c makes values are those of no_memory.c
 * in this program, which pass on to the library until they are told to fail. */
#ifndef NBD_NO_MEMORY_H
#define NBD_NO_MEMORY_H

/* The n-th value from now on is not made, nor is any after it; 0: all are made. */
void no_memory_from(unsigned long n);

/* How many values were asked for since. */
unsigned long no_memory_asked(void);

#endif
