// SPDX-License-Identifier: GPL-2.0-or-later
/* The help pages, in the form crash's `help` prints: name, short description, synopsis, lines. */
#ifndef NBD_RENDER_HELP_H
#define NBD_RENDER_HELP_H

extern char *help_nbd[];
extern char *help_unix_peer[];
extern char *help_file_owner[];

#endif
