// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines over the intact image: the first byte names the command, the rest is what follows. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "opened.h"

#define MAX_LINE 512

static struct opened opened;

static const char *const commands[] = {"nbd", "unix_peer", "file_owner"};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void target_begin(void)
{
	opened = open_scene();
}

void target_run(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const char *command = commands[input_byte(&input) % COMMANDS];
	char line[MAX_LINE];

	snprintf(line, sizeof(line), "%s %.*s", command, (int)input.size, (const char *)input.data);
	run_command(line);
}

void target_seeds(void (*save)(const void *data, size_t size))
{
	static const char *const options[COMMANDS][12] = {
		{"", "-a -j", "-c -s -v", "--peers --requests", "-d 3 -o",
		 "-d nbd3,nbd4 -d /dev/nbd3", "--device=3 --dot", "-z", "-j --dot", "-- nbd3",
		 "--version"},
		{"", "-j 12", "0x12 xyz"},
		{"/dev/nbd3", "-j nbd3 nbd4", "nbd3p1 12"},
	};
	char seed[MAX_LINE];

	for (uint8_t c = 0; c < COMMANDS; c++) {
		seed[0] = (char)c;
		for (size_t i = 0; options[c][i]; i++) {
			strcpy(seed + 1, options[c][i]);
			save(seed, strlen(options[c][i]) + 1);
		}
		save(seed,
		     1 + (size_t)sprintf(seed + 1, "-j %lx %lx", (long)opened.scene.ends[0].sk,
					 (long)opened.scene.opener_file));
	}
}
