// SPDX-License-Identifier: GPL-2.0-or-later
/* The version of nbd.so; the Makefile reads it. tests/package/versions.sh says where else it stands. See CHANGELOG.md. */
#ifndef NBD_BASE_VERSION_H
#define NBD_BASE_VERSION_H

#define NBD_VERSION "1.0.0"

#endif
