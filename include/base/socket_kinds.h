// SPDX-License-Identifier: GPL-2.0-or-later
/* What judge and render need to know of a family of sockets. How its sockets are read is in
 * collect/socket_family.h. */
#ifndef NBD_BASE_SOCKET_KINDS_H
#define NBD_BASE_SOCKET_KINDS_H

#include <stdbool.h>

#include "base/num.h"

struct socket_kind {
	int family;	  /* AF_* */
	const char *name; /* as reports have it */

	/* The state of a stream tells what became of its connection. Otherwise an end stays ESTABLISHED when
	 * the other one is gone. */
	bool state_follows_connection;

	/* Two connected streams point at each other, and shutdown() of one end sets the mirrored bits of
	 * the other: where the two contradict each other, memory is damaged. */
	bool ends_are_paired;

	/* The kernel makes up the local name of the end that connects (its port), so that it differs between
	 * connections that are otherwise alike. */
	bool local_is_ephemeral;
};

/* The kind of a family, in static memory. NULL when the family is unknown or not in the table: the other ends of
 * such sockets are not looked for. */
const struct socket_kind *socket_kind_of(num family);

#endif
