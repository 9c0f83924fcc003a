// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets in words: states, references, owners, both ends of a connection. Results are static or live in the arena. */
#ifndef NBD_RENDER_ENDS_H
#define NBD_RENDER_ENDS_H

#include "model/model.h"

/* Who has the sockets of conns[0..n) open, which fold_run() found alike; with peer, who has their other ends. */
const char *end_owners(const struct report *report, const struct connection *conns, size_t n,
		       bool peer);

/* The sum of a file's references: "2 = 1 nbd + 1 fd". */
const char *end_references(const struct file *file);

/* What became of the other ends of conns[0..n), in a few words, with their owners where they have some. */
const char *end_peer(const struct report *report, const struct connection *conns, size_t n);

/* What of a socket could not be read, and what is unknown therefore; NULL where all was read. */
const char *end_unreadable(const struct sock_info *s);

const char *end_state(const struct sock_info *s);	      /* "ESTABLISHED" */
const char *end_connection_state(const struct connection *c); /* DEAD where nbd says so */
const char *end_shutdown(num shutdown);
const char *end_queue(num queue); /* "1 skb" */

/* "0", or "1-1019". */
const char *end_index(const struct connection *conns, size_t n);

#endif
