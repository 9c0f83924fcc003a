// SPDX-License-Identifier: GPL-2.0-or-later
#include "opened.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "fuzz.h"
#include "standin.h"

struct opened open_scene(void)
{
	struct layout *layout = layout_load(LAYOUTS, "6.1");
	struct image *image = image_create(layout);
	struct opened opened = {.scene = scene_build(image)};
	size_t size;
	void *elf;

	extra_all(&opened.scene);
	opened.objects = image_objects(image, &opened.n_objects);
	elf = image_elf(image, &size);
	opened.core = core_open(elf, size);
	must(opened.core != NULL, "the image can be opened");
	crash_open(opened.core);
	/* Complaints about options go to stderr, which is the fuzzer's. */
	opterr = 0;
	/* All layouts are resolved before anything is damaged. */
	run_command("nbd -a -j");
	return opened;
}

void run_command(const char *command)
{
	char *output = crash_run(command);

	if (strstr(command, "-j"))
		must_be_json(output);
	else
		must_be_printable(output);
	free(output);
}
