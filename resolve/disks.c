// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolve/disks.h"

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"

/* KNODE_DEAD of lib/klist.c: a bit of n_klist. */
#define KNODE_DEAD 1

/* class_to_subsys() of drivers/base/class.c: address of a class's subsys_private. */
static num private_of(uint64_t class)
{
	num sets = k_symbol("class_kset");
	struct klist list;

	if (k_has(KM_CLASS_PRIVATE))
		return k_num_at(class, KM_CLASS_PRIVATE);
	sets = sets.known ? k_pointer(sets.v, "class_kset") : sets;
	list = klist_of(NUM(k_at(sets.v, KM_KSET_LIST)), "kset.list");
	while (klist_next(&list)) {
		uint64_t kobject = k_container(list.node, KM_KOBJECT_ENTRY);
		uint64_t private =
			k_container(k_container(kobject, KM_KSET_KOBJECT), KM_SUBSYS_KSET);

		if (num_is(k_num_at(private, KM_SUBSYS_CLASS), class))
			return NUM(private);
	}
	return NUM_UNKNOWN;
}

/* The struct device whose place in its class's list is at knode. */
static num device_of(uint64_t knode)
{
	if (k_has(KM_DEVICE_KNODE_CLASS))
		return NUM(k_container(knode, KM_DEVICE_KNODE_CLASS));
	return k_num_at(k_container(knode, KM_DEVICE_PRIVATE_KNODE_CLASS),
			KM_DEVICE_PRIVATE_DEVICE);
}

/* The gendisk that has the device for its whole disk, 0 when it is no such device. */
static num whole_disk(uint64_t device)
{
	uint64_t bdev = k_container(device, KM_BDEV_DEVICE);
	num disk = k_num_at(bdev, KM_BDEV_DISK), part0;

	if (k_has(KM_HD_DEVICE)) {
		uint64_t part = k_container(device, KM_HD_DEVICE);
		num number = k_num_at(part, KM_HD_PARTNO);

		return number.known ? NUM(number.v ? 0 : k_container(part, KM_DISK_PART0)) : number;
	}
	part0 = k_num_at(disk.v, KM_DISK_PART0);
	return part0.known ? NUM(part0.v == bdev ? disk.v : 0) : part0;
}

/* A partition's parent is the device of its disk. */
static bool is_partition(uint64_t device)
{
	num parent = k_num_at(device, KM_DEVICE_PARENT);

	return parent.v && whole_disk(parent.v).v;
}

static num index_of(const struct kobj *gendisk)
{
	num first = k_num(gendisk, KM_DISK_FIRST_MINOR), minors = k_num(gendisk, KM_DISK_MINORS);

	return first.known && minors.v ? NUM(first.v / minors.v) : NUM_UNKNOWN;
}

/* Adds the disk of a device when it has that major. False when that cannot be told. */
static bool add_disk(struct disks *disks, unsigned wanted, uint64_t device)
{
	num gendisk = whole_disk(device), devt = k_num_at(device, KM_DEVICE_DEVT), major;
	struct kobj o;

	if (!gendisk.v)
		return gendisk.known && is_partition(device);
	k_load(&o, K_GENDISK, gendisk.v);
	major = k_num(&o, KM_DISK_MAJOR);
	if (!major.known || !devt.known)
		return false;
	/* Where one of both is damaged, the other tells. */
	if (major.v == wanted || devt.v >> MINOR_BITS == wanted)
		*ARENA_PUSH(disks->v, disks->n) =
			(struct disk){gendisk.v, k_num(&o, KM_DISK_PRIVATE_DATA), index_of(&o)};
	return true;
}

struct disks disks_of_major(unsigned major)
{
	num class = k_symbol("block_class");
	num private = class.known ? private_of(class.v) : NUM_UNKNOWN;
	uint64_t klist = k_at(private.v, KM_SUBSYS_DEVICES);
	struct klist list = klist_of(NUM(k_at(klist, KM_KLIST_LIST)), "klist.k_list");
	struct disks disks = {.complete = true};

	while (klist_next(&list)) {
		uint64_t knode = k_container(list.node, KM_KLIST_NODE_NODE);
		num owner = k_num_at(knode, KM_KLIST_NODE_KLIST);

		/* Until who walks through the list lets go of it. */
		if (owner.known && owner.v == (klist | KNODE_DEAD))
			continue;
		disks.complete &=
			num_is(owner, klist) && add_disk(&disks, major, device_of(knode).v);
	}
	disks.complete &= list.complete;
	return disks;
}
