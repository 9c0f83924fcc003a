// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables behind kernel_types.h: what each structure and member is called. Only kernel_types.c
 * includes this. */
#ifndef NBD_RESOLVE_KERNEL_MEMBERS_H
#define NBD_RESOLVE_KERNEL_MEMBERS_H

#include "resolve/kernel_types.h"

#define MAX_ALTERNATIVES 3

enum need { OPTIONAL, REQUIRED, WITH_CONFIG };

/* One member, under all names that kernels have given it. */
struct member {
	enum ktype type;
	/* REQUIRED: nbd.so can say nothing sound without it. WITH_CONFIG: nor can it from v4.12 on,
	 * when nbd got its nbd_config; nbd_single.c reads the ones before. */
	enum need need;
	const char *names[MAX_ALTERNATIVES];
};

extern const char *const k_type_names[K_TYPE_COUNT];
extern const struct member k_members[KM_MEMBER_COUNT];

#endif
