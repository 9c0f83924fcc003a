// SPDX-License-Identifier: GPL-2.0-or-later
/* In which order what stands on a device, and who has it open, must be taken down. Pure; memory: arena. */
#ifndef NBD_JUDGE_TAKE_DOWN_H
#define NBD_JUDGE_TAKE_DOWN_H

#include "model/model.h"

struct take_down_step {
	const char *
		what; /* "ext4 on /mnt (dm-0) is unmounted", "dm-0 \"vg-lv\" (on nbd36) is removed" */
	const char *
		command; /* "umount /mnt"; NULL where no command does it, as for a process that has it open */
	const struct stacked
		*stacked; /* what is removed, or whose openers let go; NULL: the device's */
	bool removes;	  /* stacked itself */
};

/* All steps, the first one first: the openers of what stands highest, then that itself, down to the device's own
 * openers. */
struct take_down_step *take_down_steps(const struct device *dev, size_t *n);

/* The command by which one opener lets go, "umount /mnt"; NULL where none does it, as for a process. */
const char *take_down_command(const struct opener *o);

/* The opener is the mounted root file system of the host, which nothing but a reboot lets go. */
bool take_down_is_root(const struct opener *o);

/* All steps as a clause; NULL when there is nothing to take down. */
const char *take_down_clause(const struct device *dev);

#endif
