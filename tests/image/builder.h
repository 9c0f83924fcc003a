// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel memory made by hand: objects laid out as a layout says, in an image that grows.
 *
 * Objects are addresses, zeroed when new. Members are named as layout_member() has them. What a layout
 * lacks ends the program: ask image_has() before, where kernels differ.
 */
#ifndef NBD_TEST_BUILDER_H
#define NBD_TEST_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

struct image;

/* The layout must outlive the image. Free with image_free(). */
struct image *image_create(const struct layout *layout);
void image_free(struct image *image);
const struct layout *image_layout(const struct image *image);

/* Memory for a structure or n of them; for n bytes; for a copy of a string. */
uint64_t image_new(struct image *image, const char *type);
uint64_t image_array(struct image *image, const char *type, size_t n);
uint64_t image_string(struct image *image, const char *text);

/* Zeroed memory of a size that is a power of two, at a multiple of it: a kernel stack. */
uint64_t image_stack(struct image *image, size_t size);

/* Does this kernel have the structure (member NULL), or the member? */
bool image_has(const struct image *image, const char *type, const char *member);

/* Address of a member of the object. */
uint64_t image_at(const struct image *image, uint64_t object, const char *type, const char *member);

/* The object whose member is at addr. */
uint64_t image_container(const struct image *image, uint64_t addr, const char *type,
			 const char *member);

/* Size of a structure; of a member. */
size_t image_sizeof(const struct image *image, const char *type);
size_t image_member_size(const struct image *image, const char *type, const char *member);

/* A number or a pointer, in as many bytes as the member has (8 at most). */
void image_set(struct image *image, uint64_t object, const char *type, const char *member,
	       uint64_t value);
uint64_t image_get(const struct image *image, uint64_t object, const char *type,
		   const char *member);

/* image_set() where this kernel has the member; else false. */
bool image_try_set(struct image *image, uint64_t object, const char *type, const char *member,
		   uint64_t value);

/* Text into a member that is an array of characters. */
void image_set_text(struct image *image, uint64_t object, const char *type, const char *member,
		    const char *text);

/* Bare memory: len bytes, or the i-th pointer of an array. */
void image_write(struct image *image, uint64_t addr, const void *bytes, size_t len);
void image_set_pointer(struct image *image, uint64_t array, size_t i, uint64_t value);

/* list_head: an empty list, and one more node at its end. */
void image_list_init(struct image *image, uint64_t head);
void image_list_add(struct image *image, uint64_t head, uint64_t node);

/* hlist_head or hlist_nulls_head at head: one more node at its beginning. */
void image_hlist_add(struct image *image, uint64_t head, uint64_t node);

/* A symbol of data at addr; a zeroed structure with a symbol; a pointer variable with a symbol. */
void image_symbol(struct image *image, const char *name, uint64_t addr, size_t size);
uint64_t image_variable(struct image *image, const char *name, const char *type);
uint64_t image_pointer(struct image *image, const char *name, uint64_t value);

/* Code: a function of the kernel proper or of a module, size bytes of nothing in particular. */
enum image_code { KERNEL_CODE, MODULE_CODE };
uint64_t image_function(struct image *image, enum image_code where, const char *name, size_t size);

/* Where the code of the kernel or the module begins, and how much there is so far. */
uint64_t image_code(const struct image *image, enum image_code where, size_t *size);

/* An x86 call of callee, offset bytes into function; returns the address behind it. */
uint64_t image_call(struct image *image, uint64_t function, size_t offset, uint64_t callee);

/* Memory of the module that is no function. */
uint64_t image_module_data(struct image *image, size_t size);

/* The i-th symbol: its name, NULL when there are no more, and its address. */
const char *image_symbol_name(const struct image *image, size_t i, uint64_t *addr);

/* Leaves so many bytes out of the image, as a dump that was cut short or filtered does. */
void image_cut(struct image *image, uint64_t addr, size_t len);

/* All that image_new(), image_array() and image_string() gave, in their order: what may be cut. */
struct image_object {
	uint64_t addr;
	size_t size;
	const char *what; /* type, or "string" */
};
const struct image_object *image_objects(const struct image *image, size_t *n);

/* nbd's debuginfo is not loaded: its structures are left out of the layouts. */
void image_without_nbd_debuginfo(struct image *image);

/* The whole as an ELF core file of *size bytes, see image_format.h; free() it. */
void *image_elf(struct image *image, size_t *size);

#endif
