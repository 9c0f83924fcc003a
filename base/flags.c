// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/flags.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static const char *const common[] = {"TIMEDOUT",     "DISCONNECT_REQUESTED", "DISCONNECTED",
				     "HAS_PID_FILE", "HAS_CONFIG_REF",	     "BOUND"};
#define N_COMMON (sizeof(common) / sizeof(common[0]))

static const char *const bits_6_7[][2] = {
	[FLAGS_A] = {"DESTROY_ON_DISCONNECT", "DISCONNECT_ON_CLOSE"},
	[FLAGS_B] = {"DISCONNECT_ON_CLOSE", NULL},
	[FLAGS_C] = {"DISCONNECT_ON_CLOSE", "HAS_BACKEND_FILE"},
	[FLAGS_A_OR_B] = {"BIT6(DESTROY_ON_DISCONNECT?DISCONNECT_ON_CLOSE)", NULL},
};

_Static_assert(sizeof(bits_6_7) / sizeof(bits_6_7[0]) == FLAGS_A_OR_B + 1,
	       "two names for each numbering");

static const char *const server[] = {"HAS_FLAGS",	  "READ_ONLY",	"SEND_FLUSH",
				     "SEND_FUA",	  "ROTATIONAL", "SEND_TRIM",
				     "SEND_WRITE_ZEROES", NULL,		"CAN_MULTI_CONN"};
#define N_SERVER (sizeof(server) / sizeof(server[0]))

enum flag_numbering flags_numbering_by_members(bool has_backend, bool has_flags, bool has_pid)
{
	if (has_backend)
		return FLAGS_C;
	if (!has_flags)
		return FLAGS_A;
	return has_pid ? FLAGS_B : FLAGS_A_OR_B;
}

enum flag_numbering flags_numbering_by_release(const char *release, const char *version)
{
	/* A distribution's release is 5.10.0-N for every stable release; Debian's version names the stable one. */
	const char *stable = strstr(version, "5.10.");
	unsigned patch, build;

	if (sscanf(stable ? stable : release, "5.10.%u", &patch) == 1 && (stable || patch))
		return patch < 21 ? FLAGS_A : FLAGS_B;
	if (strstr(release, ".el8") && sscanf(release, "4.18.0-%u", &build) == 1) {
		if (build <= 305)
			return FLAGS_A;
		if (build >= 348)
			return FLAGS_B;
	}
	return FLAGS_A_OR_B;
}

enum flag_numbering flags_numbering_by_values(num runtime_flags, num device_flags)
{
	/* Only A has a bit 7, and A sets bit 6 together with bit 0 of nbd_device.flags: both are
	 * DESTROY_ON_DISCONNECT. */
	if (runtime_flags.known && runtime_flags.v >> 7 & 1)
		return FLAGS_A;
	if (runtime_flags.known && runtime_flags.v >> 6 & 1 && device_flags.known &&
	    !(device_flags.v & 1))
		return FLAGS_B;
	return FLAGS_A_OR_B;
}

static const char *runtime_name(unsigned bit, enum flag_numbering numbering)
{
	if (bit < N_COMMON)
		return common[bit];
	return bit < N_COMMON + 2 ? bits_6_7[numbering][bit - N_COMMON] : NULL;
}

static const char *name_or_number(const char *name, unsigned bit)
{
	return name ? name : arena_printf("BIT%u", bit);
}

size_t flags_runtime_names(uint64_t value, enum flag_numbering numbering,
			   const char *names[FLAG_BITS])
{
	size_t n = 0;

	for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
		if (value >> bit & 1)
			names[n++] = name_or_number(runtime_name(bit, numbering), bit);
	}
	return n;
}

size_t flags_server_names(uint64_t value, const char *names[FLAG_BITS])
{
	size_t n = 0;

	for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
		if (value >> bit & 1)
			names[n++] = name_or_number(bit < N_SERVER ? server[bit] : NULL, bit);
	}
	return n;
}

const char *flags_join(const char *const names[], size_t n)
{
	const char *all = n ? names[0] : "none";

	for (size_t i = 1; i < n; i++)
		all = arena_printf("%s %s", all, names[i]);
	return all;
}
