// SPDX-License-Identifier: GPL-2.0-or-later
/* The version of nbd.so. It stands only here; the Makefile reads it. See CHANGELOG.md. */
#ifndef NBD_BASE_VERSION_H
#define NBD_BASE_VERSION_H

#define NBD_VERSION "1.0.0"

#endif
