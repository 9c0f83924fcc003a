// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/kernel_log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "collect/clocks.h"
#include "collect/nbd_structs.h"
#include "resolve/kernel_types.h"
#include "resolve/symbols.h"

/* The longest message; a longer one is cut. LOG_LINE_MAX of printk() is 1024 less a prefix. */
#define MAX_TEXT 1024
/* CONFIG_LOG_BUF_SHIFT is 25 at most, log_buf_len= of the command line 31; each message takes 32 bytes on average. */
#define MAX_COUNT_BITS 26
#define MAX_SIZE_BITS  31
/* enum desc_state: the two highest bits of prb_desc.state_var; the others are the id. */
#define STATE_SHIFT	62
#define ID_MASK		((1ull << STATE_SHIFT) - 1)
#define STATE_COMMITTED 1
#define STATE_FINALIZED 2
/* prb_data_blk_lpos.begin of a message without text */
#define LPOS_DATALESS 1
/* The id before the text of a block */
#define BLOCK_HEADER sizeof(uint64_t)
/* printk_info.facility of what the kernel itself says (LOG_KERN) */
#define FACILITY_KERNEL 0
#define NS_PER_MSEC	1000000

struct context {
	struct report *report;
	num now_ns; /* of the clock that stamps the messages */
	num oldest_ns;
};

struct message {
	num facility, stamp_ns;
	uint64_t text;
	size_t len;
};

/* Whether a device's name begins at s, where a word begins: "nbd36", or a partition's, "nbd36p1". */
static bool is_name(const char *s, unsigned long *index)
{
	char *end;

	if (strncmp(s, "nbd", 3) != 0 || !isdigit((unsigned char)s[3]))
		return false;
	*index = strtoul(s + 3, &end, 10);
	if (*end == 'p' && isdigit((unsigned char)end[1]))
		strtoul(end + 1, &end, 10);
	return *index <= UINT32_MAX && !isalnum((unsigned char)*end) && *end != '_';
}

/* The first device that a message names, NULL when it names none of this kernel's. */
static struct device *device_named(const struct report *report, const char *text)
{
	for (const char *s = strstr(text, "nbd"); s; s = strstr(s + 1, "nbd")) {
		bool begins = s == text || (!isalnum((unsigned char)s[-1]) && s[-1] != '_');
		unsigned long index;

		if (begins && is_name(s, &index))
			return nbd_device_by_index(report, (uint32_t)index);
	}
	return NULL;
}

static num age_ms(const struct context *ctx, num stamp_ns)
{
	if (!stamp_ns.known || !ctx->now_ns.known)
		return NUM_UNKNOWN;
	return NUM(ctx->now_ns.v > stamp_ns.v ? (ctx->now_ns.v - stamp_ns.v) / NS_PER_MSEC : 0);
}

/* Keeps the message where it is the kernel's own and names a device. False when it could not be read. */
static bool take(struct context *ctx, const struct message *m)
{
	size_t len = m->len < MAX_TEXT ? m->len : MAX_TEXT;
	char text[MAX_TEXT + 1];
	struct log_line *line;
	struct device *dev;

	if (!m->facility.known || (len && !k_read(m->text, text, len, "text of the kernel's log")))
		return false;
	text[len] = '\0';
	dev = m->facility.v == FACILITY_KERNEL ? device_named(ctx->report, text) : NULL;
	if (m->stamp_ns.known && (!ctx->oldest_ns.known || m->stamp_ns.v < ctx->oldest_ns.v))
		ctx->oldest_ns = m->stamp_ns;
	if (!dev)
		return true;
	line = ARENA_PUSH(dev->log, dev->n_log);
	line->stamp_ns = m->stamp_ns;
	line->age_ms = age_ms(ctx, m->stamp_ns);
	line->text = name_escape_string(text, len);
	return true;
}

/* The ring of descriptors, that of what belongs to each, and that of the texts. */
struct ring {
	num count_bits, descs, infos, head, tail, size_bits, data;
};

/* Whether the block of a text lies in one piece, or, as it would not have fitted behind the others, at the beginning. */
static bool find_text(const struct ring *ring, uint64_t id, uint64_t begin, uint64_t next,
		      struct message *m)
{
	uint64_t size = 1ull << ring->size_bits.v, last = next - 1;
	uint64_t at = begin & (size - 1), end = (last & (size - 1)) + 1;

	if (begin >> ring->size_bits.v != last >> ring->size_bits.v)
		at = (begin + size) >> ring->size_bits.v == last >> ring->size_bits.v ? 0 : size;
	if (at + BLOCK_HEADER > end ||
	    !num_is(k_pointer(ring->data.v + at, "prb_data_block.id"), id))
		return false;
	m->text = ring->data.v + at + BLOCK_HEADER;
	if (m->len > end - at - BLOCK_HEADER)
		m->len = end - at - BLOCK_HEADER;
	return true;
}

