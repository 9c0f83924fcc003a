// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/block_devices.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/names.h"
#include "resolve/klist.h"
#include "resolve/symbols.h"

/* include/linux/genhd.h, include/linux/kdev_t.h */
#define DISK_NAME_LEN 32

/* The device numbers of one nbd device. */
struct numbers {
	num major, first_minor, minors;
};

static struct numbers read_numbers(const struct kobj *gendisk)
{
	return (struct numbers){k_num(gendisk, KM_DISK_MAJOR), k_num(gendisk, KM_DISK_FIRST_MINOR),
				k_num(gendisk, KM_DISK_MINORS)};
}

static bool are_known(const struct numbers *n)
{
	return n->major.known && n->first_minor.known && n->minors.known;
}

/* The number of a partition of a disk with these numbers, 0 of the whole disk. */
static uint32_t partition_of(const struct numbers *n, uint32_t number)
{
	uint32_t major = number >> MINOR_BITS, minor = number & ((1u << MINOR_BITS) - 1);
	bool inside = n->major.v == major && minor >= n->first_minor.v &&
		      minor < n->first_minor.v + (n->minors.v ? n->minors.v : 1);

	return inside ? (uint32_t)(minor - n->first_minor.v) : PARTITION_UNKNOWN;
}

/* Finds the nbd device that a block_device belongs to. Its number tells; bd_disk, which kernels up to 5.10
 * keep only while it is open, also knows partitions beyond the device's own minors. */
static void find_device(const struct report *report, const struct numbers *numbers,
			struct block_device *b)
{
	for (size_t i = 0; i < report->n_devices; i++) {
		struct device *dev = &report->devices[i];
		uint32_t partition;

		if (!are_known(&numbers[i]))
			continue;
		partition = partition_of(&numbers[i], b->number);
		if (partition == PARTITION_UNKNOWN && (!b->disk || b->disk != dev->gendisk))
			continue;
		b->nbd = dev;
		b->partition = partition;
		return;
	}
}

void block_devices_are_stacked(struct block_devices *all, const struct kobj *gendisk,
			       struct stacked *stacked)
{
	struct numbers numbers = read_numbers(gendisk);

	for (size_t i = 0; i < all->n; i++) {
		struct block_device *b = &all->v[i];

		if (b->disk != gendisk->addr || b->nbd)
			continue;
		b->stacked = stacked;
		b->partition =
			are_known(&numbers) ? partition_of(&numbers, b->number) : PARTITION_UNREAD;
	}
}

const char *block_device_name(const struct block_device *b)
{
	const char *disk = b->nbd ? b->nbd->name : b->stacked->name;
	size_t len = strlen(disk);

	if (!b->partition)
		return disk;
	if (b->partition == PARTITION_UNREAD)
		return arena_printf("%s?", disk);
	/* Mirrors bdevname() of the kernel. */
	return arena_printf("%s%s%s", disk, len && isdigit((unsigned char)disk[len - 1]) ? "p" : "",
			    b->partition == PARTITION_UNKNOWN ? "?"
							      : arena_printf("%u", b->partition));
}

struct block_devices block_devices_read(struct report *report)
{
	num symbol = k_symbol("blockdev_superblock");
	num sb = symbol.known ? k_pointer(symbol.v, "blockdev_superblock") : NUM_UNKNOWN;
	struct numbers *numbers = arena_alloc(report->n_devices * sizeof(*numbers));
	bool *numbered = arena_alloc(report->n_devices * sizeof(*numbered));
	struct block_devices all = {.numbered = numbered, .disks_known = true};
	struct klist inodes;

	for (size_t i = 0; i < report->n_devices; i++) {
		struct kobj gendisk;

		k_load(&gendisk, K_GENDISK, report->devices[i].gendisk);
		numbers[i] = read_numbers(&gendisk);
		numbered[i] = are_known(&numbers[i]);
	}
	if (!k_has(KM_SB_INODES) || !k_has(KM_INODE_SB_LIST) || !k_has(KM_BDEV_INODE_BDEV) ||
	    !k_has(KM_BDEV_INODE_VFS_INODE) || !k_has(KM_INODE_DATA))
		return all;
	all.complete = true;
	inodes = klist_of(sb.known ? NUM(k_at(sb.v, KM_SB_INODES)) : sb, "super_block.s_inodes");
	while (klist_next(&inodes)) {
		uint64_t inode = k_container(inodes.node, KM_INODE_SB_LIST);
		struct block_device *b;
		struct kobj o;
		num dev_t;

		k_load(&o, K_BLOCK_DEVICE,
		       k_at(k_container(inode, KM_BDEV_INODE_VFS_INODE), KM_BDEV_INODE_BDEV));
		dev_t = k_num(&o, KM_BDEV_DEV);
		if (!dev_t.known) {
			all.complete = false;
			continue;
		}
		b = ARENA_PUSH(all.v, all.n);
		b->addr = o.addr;
		b->inode = inode;
		b->disk = k_num(&o, KM_BDEV_DISK).v;
		all.disks_known &= k_num(&o, KM_BDEV_DISK).known;
		b->openers = k_signed(&o, KM_BDEV_OPENERS);
		b->holder = k_num(&o, KM_BDEV_HOLDER);
		b->holder_dir = k_num(&o, KM_BDEV_HOLDER_DIR);
		b->number = (uint32_t)dev_t.v;
		find_device(report, numbers, b);
	}
	all.complete &= inodes.complete;
	return all;
}

const char *block_devices_disk_name(const struct kobj *gendisk)
{
	char name[DISK_NAME_LEN];

	return k_bytes(gendisk, KM_DISK_NAME, name, sizeof(name))
		       ? name_escape_string(name, sizeof(name))
		       : NULL;
}
