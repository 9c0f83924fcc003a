// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_log.h"

#include <string.h>

#define COUNT_BITS	4
#define COUNT		(1u << COUNT_BITS)
#define SIZE_BITS	9
#define ID_MASK		((1ull << 62) - 1)
#define STATE_COMMITTED (1ull << 62)
#define STATE_REUSABLE	(3ull << 62)
#define BLOCK_HEADER	8
#define NSEC_PER_MSEC	1000000ull

_Static_assert(MESSAGE_LOG_SIZE == 1 << SIZE_BITS, "one size");

static uint64_t symbol(const struct image *image, const char *name)
{
	const char *at;
	uint64_t addr = 0;

	for (size_t i = 0; (at = image_symbol_name(image, i, &addr)); i++) {
		if (!strcmp(at, name))
			return addr;
	}
	return 0;
}

static uint64_t load(const struct image *image, uint64_t variable)
{
	return image_get(image, variable, "list_head", "next");
}

static uint32_t load_int(const struct image *image, const char *name)
{
	return (uint32_t)image_get(image, symbol(image, name), "refcount_t", "refs");
}

static void store_int(struct image *image, const char *name, uint32_t value)
{
	image_write(image, symbol(image, name), &value, sizeof(value));
}

uint64_t message_log_of(const struct image *image)
{
	bool ring = image_has(image, "printk_ringbuffer", NULL);

	return load(image, symbol(image, ring ? "prb" : "log_buf"));
}

/* As prb_init() leaves it: the last slot is taken, by nothing, and both positions are about to wrap. */
static void build_ring(struct image *image)
{
	uint64_t prb = image_new(image, "printk_ringbuffer"), id = -(uint64_t)(COUNT + 1) & ID_MASK;
	uint64_t descs = image_array(image, "prb_desc", COUNT);
	uint64_t last = descs + (COUNT - 1) * image_sizeof(image, "prb_desc");

	image_pointer(image, "prb", prb);
	image_set(image, prb, "printk_ringbuffer", "desc_ring.count_bits", COUNT_BITS);
	image_set(image, prb, "printk_ringbuffer", "desc_ring.descs", descs);
	image_set(image, prb, "printk_ringbuffer", "desc_ring.infos",
		  image_array(image, "printk_info", COUNT));
	image_set(image, prb, "printk_ringbuffer", "desc_ring.head_id", id);
	image_set(image, prb, "printk_ringbuffer", "desc_ring.tail_id", id);
	image_set(image, last, "prb_desc", "state_var", STATE_REUSABLE | id);
	image_set(image, prb, "printk_ringbuffer", "text_data_ring.size_bits", SIZE_BITS);
	image_set(image, prb, "printk_ringbuffer", "text_data_ring.data",
		  image_array(image, "u64", MESSAGE_LOG_SIZE / 8));
	image_set(image, prb, "printk_ringbuffer", "text_data_ring.head_lpos",
		  -(uint64_t)MESSAGE_LOG_SIZE);
}

void message_log_build(struct image *image)
{
	static const char *const numbers[] = {"log_buf_len", "log_first_idx", "log_next_idx"};

	if (image_has(image, "printk_ringbuffer", NULL)) {
		build_ring(image);
		return;
	}
	image_pointer(image, "log_buf", image_array(image, "u64", MESSAGE_LOG_SIZE / 8));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		image_variable(image, numbers[i], "refcount_t");
	store_int(image, "log_buf_len", MESSAGE_LOG_SIZE);
}

/* Where a block of this size goes; *next becomes the position behind it. */
static uint64_t place(uint64_t head, size_t size, uint64_t *next)
{
	*next = head + size;
	if (head >> SIZE_BITS == *next >> SIZE_BITS)
		return head & (MESSAGE_LOG_SIZE - 1);
	*next = (*next >> SIZE_BITS << SIZE_BITS) + size;
	return 0;
}

/* What lies where the new block comes is of no use any more. */
static void drop_overwritten(struct image *image, uint64_t descs, uint64_t next)
{
	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t desc = descs + i * image_sizeof(image, "prb_desc");
		uint64_t state = image_get(image, desc, "prb_desc", "state_var");

		if (next - image_get(image, desc, "prb_desc", "text_blk_lpos.begin") >
		    MESSAGE_LOG_SIZE)
			image_set(image, desc, "prb_desc", "state_var", state | STATE_REUSABLE);
	}
}