/* False when the message could not be read, or was overwritten meanwhile. */
static bool take_from_ring(struct context *ctx, const struct ring *ring, uint64_t id)
{
	uint64_t slot = id & ((1ull << ring->count_bits.v) - 1);
	uint64_t desc = ring->descs.v + slot * k_sizeof(K_PRB_DESC);
	uint64_t block = k_at(desc, KM_PRB_DESC_TEXT);
	num state = k_num_at(desc, KM_PRB_DESC_STATE), len;
	num begin = k_num_at(block, KM_PRB_LPOS_BEGIN), next = k_num_at(block, KM_PRB_LPOS_NEXT);
	struct message m;
	struct kobj info;

	if (!state.known || (state.v & ID_MASK) != id || !begin.known || !next.known)
		return false;
	/* One that is just being written, or thrown away. */
	if (state.v >> STATE_SHIFT != STATE_COMMITTED && state.v >> STATE_SHIFT != STATE_FINALIZED)
		return true;
	k_load(&info, K_PRINTK_INFO, ring->infos.v + slot * k_sizeof(K_PRINTK_INFO));
	len = k_num(&info, KM_PRINTK_INFO_TEXT_LEN);
	m = (struct message){.facility = k_num(&info, KM_PRINTK_INFO_FACILITY),
			     .stamp_ns = k_num(&info, KM_PRINTK_INFO_STAMP),
			     .len = len.v};
	if (begin.v & LPOS_DATALESS)
		return true;
	return len.known && find_text(ring, id, begin.v, next.v, &m) && take(ctx, &m);
}

static void newest_last(struct report *report)
{
	for (size_t d = 0; d < report->n_devices; d++) {
		struct device *dev = &report->devices[d];

		for (size_t i = 0; i < dev->n_log / 2; i++) {
			struct log_line line = dev->log[i];

			dev->log[i] = dev->log[dev->n_log - 1 - i];
			dev->log[dev->n_log - 1 - i] = line;
		}
	}
}

/* From the newest message back to the oldest, or to one that cannot be read. */
static bool read_ring(struct context *ctx, uint64_t prb)
{
	uint64_t descs = k_at(prb, KM_PRB_DESC_RING), texts = k_at(prb, KM_PRB_TEXT_RING);
	struct ring ring = {.count_bits = k_num_at(descs, KM_PRB_DESC_RING_COUNT_BITS),
			    .descs = k_num_at(descs, KM_PRB_DESC_RING_DESCS),
			    .infos = k_num_at(descs, KM_PRB_DESC_RING_INFOS),
			    .head = k_num_at(descs, KM_PRB_DESC_RING_HEAD),
			    .tail = k_num_at(descs, KM_PRB_DESC_RING_TAIL),
			    .size_bits = k_num_at(texts, KM_PRB_DATA_RING_SIZE_BITS),
			    .data = k_num_at(texts, KM_PRB_DATA_RING_DATA)};
	uint64_t n = ((ring.head.v - ring.tail.v) & ID_MASK) + 1, id = ring.head.v & ID_MASK;
	bool complete = true;

	if (!ring.count_bits.v || ring.count_bits.v > MAX_COUNT_BITS || !ring.size_bits.v ||
	    ring.size_bits.v > MAX_SIZE_BITS || !ring.descs.v || !ring.infos.v || !ring.data.v ||
	    !ring.head.known || !ring.tail.known)
		return false;
	for (; n && complete && !k_interrupted(); n--, id = (id - 1) & ID_MASK)
		complete = take_from_ring(ctx, &ring, id);
	newest_last(ctx->report);
	return complete && !n;
}

static num number_in(const char *variable)
{
	num symbol = k_symbol(variable);
	uint32_t value;

	return symbol.known && k_read(symbol.v, &value, sizeof(value), variable) ? NUM(value)
										 : NUM_UNKNOWN;
}

/* Records in a row, each with the length by which the next one is found; one of length 0 ends the buffer, and the next is at its
 * beginning. */
static bool read_records(struct context *ctx, uint64_t log_buf)
{
	num size = number_in("log_buf_len"), next = number_in("log_next_idx");
	num at = number_in("log_first_idx");
	size_t header = k_sizeof(K_PRINTK_LOG);
	bool wrapped = false;

	if (!size.known || !next.known || !at.known)
		return false;
	while (at.v != next.v && !k_interrupted()) {
		struct kobj record;
		struct message m;
		num len, text_len;

		if (at.v + header > size.v || !k_load(&record, K_PRINTK_LOG, log_buf + at.v))
			return false;
		len = k_num(&record, KM_PRINTK_LOG_LEN);
		text_len = k_num(&record, KM_PRINTK_LOG_TEXT_LEN);
		if (!len.v && !wrapped) {
			wrapped = true;
			at = NUM(0);
			continue;
		}
		m = (struct message){.facility = k_num(&record, KM_PRINTK_LOG_FACILITY),
				     .stamp_ns = k_num(&record, KM_PRINTK_LOG_STAMP),
				     .text = log_buf + at.v + header,
				     .len = text_len.v};
		if (!text_len.known || len.v < header + text_len.v || at.v + len.v > size.v ||
		    !take(ctx, &m))
			return false;
		at.v += len.v;
	}
	return at.v == next.v;
}

void kernel_log_collect(struct report *report)
{
	struct context ctx = {.report = report, .now_ns = clock_scheduler_ns()};
	num prb = k_symbol("prb"), log_buf = k_symbol("log_buf");
	bool complete;

	if (k_sizeof(K_PRINTK_RINGBUFFER) && prb.known)
		complete = read_ring(&ctx, k_pointer(prb.v, "prb").v);
	else if (k_sizeof(K_PRINTK_LOG) && log_buf.known)
		complete = read_records(&ctx, k_pointer(log_buf.v, "log_buf").v);
	else
		return;
	report->log_known = complete;
	report->log_oldest_age_ms = age_ms(&ctx, ctx.oldest_ns);
	if (!complete)
		problem_add(&report->problems, "the kernel's log could not be read in full");
}
