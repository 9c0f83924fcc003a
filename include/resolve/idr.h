// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's idr: a table from small numbers to pointers. */
#ifndef NBD_RESOLVE_IDR_H
#define NBD_RESOLVE_IDR_H

#include <stdbool.h>
#include <stdint.h>

typedef void idr_visit(void *context, uint32_t id, uint64_t pointer);

/*
 * Shows every pointer in the struct idr that is a symbol of this name to visit, in order of their ids.
 * False without such a symbol, on kernels before 4.11, whose idr is another, and when any of it could
 * not be read or is damaged: what was shown is then not all. Ids end at 1 << MINORBITS, enough for what is
 * numbered like devices. Mirrors idr_for_each() of lib/idr.c.
 */
bool idr_walk(const char *symbol, idr_visit *visit, void *context);

#endif
