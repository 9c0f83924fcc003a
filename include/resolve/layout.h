// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds out where the members of all structures are in this kernel, before a command reads the first of them. */
#ifndef NBD_RESOLVE_LAYOUT_H
#define NBD_RESOLVE_LAYOUT_H

#include <stdbool.h>

/*
 * Resolves, on the first call, the layouts without which nothing can be said; later calls are cheap. Returns
 * NULL, or a message for the user that says what is missing and how to get it (static memory). All other
 * layouts of the kernel proper are resolved when they are first needed. No member of nbd's structures
 * exists until k_init_nbd() succeeds.
 */
const char *k_init(void);

/*
 * The same, and for nbd's own structures: from debuginfo, from the BTF that the image holds, or computed. It looks
 * again as long as there is no debuginfo, since `mod -s nbd` may have loaded it in between. A computed layout is
 * taken only where anchors_check() holds for exactly one.
 */
const char *k_init_nbd(void);

/* True when the image has nbd: its module, one of its symbols, or a disk of its major. */
bool k_nbd_is_loaded(void);

/* Forgets all layouts. To be called when nbd.so is unloaded. */
void k_fini(void);

/* Where nbd's own layouts came from: "debuginfo", "btf" or "computed"; NULL while they are unknown. */
const char *k_layout_source(void);

#endif
