// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/socket_kinds.h"

#include <stddef.h>
#include <sys/socket.h>

static const struct socket_kind kinds[] = {
	{.family = AF_UNIX, .name = "unix", .ends_are_paired = true},
	{
		.family = AF_INET,
		.name = "inet",
		.state_follows_connection = true,
		.local_is_ephemeral = true,
	},
	{
		.family = AF_INET6,
		.name = "inet6",
		.state_follows_connection = true,
		.local_is_ephemeral = true,
	},
};

const struct socket_kind *socket_kind_of(num family)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (num_is(family, (uint64_t)kinds[i].family))
			return &kinds[i];
	}
	return NULL;
}
