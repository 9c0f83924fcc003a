// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/find_devices.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/ptr_map.h"
#include "collect/block_devices.h"
#include "resolve/idr.h"
#include "resolve/kernel_types.h"
#include "resolve/disks.h"
#include "resolve/symbols.h"

#define IDR   "nbd_index_idr"
#define CLASS "block_class"

static void add_from_idr(void *context, uint32_t index, uint64_t nbd_device)
{
	struct found_devices *found = context;

	*ARENA_PUSH(found->v, found->n) = (struct found_device){
		.index = index, .nbd_device = nbd_device, .says_index = IDR, .in_idr = true};
}

/* The device, by its address or by its gendisk's. */
static struct ptr_map by_address(struct found_devices *found)
{
	struct ptr_map map = {0};

	for (size_t i = 0; i < found->n; i++) {
		uint64_t nbd_device = found->v[i].nbd_device;
		num disk = k_num_at(nbd_device, KM_NBD_DISK);

		*ptr_map_at(&map, nbd_device) = &found->v[i];
		if (disk.v)
			*ptr_map_at(&map, disk.v) = &found->v[i];
	}
	return map;
}

/* What leads from a disk to its nbd_device leads back, too. */
static bool is_nbd_device(uint64_t nbd_device, uint64_t gendisk)
{
	uint64_t tag_set = k_at(nbd_device, KM_NBD_TAG_SET);

	return nbd_device && num_is(k_num_at(nbd_device, KM_NBD_DISK), gendisk) &&
	       num_is(k_num_at(tag_set, KM_TAG_SET_DRIVER_DATA), nbd_device);
}

static const char *disk_name(uint64_t gendisk)
{
	struct kobj o;
	const char *name;

	k_load(&o, K_GENDISK, gendisk);
	name = block_devices_disk_name(&o);
	return name ? name : "?";
}

static void add_from_class(struct report *report, struct found_devices *found,
			   const struct disk *disk)
{
	num index = disk->index;

	if (!is_nbd_device(disk->private_data.v, disk->gendisk)) {
		problem_add(&report->problems,
			    arena_printf("gendisk %llx (%s) has nbd's major, and leads to no "
					 "nbd_device that leads back to it",
					 (unsigned long long)disk->gendisk,
					 disk_name(disk->gendisk)));
		return;
	}
	if (!index.known)
		index = k_num_at(disk->private_data.v, KM_NBD_INDEX);
	if (!index.known || index.v >> MINOR_BITS)
		problem_add(&report->problems,
			    arena_printf("nbd_device %llx is left out: its index is unknown",
					 (unsigned long long)disk->private_data.v));
	else
		*ARENA_PUSH(found->v, found->n) =
			(struct found_device){.index = (uint32_t)index.v,
					      .nbd_device = disk->private_data.v,
					      .says_index = "its disk",
					      .in_class = true};
}

/* Marks those of nbd's own table that are among the disks, and adds those that are not in it. */
static void match(struct report *report, struct found_devices *found, const struct disks *disks)
{
	struct ptr_map map = by_address(found);
	const struct disk **others = arena_alloc(disks->n * sizeof(*others));
	size_t n_others = 0;

	for (size_t i = 0; i < disks->n; i++) {
		struct found_device *of_disk = ptr_map_get(&map, disks->v[i].gendisk);
		struct found_device *of_data = ptr_map_get(&map, disks->v[i].private_data.v);

		if (of_disk)
			of_disk->in_class = true;
		if (of_data)
			of_data->in_class = true;
		if (!of_disk && !of_data)
			others[n_others++] = &disks->v[i];
	}
	/* Now that nothing points into the array any more. */
	for (size_t i = 0; i < n_others; i++)
		add_from_class(report, found, others[i]);
}

static void tell_differences(struct found_devices *found)
{
	for (size_t i = 0; i < found->n; i++) {
		struct found_device *dev = &found->v[i];

		if (!dev->in_class)
			dev->problem =
				"it is in " IDR ", but not among the kernel's block devices "
				"(" CLASS "): it is being added or removed, or one of both is "
				"damaged";
		else if (!dev->in_idr)
			dev->problem =
				"it is among the kernel's block devices (" CLASS
				"), but not in " IDR ": it is being removed, or one of both is "
				"damaged";
	}
}

static void add_source(struct report *report, const char *source)
{
	report->devices_from[report->n_devices_from++] = source;
}

struct found_devices find_devices(struct report *report)
{
	struct found_devices found = {0};
	bool idr_known = k_symbol(IDR).known;
	bool idr_complete = idr_known && idr_walk(IDR, add_from_idr, &found);
	struct disks disks = disks_of_major(NBD_MAJOR);

	if (idr_complete)
		add_source(report, IDR);
	else if (idr_known)
		problem_add(&report->problems,
			    IDR " could not be read in full: devices may be missing");
	if (disks.complete)
		add_source(report, CLASS);
	else
		problem_add(&report->problems,
			    idr_complete ? CLASS " could not be read in full: " IDR
						 " was not checked against it"
					 : CLASS
				    " could not be read in full: devices may be missing");
	match(report, &found, &disks);
	if (idr_complete && disks.complete)
		tell_differences(&found);
	return found;
}
