// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole commands over damaged memory. An input names a command, an operand of it and damages, which
 * are done to the image in place, and undone when the command has ended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "opened.h"
#include "standin.h"

#define MAX_DAMAGES 12
#define WORD	    8
#define PAGE	    4096

static struct opened opened;

/* With the address of the operand, where it has one. */
static const char *const commands[] = {
	"nbd",
	"nbd -a -j",
	"nbd -a -v -p -r -o -c",
	"nbd -d nbd3 -v",
	"nbd -a --dot",
	"unix_peer %" PRIx64,
	"unix_peer -j %" PRIx64,
	"file_owner %" PRIx64,
	"file_owner -j %" PRIx64,
	"file_owner -j /dev/nbd3",
};

/* Numbers that a count, an index or an address should not be. */
static const uint64_t numbers[] = {
	0,	  1,	     64,	 253,	     65536,	 1u << 20,
	1u << 30, INT32_MAX, UINT32_MAX, 1ull << 62, UINT64_MAX, 0xffffffff00000002,
};

enum kind {
	POINTER,  /* becomes the address of a word of another object */
	CYCLE,	  /* becomes its own address */
	NUMBER,	  /* becomes one of the above, in four bytes or eight */
	BIT,	  /* one of it is flipped */
	COPY,	  /* becomes what another word is */
	SHIFTED,  /* is multiplied: a count inflated */
	CUT_WORD, /* cannot be read */
	CUT_PAGE, /* nor anything around it */
	KINDS
};

/* One damage, as it stands in an input. */
struct damage {
	uint8_t kind;
	uint16_t object, word;	    /* where */
	uint16_t other, other_word; /* of POINTER and COPY; the number, the bit */
};
#define DAMAGE_BYTES 9

/* A crash that has no modules. */
static bool hides_nbd(const char *name)
{
	return strncmp(name, "nbd", 3) != 0;
}

/* What stood there. */
struct undo {
	uint8_t *place;
	uint64_t value;
};

static uint64_t address(uint16_t object, uint16_t word)
{
	const struct image_object *o = &opened.objects[object % opened.n_objects];
	size_t words = o->size / WORD;

	return o->addr + (words ? word % words * WORD : 0);
}

/* NULL where less than a word is left of the image. */
static uint8_t *place_of(uint64_t addr)
{
	size_t len = WORD;
	uint8_t *place = core_memory(opened.core, addr, &len);

	return len == WORD ? place : NULL;
}

static uint64_t damaged(const struct damage *d, uint64_t addr, uint64_t value)
{
	uint64_t number = numbers[d->other % (sizeof(numbers) / sizeof(numbers[0]))];
	const uint8_t *other;

	switch (d->kind % KINDS) {
	case POINTER:
		return address(d->other, d->other_word);
	case CYCLE:
		return addr;
	case NUMBER:
		if (d->other_word % 3 == 0)
			return number;
		return d->other_word % 3 == 1 ? (value & ~0xffffffffull) | (uint32_t)number
					      : (value & 0xffffffff) | number << 32;
	case BIT:
		return value ^ 1ull << d->other % 64;
	case COPY:
		other = place_of(address(d->other, d->other_word));
		if (other)
			memcpy(&value, other, WORD);
		return value;
	case SHIFTED:
		return value << d->other % 32;
	}
	return value;
}

static void damage(const struct damage *d, struct undo *undo)
{
	uint64_t addr = address(d->object, d->word), value;

	undo->place = place_of(addr);
	if (d->kind % KINDS == CUT_WORD)
		core_cut(opened.core, addr, WORD);
	else if (d->kind % KINDS == CUT_PAGE)
		core_cut(opened.core, addr & -(uint64_t)PAGE, PAGE);
	if (!undo->place)
		return;
	memcpy(&undo->value, undo->place, WORD);
	value = damaged(d, addr, undo->value);
	memcpy(undo->place, &value, WORD);
}

void target_begin(void)
{
	opened = open_scene();
}

void target_run(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	const size_t n_commands = sizeof(commands) / sizeof(commands[0]);
	uint8_t chosen = input_byte(&input);
	const char *format = commands[chosen % n_commands];
	uint16_t object = (uint16_t)input_bytes(&input, 2);
	struct undo undone[MAX_DAMAGES];
	char command[64];
	size_t n = 0;

	for (; input.size >= DAMAGE_BYTES && n < MAX_DAMAGES; n++) {
		struct damage d;

		d.kind = input_byte(&input);
		d.object = (uint16_t)input_bytes(&input, 2);
		d.word = (uint16_t)input_bytes(&input, 2);
		d.other = (uint16_t)input_bytes(&input, 2);
		d.other_word = (uint16_t)input_bytes(&input, 2);
		damage(&d, &undone[n]);
	}
	snprintf(command, sizeof(command), format, address(object, 0));
	crash_filter_symbols(chosen / n_commands % 2 ? hides_nbd : NULL);
	run_command(command);
	core_uncut(opened.core);
	while (n--) {
		if (undone[n].place)
			memcpy(undone[n].place, &undone[n].value, WORD);
	}
}

/* Each command over the whole image, and with each kind of damage to each kind of object. */
void target_seeds(void (*save)(const void *data, size_t size))
{
	/* In a crash with modules, and in one without. */
	for (uint8_t command = 0; command < 2 * sizeof(commands) / sizeof(commands[0]); command++) {
		uint8_t seed[3 + 2 * DAMAGE_BYTES] = {command};

		save(seed, 3);
		for (uint8_t kind = 0; kind < KINDS; kind++) {
			seed[1] = (uint8_t)(command * KINDS + kind);
			seed[3] = seed[3 + DAMAGE_BYTES] = kind;
			seed[4] = seed[1];
			seed[4 + DAMAGE_BYTES] = (uint8_t)(seed[1] + 100);
			save(seed, sizeof(seed));
		}
	}
}
