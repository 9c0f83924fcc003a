// SPDX-License-Identifier: GPL-2.0-or-later
/* All nbd devices, of whichever nbd. */
#ifndef NBD_COLLECT_DEVICES_H
#define NBD_COLLECT_DEVICES_H

#include "collect/file_owner.h"
#include "model/model.h"

/*
 * Fills devices, by index, and before_config. The files of their connections are watched in files. Without layouts of
 * nbd's structures there are no devices; what could not be read becomes a problem of the device or of the report.
 * Memory: arena.
 */
void devices_collect(struct report *report, struct file_set *files);

/* Each nbd_sock holds a reference to its socket's file, whichever devices the user asked for: adds it to those that are
 * watched in files. */
void devices_add_holders(const struct report *report, const struct file_set *files);

/* Appends the problems of all devices, each with the device's name. Memory: arena. */
void devices_tell_problems(const struct report *report, struct problems *to);

#endif
