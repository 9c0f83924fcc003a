// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/kernel_members.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

const struct k_type k_types[] = {
#define TYPE(type, name, owner) [type] = {name, owner},
#define MEMBER(member, type, flags, ...)
#include "resolve/kernel_members.def"
};
_Static_assert(LENGTH(k_types) == K_TYPE_COUNT, "each structure has a row");

const struct k_member k_members[] = {
#define TYPE(type, name, owner)
#define MEMBER(member, type, flags, ...) [member] = {type, flags, {__VA_ARGS__}},
#include "resolve/kernel_members.def"
};
_Static_assert(LENGTH(k_members) == KM_MEMBER_COUNT, "each member has a row");
