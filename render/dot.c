// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report as a graph for Graphviz: openers, devices with their findings, connections (alike ones are one
 * node), the other ends, and who owns them.
 */
#include "render/renderer.h"

#include <string.h>

#include "base/arena.h"
#include "judge/fold.h"
#include "base/names.h"
#include "base/words.h"
#include "render/ends.h"
#include "judge/diagnosis.h"
#include "judge/facts.h"
#include "judge/findings.h"
#include "judge/phrases.h"
#include "judge/state.h"

/* Of nodes of one kind more than this are counted. */
#define MAX_NODES 12
/* Lines of a label fold at spaces behind this column. */
#define LABEL_WIDTH 44

#define RED    "#f8d0d0"
#define ORANGE "#fbe5c8"
#define GREEN  "#d9efd7"
#define GREY   "#ececec"
#define BLUE   "#dbe7f6"

/* Names come from the image; an index is a number whatever it holds. */
static const char *device_id(const struct device *dev)
{
	return arena_printf("nbd%u", dev->index);
}

/* Text as the inside of a dot string: folded, lines end with end ("\\n" centred, "\\l" to the left). */
static const char *label(const char *text, const char *end)
{
	char *copy = arena_alloc(3 * strlen(text) + 1), *out = copy;
	size_t column = 0;

	for (; *text; text++, column++) {
		if (*text == '\n' || (*text == ' ' && column >= LABEL_WIDTH)) {
			out = stpcpy(out, end);
			column = 0;
			continue;
		}
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
		*out++ = *text;
	}
	return copy;
}

static void node(FILE *out, const char *id, const char *shape, const char *colour, const char *text)
{
	fprintf(out, "    \"%s\" [shape=%s, fillcolor=\"%s\", label=\"%s\"];\n", id, shape, colour,
		label(text, "\\n"));
}

static void edge(FILE *out, const char *from, const char *to, const char *text)
{
	fprintf(out, "    \"%s\" -> \"%s\" [label=\"%s\"];\n", from, to, label(text, "\\n"));
}

/* A task is one node, whatever it owns. Dot draws a node once however often it is named. */
static const char *task_node(FILE *out, const struct task *t)
{
	const char *id = arena_printf("task_%llx", (unsigned long long)t->addr);

	node(out, id, "ellipse", strchr("DTtZX", t->state) ? RED : GREEN, phrase_task(t));
	return id;
}

static void draw_owners(FILE *out, const struct connection *conns, size_t n, bool peer,
			const char *end)
{
	const struct sock_info *s = peer ? conns->sock->peer : conns->sock;
	const struct file *file = s ? s->file : NULL;

	for (size_t i = 0; file && i < file->n_owners && i < MAX_NODES; i++) {
		const char *task = task_node(out, file->owners[i].task);
		const char *fds = fold_fds(conns, n, i, peer);

		if (peer)
			edge(out, end, task, fds);
		else
			edge(out, task, end, fds);
	}
	if (file && file->n_owners > MAX_NODES) {
		const char *id = arena_printf("%s_more", end);

		node(out, id, "ellipse", GREY,
		     arena_printf("%zu more", file->n_owners - MAX_NODES));
		edge(out, peer ? end : id, peer ? id : end, "");
	}
}

static const char *peer_colour(const struct connection *c)
{
	switch (c->sock->peer_status) {
	case PEER_OPEN:
		return c->server.state >= SERVER_STOPPED ? RED : BLUE;
	case PEER_REMOTE:
		return BLUE;
	case PEER_UNKNOWN:
		return GREY;
	case PEER_NOT_ACCEPTED:
		return ORANGE;
	default:
		return RED;
	}
}

/* Who could accept the connection and has not. */
static void draw_listener(FILE *out, const struct sock_info *s, const char *peer)
{
	const char *id = s->listener ? task_node(out, s->listener) : NULL;

	if (id)
		fprintf(out, "    \"%s\" -> \"%s\" [style=dashed, label=\"listens\"];\n", peer, id);
}

static void draw_peer(FILE *out, const struct connection *conns, size_t n, const char *conn)
{
	const struct sock_info *s = conns->sock;
	const char *status = phrase_peer_status(s->peer_status),
		   *id = arena_printf("%s_peer", conn);
	const char *text = s->peer_status == PEER_UNKNOWN && num_is(s->peer_sk, 0) ? "no other end"
			   : status						   ? status
										   : "unknown";

	if (phrase_listener(s) && (!s->peer || !s->peer->file || !s->peer->file->n_owners))
		text = arena_printf("%s\n%s", text, phrase_listener(s));
	node(out, id, "box", peer_colour(conns),
	     arena_printf("%s\n%s", text, s->remote ? s->remote : "(unnamed)"));
	edge(out, conn, id, n == 1 ? "" : arena_printf("%zu", n));
	draw_owners(out, conns, n, true, id);
	if (s->peer_status == PEER_NOT_ACCEPTED)
		draw_listener(out, s, id);
}

static void draw_connections(FILE *out, const struct device *dev)
{
	const char *device = device_id(dev);
	size_t drawn = 0;

	for (size_t i = 0, run; i < dev->n_conns; i += run, drawn++) {
		const struct connection *c = &dev->conns[i];
		const char *id = arena_printf("%s_%u", device, c->index);

		if (drawn == MAX_NODES) {
			id = arena_printf("%s_more", device);
			node(out, id, "box", GREY,
			     arena_printf("%s more", word_count(dev->n_conns - i, "connection")));
			edge(out, device, id, "");
			return;
		}
		run = fold_run(c, dev->n_conns - i);
		node(out, id, "box", num_is(c->dead, 1) ? RED : BLUE,
		     arena_printf("%s\nindex %s, %s\nreferences %s", word_count(run, "connection"),
				  end_index(c, run), end_connection_state(c),
				  end_references(c->sock->file)));
		edge(out, device, id, "");
		draw_owners(out, c, run, false, id);
		draw_peer(out, c, run, id);
	}
}