static void add_to_ring(struct image *image, unsigned facility, unsigned stamp_ms, const char *text)
{
	uint64_t prb = message_log_of(image), next;
	uint64_t id = image_get(image, prb, "printk_ringbuffer", "desc_ring.head_id") + 1;
	uint64_t tail = image_get(image, prb, "printk_ringbuffer", "desc_ring.tail_id");
	uint64_t head = image_get(image, prb, "printk_ringbuffer", "text_data_ring.head_lpos");
	uint64_t data = image_get(image, prb, "printk_ringbuffer", "text_data_ring.data");
	uint64_t descs = image_get(image, prb, "printk_ringbuffer", "desc_ring.descs");
	uint64_t desc = descs + (id & (COUNT - 1)) * image_sizeof(image, "prb_desc");
	uint64_t info = image_get(image, prb, "printk_ringbuffer", "desc_ring.infos") +
			(id & (COUNT - 1)) * image_sizeof(image, "printk_info");
	size_t len = strlen(text), size = (BLOCK_HEADER + len + 7) & ~(size_t)7;
	uint64_t block = data + place(head, size, &next);

	id &= ID_MASK;
	drop_overwritten(image, descs, next);
	if (((id - tail) & ID_MASK) >= COUNT)
		image_set(image, prb, "printk_ringbuffer", "desc_ring.tail_id",
			  (tail + 1) & ID_MASK);
	image_write(image, block, &id, BLOCK_HEADER);
	image_write(image, block + BLOCK_HEADER, text, len);
	image_set(image, info, "printk_info", "ts_nsec", stamp_ms * NSEC_PER_MSEC);
	image_set(image, info, "printk_info", "text_len", len);
	image_set(image, info, "printk_info", "facility", facility);
	image_set(image, desc, "prb_desc", "state_var", STATE_COMMITTED | id);
	image_set(image, desc, "prb_desc", "text_blk_lpos.begin", head);
	image_set(image, desc, "prb_desc", "text_blk_lpos.next", next);
	image_set(image, prb, "printk_ringbuffer", "desc_ring.head_id", id);
	image_set(image, prb, "printk_ringbuffer", "text_data_ring.head_lpos", next);
}

/* The record behind another one; behind one of length 0 is the beginning. */
static uint32_t step(const struct image *image, uint64_t buffer, uint32_t at)
{
	uint32_t len = (uint32_t)image_get(image, buffer + at, "printk_log", "len");

	return len ? at + len : 0;
}

/* The oldest ones are dropped for the new one, behind which one of length 0 must fit. */
static void make_room(struct image *image, uint64_t buffer, size_t size)
{
	uint32_t next = load_int(image, "log_next_idx"), first = load_int(image, "log_first_idx");

	size += image_sizeof(image, "printk_log");
	while (first > next && first < next + size)
		first = step(image, buffer, first);
	if (next + size > MESSAGE_LOG_SIZE) {
		image_set(image, buffer + next, "printk_log", "len", 0);
		store_int(image, "log_next_idx", 0);
		while (first < size)
			first = step(image, buffer, first);
	}
	store_int(image, "log_first_idx", first);
}

static void add_record(struct image *image, unsigned facility, unsigned stamp_ms, const char *text)
{
	size_t len = strlen(text), header = image_sizeof(image, "printk_log");
	size_t size = (header + len + 7) & ~(size_t)7;
	uint64_t buffer = message_log_of(image), record;

	make_room(image, buffer, size);
	record = buffer + load_int(image, "log_next_idx");
	image_set(image, record, "printk_log", "ts_nsec", stamp_ms * NSEC_PER_MSEC);
	image_set(image, record, "printk_log", "len", size);
	image_set(image, record, "printk_log", "text_len", len);
	image_set(image, record, "printk_log", "facility", facility);
	image_write(image, record + header, text, len);
	store_int(image, "log_next_idx", load_int(image, "log_next_idx") + (uint32_t)size);
}

void message_log_add(struct image *image, unsigned facility, unsigned stamp_ms, const char *text)
{
	if (image_has(image, "printk_ringbuffer", NULL))
		add_to_ring(image, facility, stamp_ms, text);
	else
		add_record(image, facility, stamp_ms, text);
}
