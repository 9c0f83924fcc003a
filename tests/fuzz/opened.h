// SPDX-License-Identifier: GPL-2.0-or-later
/* The small scene with everything in it, opened by nbd.so for as long as the program runs. */
#ifndef NBD_FUZZ_OPENED_H
#define NBD_FUZZ_OPENED_H

#include "builder.h"
#include "core.h"
#include "scene.h"

struct opened {
	struct scene scene;
	struct core *core;
	const struct image_object *objects; /* what may be damaged */
	size_t n_objects;
};

struct opened open_scene(void);

/* Runs a command, whose output must be as must_be_printable() or, with -j, must_be_json() wants it. */
void run_command(const char *command);

#endif
