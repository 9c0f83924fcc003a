// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be added to the small scene, each by itself or all together. */
#ifndef NBD_TEST_EXTRAS_H
#define NBD_TEST_EXTRAS_H

#include "scene.h"

#define EXTRA_STACK_SIZE 16384

/* More openers of the device: an ext4 mounted on /mnt, a swap area, and dm-0 upon it. */
void extra_mount(struct scene *s);
/* The same, and beside it one mount in another namespace and one that was unmounted lazily. */
#define EXTRA_MNT_NS  4026531841u
#define EXTRA_KEPT_FD 6
struct extra_mounts {
	struct kernel_task pod, keeper;
	uint64_t detached;
};
struct extra_mounts extra_mounts(struct scene *s);
void extra_swap(struct scene *s);

/* dm-0 "vg-lv" on the device, md1 on that, which the opener has open as fd EXTRA_MD_FD; md1 is the first disk. */
#define EXTRA_DM_NAME "vg-lv"
#define EXTRA_MD_FD   8
struct extra_stack {
	struct kernel_disk md, dm;
	uint64_t cell; /* struct hash_cell */
};
struct extra_stack extra_stacked(struct scene *s);

/* loop5 on a file of the ext4 that extra_mount() has made. Not before 4.11. */
void extra_loop(struct scene *s);

/* More references to the files of nbd's sockets: the first one's waits in an AF_UNIX queue, the second
 * one's is registered with an io_uring of the opener. */
void extra_message(struct scene *s);
void extra_ring(struct scene *s);
void extra_ring_of(struct scene *s, uint64_t registered);

/* A third connection, over TCP to port 10809 of this host; the client owns nbd's end, as the next fd,
 * and the server the other. */
void extra_tcp(struct scene *s);

/* nbd as a module, whose code calls what a 6.1 kernel's does and holds its messages. */
void extra_module(struct scene *s);

/* The module's own table of symbols anew: all of them, or functions alone, as without CONFIG_KALLSYMS_ALL. */
void extra_kallsyms(struct scene *s, bool all);

/* The list of the module's sections that the kernel keeps: ".text", ".data", ".note.gnu.build-id" with such a note. */
struct extra_sections {
	uint64_t data, note; /* where these two are */
	uint64_t files;	     /* the array of pointers */
};
struct extra_sections extra_sections(struct scene *s, const void *build_id, size_t len);

/* A task in D that wants config_lock (it is unwound with ORC tables, beside them lies what would mislead),
 * one that holds it, and two that wait for the request: one has a page of it on its stack, the other is
 * told of its end. */
struct extra_waiters {
	struct kernel_task ioctl, holder, fsync, told;
	/* It waits for the rwsem of an inode of the ext4, where there is one; fsync holds it. */
	struct kernel_task blocked;
	uint64_t inode, rwsem_waiter;
	uint64_t in_schedule, in_recvfrom, in_blkdev_ioctl, in_add_socket; /* return addresses */
};
struct extra_waiters extra_waiters(struct scene *s);

/* Requests that wait outside nbd, one in each place; of another one the block layer has taken the list that it has for
 * flushes, where it has one. And a task that waits for a tag. The first queue gets an I/O scheduler's tags for that. */
struct extra_waiting {
	uint64_t tags, dispatch, requeue, behind_flush, scheduler, on_the_way;
	struct kernel_task sleeper;
};
struct extra_waiting extra_waiting(struct scene *s);

/* A reference to nbd's end of the first connection, of the client's second thread inside recvfrom(), and one to the
 * server's end, of the opener inside poll(). w: of the same scene, whose functions the thread's stack has. */
struct extra_calls {
	uint64_t regs, poll_entry;
};
struct extra_calls extra_calls(struct scene *s, const struct extra_waiters *w);

/* All of these that this kernel can have. */
void extra_all(struct scene *s);

/* nbd's layouts in BTF, as kernels from 5.11 on keep it, and not in debuginfo. */
void extra_btf(struct scene *s);

/* The two parts of it; btf__free() them, the module's first. */
struct btf;
struct btf *extra_btf_kernel(void);
struct btf *extra_btf_module(const struct scene *s, struct btf *base);

/* All structures of the kernel proper, as its vmlinux has them, but those whose names begin with without (may be NULL);
 * and such a file of an open fd. */
struct btf *extra_btf_all(const struct image *image, const char *without);
void extra_vmlinux(int fd, const struct btf *btf);

#endif
