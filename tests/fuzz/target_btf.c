// SPDX-License-Identifier: GPL-2.0-or-later
/* BTF: the first two bytes say how much of the rest is the kernel's, what follows is the module's. */
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "extras.h"
#include "fuzz.h"
#include "resolve/kernel_btf.h"

#define SIZE_BYTES 2

void target_begin(void)
{
}

void target_run(const uint8_t *data, size_t size)
{
	static const char *const members[] = {"config", "tag_set", "index", "sock",
					      "dead",	"a",	   ""};
	static const char *const structures[] = {"nbd_device", "nbd_config", "nbd_sock", "nbd_cmd",
						 ""};
	struct input input = {data, size};
	size_t base_size = input_bytes(&input, SIZE_BYTES);
	struct btf_types *kernel, *types;

	if (base_size > input.size)
		base_size = input.size;
	kernel = btf_types_parse(input.data, base_size);
	if (!kernel)
		return;
	types = btf_types_of_module(kernel, input.data + base_size, input.size - base_size);
	if (!types) {
		btf_types_free(kernel);
		return;
	}
	for (size_t s = 0; s < sizeof(structures) / sizeof(structures[0]); s++) {
		btf_types_size(types, structures[s]);
		for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
			size_t member_size = 0;
			long offset =
				btf_types_member(types, structures[s], members[m], &member_size);

			must(offset < 1l << 32, "a member is within a structure");
		}
	}
	btf_types_free(types);
	btf_types_free(kernel);
}

static void save_both(void (*save)(const void *data, size_t size), const struct btf *base,
		      const struct btf *module)
{
	__u32 base_size, module_size;
	const void *base_bytes = btf__raw_data(base, &base_size);
	const void *module_bytes = btf__raw_data(module, &module_size);
	uint8_t *seed = malloc(SIZE_BYTES + base_size + module_size);

	must(seed && base_size <= UINT16_MAX, "a seed");
	seed[0] = (uint8_t)base_size;
	seed[1] = (uint8_t)(base_size >> 8);
	memcpy(seed + SIZE_BYTES, base_bytes, base_size);
	memcpy(seed + SIZE_BYTES + base_size, module_bytes, module_size);
	save(seed, SIZE_BYTES + base_size + module_size);
	free(seed);
}

/* All of nbd's structures as the image tests have them; and one with a member of each kind, among them
 * an anonymous union, an array, a pointer, a bit field and a structure. */
void target_seeds(void (*save)(const void *data, size_t size))
{
	struct layout *layout = layout_load(LAYOUTS, "6.1");
	struct image *image = image_create(layout);
	struct scene scene = scene_build(image);
	struct btf *base = extra_btf_kernel(), *module = extra_btf_module(&scene, base), *small;
	int u32 = btf__find_by_name(base, "u32"), array, inner, type;

	save_both(save, base, module);
	small = btf__new_empty_split(base);
	array = btf__add_array(small, u32, u32, 3);
	inner = btf__add_union(small, "", 8);
	btf__add_field(small, "index", u32, 0, 0);
	btf__add_field(small, "dead", btf__add_ptr(small, 0), 0, 0);
	type = btf__add_typedef(small, "t", btf__add_const(small, btf__add_volatile(small, u32)));
	btf__add_struct(small, "nbd_device", 64);
	btf__add_field(small, "", inner, 0, 0);
	btf__add_field(small, "config", array, 64, 0);
	btf__add_field(small, "a", u32, 160, 3);
	btf__add_field(small, "tag_set", type, 192, 0);
	save_both(save, base, small);
	btf__free(small);
	btf__free(module);
	btf__free(base);
	image_free(image);
	layout_free(layout);
}