static void draw_opener(FILE *out, const struct opener *o, const char *id, const char *to)
{
	if (o->task)
		id = task_node(out, o->task);
	else
		node(out, id, "ellipse", GREEN, phrase_opener(o));
	edge(out, id, to,
	     o->task ? arena_printf("open, fd %u", o->fd) : phrase_opener_kind(o->kind));
}

/* A stacked device is one node, whatever it stands on. */
static const char *stacked_id(const struct stacked *s)
{
	return arena_printf("gendisk_%llx", (unsigned long long)s->gendisk);
}

/* Openers of the node to. */
static void draw_openers(FILE *out, const struct opener *openers, size_t n, const char *to)
{
	for (size_t i = 0; i < n && i < MAX_NODES; i++) {
		const struct opener *o = &openers[i];

		if (o->stacked)
			edge(out, stacked_id(o->stacked), to, phrase_opener_kind(o->kind));
		else
			draw_opener(out, o, arena_printf("%s_opener%zu", to, i), to);
	}
	if (n > MAX_NODES) {
		const char *id = arena_printf("%s_openers", to);

		node(out, id, "ellipse", GREY,
		     arena_printf("%s more", word_count(n - MAX_NODES, "opener")));
		edge(out, id, to, "");
	}
}

static void draw_above(FILE *out, const struct device *dev)
{
	for (size_t i = 0; i < dev->n_above && i < MAX_NODES; i++) {
		const struct stacked *s = dev->above[i].stacked;

		node(out, stacked_id(s), "box3d", BLUE,
		     arena_printf("%s\non %s", phrase_stacked(s), dev->above[i].on));
		draw_openers(out, s->openers, s->n_openers, stacked_id(s));
	}
}

static void draw_waiters(FILE *out, const struct device *dev)
{
	for (size_t i = 0; i < dev->n_waiters && i < MAX_NODES; i++) {
		const struct waiter *w = &dev->waiters[i];

		edge(out, task_node(out, w->task), device_id(dev),
		     arena_printf("waits in %s", w->blocked_in ? w->blocked_in : "?"));
	}
}

/* Errors and warnings, in one note beside the device. */
static void draw_findings(FILE *out, const struct device *dev)
{
	const char *all = NULL, *id = arena_printf("%s_findings", device_id(dev));
	size_t n = findings_at_least(dev, SEVERITY_WARNING);

	for (size_t i = 0; i < n; i++)
		all = word_append(
			all, "",
			label(arena_printf("%s\n", phrase_finding(&dev->findings[i])), "\\l"));
	if (!n)
		return;
	fprintf(out, "    \"%s\" [shape=note, fillcolor=\"%s\", label=\"%s\"];\n", id,
		findings_at_least(dev, SEVERITY_ERROR) ? RED : ORANGE, all);
	fprintf(out, "    \"%s\" -> \"%s\" [style=dashed, arrowhead=none];\n", id, device_id(dev));
}

static const char *state_colour(const struct device *dev)
{
	static const char *const colours[DEVICE_STATES] = {
		[STATE_PINNED] = RED, [STATE_DEAD] = RED,	[STATE_DISCONNECTING] = RED,
		[STATE_STUCK] = RED,  [STATE_UNKNOWN] = ORANGE, [STATE_SLOW] = ORANGE,
	};
	const char *colour = dev->diagnosis ? colours[dev->diagnosis->state] : NULL;

	if (colour)
		return colour;
	return diagnosis_is_trouble(dev) || findings_at_least(dev, SEVERITY_WARNING) ? ORANGE
										     : GREEN;
}

static void draw_device(FILE *out, const struct report *report, const struct device *dev)
{
	const struct diagnosis *d = dev->diagnosis;

	node(out, device_id(dev), "box3d", state_colour(dev),
	     arena_printf("%s%s%s%s\n%s\n%s live, %s dead, %s receivers\n%s", dev->name,
			  d ? arena_printf(": %s", state_word(d->state)) : "",
			  diagnosis_is_trouble(dev) ? "\n" : "",
			  diagnosis_is_trouble(dev) ? d->cause : "",
			  fact_is_unconfigured(dev) ? "not configured"
						    : phrase_runtime_flags(report, dev),
			  word_decimal(dev->live_connections), word_decimal(dev->n_dead),
			  word_decimal(dev->recv_threads),
			  dev->requests_known ? arena_printf("%s in flight",
							     word_count(dev->n_requests, "request"))
					      : "requests unknown"));
	draw_findings(out, dev);
	draw_openers(out, dev->openers, dev->n_openers, device_id(dev));
	draw_above(out, dev);
	draw_waiters(out, dev);
	draw_connections(out, dev);
}

static void begin(const struct rendering *r)
{
	fprintf(r->out, "digraph nbd {\n"
			"    rankdir=LR;\n"
			"    node [style=filled, fontname=\"sans-serif\", fontsize=11];\n"
			"    edge [fontname=\"sans-serif\", fontsize=10];\n");
}

static void device(const struct rendering *r, const struct device *dev)
{
	draw_device(r->out, r->report, dev);
}

static void end_of_devices(const struct rendering *r)
{
	fprintf(r->out, "}\n");
}

const struct renderer renderer_dot = {"--dot", begin, device, end_of_devices, NULL, NULL, NULL};
