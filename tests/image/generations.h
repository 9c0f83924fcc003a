// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernels that images are made of, each with the same scene and all extras that it can have. */
#ifndef NBD_TEST_GENERATIONS_H
#define NBD_TEST_GENERATIONS_H

#include <json-c/json.h>

#include "scene.h"

#define MAX_ALTERNATIVES 8

struct generation {
	const char *layout;
	/* Structures and members that tell it from others: "xarray", "file.f_ref". */
	const char *has[MAX_ALTERNATIVES], *lacks[MAX_ALTERNATIVES];
	/* Keys whose values are not those that 6.1 reports. */
	const char *other[MAX_ALTERNATIVES];
	/* Of runtime_flags bit 7. */
	const char *bit_7;
	/* Where nbd's layouts come from, and how. */
	const char *source;
	void (*without_debuginfo)(struct scene *s);
};

extern const struct generation generations[];
extern const size_t n_generations;
/* Those that have an nbd_config come first. */
extern const size_t n_with_config;

/* The scene with all extras, in an image that image_free() frees; *s may be NULL. */
struct image *generation_build(const struct layout *layout, const struct generation *g,
			       struct scene *s);

/* The lines of both reports side by side, without addresses and the keys of other; free() it. NULL when
 * they say the same. */
char *reports_differ(struct json_object *a, struct json_object *b, const char *const *other);

#endif
