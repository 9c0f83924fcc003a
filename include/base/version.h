// SPDX-License-Identifier: GPL-2.0-or-later
/* The version of nbd.so: this line alone says it, and the Makefile reads it here. See CHANGELOG.md. */
#ifndef NBD_BASE_VERSION_H
#define NBD_BASE_VERSION_H

#define NBD_VERSION "1.0.0"

#endif
