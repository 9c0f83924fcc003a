// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's idr and xarray: tables from small numbers to pointers. */
#ifndef NBD_RESOLVE_IDR_H
#define NBD_RESOLVE_IDR_H

#include <stdbool.h>
#include <stdint.h>

typedef void idr_visit(void *context, uint32_t id, uint64_t pointer);

/*
 * Calls visit for every pointer in the struct idr that has this symbol, in the order of their ids. Returns
 * false when not all of them were shown: there is no such symbol, the kernel is older than 4.11, whose idr is another
 * structure, or a part could not be read or is damaged. An id of 1 << MINORBITS or more counts as damage: use this
 * for what is numbered like devices. Mirrors idr_for_each() of lib/idr.c.
 */
bool idr_walk(const char *symbol, idr_visit *visit, void *context);

/* The same of the struct xarray at an address. */
bool idr_walk_xarray(uint64_t xarray, idr_visit *visit, void *context);

#endif
