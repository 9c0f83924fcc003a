// SPDX-License-Identifier: GPL-2.0-or-later
/* The structures and members of kernel_members.def: a number for each, and what is known of them in every kernel. */
#ifndef NBD_RESOLVE_KERNEL_MEMBERS_H
#define NBD_RESOLVE_KERNEL_MEMBERS_H

/* K_NBD_DEVICE and so on: the structures. */
enum ktype {
#define TYPE(type, name, owner) type,
#define MEMBER(member, type, flags, ...)
#include "resolve/kernel_members.def"
	K_TYPE_COUNT
};

/* KM_NBD_INDEX and so on: the members. */
enum kmember {
#define TYPE(type, name, owner)
#define MEMBER(member, type, flags, ...) member,
#include "resolve/kernel_members.def"
	KM_MEMBER_COUNT
};

/* Whose structure it is: nbd's own are in a module, whose debuginfo is rarely loaded; their layouts are looked
 * for in several places. AF_UNIX may be built in or be a module. */
enum k_owner { OF_KERNEL, OF_NBD, OF_UNIX };

struct k_type {
	const char *name; /* "nbd_device" */
	enum k_owner owner;
};

enum k_member_flags {
	OPTIONAL = 0,
	/* Nothing sound can be said of a kernel that does not have this member. */
	REQUIRED = 1,
	/* The same, but only of kernels from v4.12 on, whose nbd has an nbd_config: before_config.c reads the older
	 * ones. */
	WITH_CONFIG = 2,
	/* An array that k_load() reads together with the numbers. Other members that are larger than a number are
	 * structures of their own, and read on their own. */
	LOADED = 4,
};

#define K_MAX_NAMES 3

struct k_member {
	enum ktype type;
	unsigned flags;
	const char *names[K_MAX_NAMES]; /* unused ones are NULL */
};

extern const struct k_type k_types[K_TYPE_COUNT];
extern const struct k_member k_members[KM_MEMBER_COUNT];

#endif
