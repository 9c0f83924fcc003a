// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything about one device: its parts, each of which is an option of its own, too. */
#include "render/report.h"

#include <string.h>

#include "base/arena.h"
#include "judge/fold.h"
#include "base/names.h"
#include "base/words.h"
#include "judge/attach.h"
#include "render/ends.h"
#include "render/openers.h"
#include "judge/facts.h"
#include "base/flags.h"
#include "judge/phrases.h"
#include "judge/ways_out.h"
#include "render/renderer.h"
#include "render/text_table.h"

/* More different names of peers than this are counted in nbd -d. */
#define MAX_NAMES_SHOWN 8
/* So are requests, openers and waiters, of which -r and -o list all. */
#define MAX_ROWS_SHOWN 16
/* The tasks that wait for one request. */
#define MAX_WAITERS_NAMED 3

static const char *server_flags_text(const struct device *dev)
{
	const char *names[FLAG_BITS];
	size_t n = flags_server_names(dev->server_flags.v, names);

	return dev->server_flags.known ? flags_join(names, n) : "?";
}

static size_t run_length(const struct device *dev, size_t first,
			 const struct render_options *options)
{
	return options->unfolded ? 1 : fold_run(dev->conns + first, dev->n_conns - first);
}

/* Requests that nbd works on: each holds a reference to the config meanwhile. */
static size_t requests_in_nbd(const struct device *dev)
{
	size_t n = dev->n_reconnect_waiters + fact_behind_senders(dev, false) +
		   fact_behind_senders(dev, true);

	for (size_t c = 0; c < dev->n_conns; c++)
		n += fact_request_of(dev, dev->conns[c].sender) != NULL;
	return n;
}

/* What config_refs is made of, with what the sum lacks or has too much of. */
static const char *references_text(const struct device *dev)
{
	const struct waiter *w = fact_waiter_inside_open(dev);
	int64_t refs = (int64_t)dev->config_refs.v, sum;
	const char *parts;

	if (!dev->config_refs.known || !dev->openers_expected.known || !dev->recv_threads.known ||
	    !dev->runtime_flags.known)
		return word_decimal(dev->config_refs);
	sum = (int64_t)(dev->openers_expected.v + dev->recv_threads.v) +
	      fact_has_flag(dev, RT_HAS_CONFIG_REF);
	parts = arena_printf("%lld = %s + %s%s", (long long)refs,
			     word_count(dev->openers_expected.v, "opener"),
			     word_count(dev->recv_threads.v, "receiver"),
			     fact_has_flag(dev, RT_HAS_CONFIG_REF) ? " + 1 netlink" : "");
	if (requests_in_nbd(dev) && refs >= sum + (int64_t)requests_in_nbd(dev)) {
		sum += (int64_t)requests_in_nbd(dev);
		parts = arena_printf("%s + %s in nbd", parts,
				     word_count(requests_in_nbd(dev), "request"));
	}
	if (refs > sum)
		/* nbd_open() takes its reference before the opener is counted. */
		parts = arena_printf("%s + %lld %s", parts, (long long)(refs - sum),
				     w ? arena_printf("in open (%s)", phrase_name(w->task))
				       : "unexplained");
	else if (refs < sum)
		parts = arena_printf("%s - %lld unexplained", parts, (long long)(sum - refs));
	return parts;
}

static const char *openers_text(const struct device *dev)
{
	if (!dev->openers_expected.known)
		return dev->n_openers ? arena_printf("%s found, the kernel's count is unknown",
						     word_count(dev->n_openers, "opener"))
				      : "?";
	return arena_printf("%llu by the kernel's count, %zu found%s",
			    (unsigned long long)dev->openers_expected.v, dev->openers_found,
			    fact_openers_in_open(dev)
				    ? arena_printf(", %zu still in open", fact_openers_in_open(dev))
				    : "");
}

/* What a netlink client has called the server; without -v only where it has. */
static void print_backend(FILE *out, const struct device *dev, bool always)
{
	const char *none = dev->has_backend.absent	 ? "not kept by this kernel"
			   : num_is(dev->has_backend, 0) ? "not named by the client"
							 : "?";

	if (dev->backend || always)
		text_wrapped(out, 2, "backend        ", dev->backend ? dev->backend : none);
}

static void print_head(FILE *out, const struct report *report, const struct device *dev,
		       bool unfolded)
{
	bool by_pid = dev->recv_pid.known;

	fprintf(out, "%s  nbd_device %s  gendisk %s  config %s\n", dev->name,
		word_hex(dev->nbd_device), word_hex(dev->gendisk),
		fact_is_unconfigured(dev) ? "none" : word_hex(dev->config));
	if (dev->diagnosis) {
		report_diagnosis(out, dev);
		fprintf(out, "\nFACTS\n");
	}
	if (fact_is_unconfigured(dev)) {
		fprintf(out, "  not configured: no connections; size %s\n",
			word_size(dev->capacity_bytes));
		return;
	}
	fprintf(out, "  size           %s, blocks of %s\n", word_size(dev->capacity_bytes),
		word_size(dev->block_size));
	fprintf(out, "  connections    %s: %s live, %s dead, %s receiver%s\n",
		word_decimal(dev->num_connections), word_decimal(dev->live_connections),
		word_decimal(dev->n_dead), word_decimal(dev->recv_threads),
		num_is(dev->recv_threads, 1) ? "" : "s");
	fprintf(out, "  runtime_flags  %s = %s\n", word_decimal(dev->runtime_flags),
		phrase_runtime_flags(report, dev));
	fprintf(out, "  server flags   %s = %s\n", word_decimal(dev->server_flags),
		server_flags_text(dev));
	fprintf(out, "  references     config_refs %s; refs %s\n", references_text(dev),
		word_decimal(dev->refs));
	fprintf(out, "  openers        %s\n", openers_text(dev));
	print_backend(out, dev, unfolded);
	fprintf(out, "  requests       %s\n", phrase_requests(dev));
	fprintf(out, "  timeout        %s; dead connections are waited for: %s\n",
		num_is(dev->timeout_seconds, 0) && !fact_never_times_out(report, dev)
			? "none set (30 s by default)"
			: word_seconds(dev->timeout_seconds),
		word_seconds(dev->dead_conn_timeout_seconds));
	text_wrapped(out, 2, "set up by      ",
		     phrase_remembered(report, dev->task_setup, NUM_UNKNOWN, dev->setup_task,
				       dev->setup_doubt,
				       dev->setup_reuser ? phrase_reuser(dev, dev->setup_reuser)
							 : NULL));
	text_wrapped(
		out, 2, "started by     ",
		phrase_remembered(report, by_pid ? NUM_UNKNOWN : dev->recv_task_addr, dev->recv_pid,
				  dev->recv_task, dev->recv_doubt,
				  dev->recv_reuser ? phrase_reuser(dev, dev->recv_reuser) : NULL));
}

/* One remedy often answers several findings: then it stands below the first. */
static bool is_new_remedy(const struct device *dev, size_t which)
{
	const char *remedy = dev->findings[which].remedy;

	for (size_t i = 0; remedy && i < which; i++) {
		if (dev->findings[i].remedy && !strcmp(dev->findings[i].remedy, remedy))
			return false;
	}
	return remedy != NULL;
}

static void print_findings(FILE *out, const struct report *report, const struct device *dev,
			   const struct render_options *options)
{
	const char *below = arena_printf("%-29s", "");

	fprintf(out, "\nFINDINGS\n");
	if (!dev->n_findings)
		fprintf(out, "  %s\n", report->before_config ? "not judged" : "none");
	for (size_t i = 0; i < dev->n_findings; i++) {
		const struct finding *f = &dev->findings[i];
		const char *evidence = NULL;

		text_wrapped(out, 2,
			     arena_printf("%-7s  %-20s", phrase_severity(f->severity), f->id),
			     f->text);
		if (is_new_remedy(dev, i))
			text_wrapped(out, 2, below, arena_printf("remedy: %s", f->remedy));
		if (f->kernel_commit)
			text_wrapped(out, 2, below,
				     arena_printf("fixed by kernel commit %s", f->kernel_commit));
		for (size_t e = 0; options->unfolded && e < f->n_evidence; e++)
			evidence = word_append(evidence, ", ", f->evidence[e]);
		if (evidence)
			text_wrapped(out, 2, below, arena_printf("evidence: %s", evidence));
	}
}

static void print_outcome(FILE *out, int width, const char *way, const struct attach *a)
{
	text_wrapped(out, 2, arena_printf("%-*s%-9s", width, way, phrase_attach_result(a->result)),
		     a->why ? a->why : "");
	if (a->later)
		text_wrapped(out, 2, arena_printf("%-*s", width + 9, ""),
			     arena_printf("once it lets go: %s, %s",
					  phrase_attach_result(a->later->result), a->later->why));
}

static void print_attach(FILE *out, const struct device *dev)
{
	fprintf(out, "\nATTACH NOW, by a new task\n");
	for (int way = 0; way < ATTACH_WAYS; way++)
		print_outcome(out, 13, attach_way_name(way), &dev->attach[way]);
	if (dev->freed_when)
		text_wrapped(out, 2, arena_printf("%-22s", "freed when"), dev->freed_when);
}

static void print_ways_out(FILE *out, const struct device *dev)
{
	fprintf(out, "\nWAYS OUT NOW, by a new task\n");
	for (int way = 0; way < WAYS_OUT; way++)
		print_outcome(out, 20, ways_out_name(way), &dev->ways_out[way]);
}

/* The names at the other ends, each once, with how many connections lead there. */
static void print_peer_names(FILE *out, const struct device *dev)
{
	const char *names[MAX_NAMES_SHOWN];
	size_t counts[MAX_NAMES_SHOWN] = {0}, n = 0, others = 0;

	for (size_t i = 0; i < dev->n_conns; i++) {
		const char *name = dev->conns[i].sock->remote;
		size_t k = 0;

		name = name ? name : "(unnamed)";
		while (k < n && strcmp(names[k], name))
			k++;
		if (k == MAX_NAMES_SHOWN) {
			others++;
			continue;
		}
		if (k == n)
			names[n++] = name;
		counts[k]++;
	}
	for (size_t k = 0; k < n; k++)
		fprintf(out, "  %s to %s\n", word_count(counts[k], "connection"), names[k]);
	if (others)
		fprintf(out, "  %s to other names: nbd -s --peers lists them\n",
			word_count(others, "connection"));
}

static void print_connections(FILE *out, const struct report *report, const struct device *dev,
			      const struct render_options *options)
{
	static const char *const headers[] = {"INDEX", "COUNT", "NBD_SOCK", "STATE",
					      "REFS",  "OWNER", "PEER"};
	struct text_table table = text_table(7, headers, "lrlllll");

	for (size_t first = 0, run; first < dev->n_conns; first += run) {
		const struct connection *conns = dev->conns + first;

		run = run_length(dev, first, options);
		text_table_add(&table, end_index(conns, run));
		text_table_add(&table, arena_printf("%zu", run));
		text_table_add(&table, word_hex(conns->nbd_sock));
		text_table_add(&table, end_connection_state(conns));
		text_table_add(&table, end_references(conns->sock->file));
		text_table_add(&table, end_owners(report, conns, run, false));
		text_table_add(&table, end_peer(report, conns, run));
	}
	fprintf(out, "\nCONNECTIONS\n");
	text_table_print(&table, out, 2);
	print_peer_names(out, dev);
	report_senders(out, dev);
}

/* Who waits for the request, however far it has come. */
static const char *waiters_text(const struct device *dev, const struct request *rq)
{
	const char *text = NULL;
	size_t n = 0;

	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].object == rq->addr && n++ < MAX_WAITERS_NAMED)
			text = word_append(text, ", ", phrase_name(dev->waiters[i].task));
	}
	if (n > MAX_WAITERS_NAMED)
		text = arena_printf("%s, %zu more", text, n - MAX_WAITERS_NAMED);
	return text ? text : "-";
}

static const char *yes_no(num n)
{
	return !n.known ? "?" : n.v ? "yes" : "no";
}

static void print_requests(FILE *out, const struct device *dev, size_t max)
{
	static const char *const headers[] = {"TAG",	"QUEUE",   "REQUEST",  "OP",
					      "SECTOR", "LENGTH",  "AGE",      "CONN",
					      "SENT",	"RETRIES", "WAITED BY"};
	struct text_table table = text_table(11, headers, "rrllrrrrlrl");

	for (size_t i = 0; i < dev->n_requests && i < max; i++) {
		const struct request *rq = &dev->requests[i];

		text_table_add(&table, arena_printf("%u", rq->tag));
		text_table_add(&table, arena_printf("%u", rq->queue));
		text_table_add(&table, word_hex(rq->addr));
		text_table_add(&table, phrase_operation(rq->op));
		text_table_add(&table, phrase_sector(rq));
		text_table_add(&table, word_size(rq->bytes));
		text_table_add(&table, word_age(rq->age_ms));
		text_table_add(&table, word_decimal(rq->connection));
		text_table_add(&table, yes_no(rq->sent));
		text_table_add(&table, word_decimal(rq->retries));
		text_table_add(&table, waiters_text(dev, rq));
	}
	if (dev->n_requests)
		text_table_print(&table, out, 2);
	if (dev->n_requests > max)
		fprintf(out, "  %zu more: nbd -r -d %s lists all\n", dev->n_requests - max,
			dev->name);
	if (!dev->requests_known)
		fprintf(out, "  not all requests in flight are known\n");
	text_wrapped(out, 2, "",
		     dev->timeout_rule
			     ? dev->timeout_rule
			     : "whether nbd gives up a request that gets no reply is not known");
}

/* What a waiter's stack leads to. */
static const char *awaited_text(const struct waiter *w)
{
	const char *text = w->object ? arena_printf("%s %s", w->object_what ? w->object_what : "",
						    word_hex(w->object))
				     : w->object_what;

	return w->above ? arena_printf("%s, on %s", text, phrase_stacked(w->above)) : text;
}

static void print_behind(FILE *out, const struct device *dev, size_t max)
{
	if (dev->n_behind)
		fprintf(out, "  %s blocked behind:\n", word_count(dev->n_behind, "task"));
	for (size_t i = 0; i < dev->n_behind && i < max; i++) {
		const struct blocked *b = &dev->behind[i];

		text_wrapped(out, 4, "",
			     arena_printf("%s waits%s for %s, %s %s", phrase_name(b->task),
					  phrase_for(b->task),
					  b->of ? arena_printf("the %s of %s", b->kind, b->of)
						: arena_printf("%s %s", b->kind, word_hex(b->lock)),
					  b->shared ? "which readers hold, the last" : "owner",
					  phrase_name(b->owner)));
	}
	if (dev->n_behind > max)
		fprintf(out, "    %zu more: nbd -o -d %s lists all\n", dev->n_behind - max,
			dev->name);
}

static void print_waiters(FILE *out, const struct device *dev, size_t max)
{
	static const char *const headers[] = {"TASK", "TASK_STRUCT", "AGE", "IN", "WAITS FOR"};
	struct text_table table = text_table(5, headers, "llrll");

	for (size_t i = 0; i < dev->n_waiters && i < max; i++) {
		const struct waiter *w = &dev->waiters[i];

		text_table_add(&table, phrase_task(w->task));
		text_table_add(&table, word_hex(w->task->addr));
		text_table_add(&table, word_age(w->task->ran_ago_ms));
		text_table_add(&table, w->blocked_in);
		text_table_add(&table, awaited_text(w));
	}
	if (dev->n_waiters)
		text_table_print(&table, out, 2);
	if (dev->n_waiters > max)
		fprintf(out, "  %zu more: nbd -o -d %s lists all\n", dev->n_waiters - max,
			dev->name);
	print_behind(out, dev, max);
}

/* Requests that nbd has not started, and where they wait. */
static void print_waiting(FILE *out, const struct device *dev, size_t max)
{
	static const char *const headers[] = {"WHERE",	"REQUEST", "OP",	 "SECTOR",
					      "LENGTH", "AGE",	   "HANDLED BY", "WAITED BY"};
	struct text_table table = text_table(8, headers, "lllrrrll");

	for (size_t i = 0; i < dev->n_waiting && i < max; i++) {
		const struct request *rq = &dev->waiting[i];

		text_table_add(&table, phrase_request_place(rq->place));
		text_table_add(&table, word_hex(rq->addr));
		text_table_add(&table, phrase_operation(rq->op));
		text_table_add(&table, phrase_sector(rq));
		text_table_add(&table, word_size(rq->bytes));
		text_table_add(&table, word_age(rq->age_ms));
		text_table_add(&table, rq->worker ? phrase_name(rq->worker) : "-");
		text_table_add(&table, waiters_text(dev, rq));
	}
	if (dev->n_waiting) {
		fprintf(out, "  not started yet:\n");
		text_table_print(&table, out, 2);
	}
	if (dev->n_waiting > max)
		fprintf(out, "  %zu more: nbd -r -d %s lists all\n", dev->n_waiting - max,
			dev->name);
	for (size_t i = 0; i < dev->n_tag_waiters && i < max; i++)
		fprintf(out, "  waits for a tag: %s\n", phrase_task(dev->tag_waiters[i]));
	if (dev->n_tag_waiters > max)
		fprintf(out, "  %zu more wait for a tag: nbd -r -d %s lists all\n",
			dev->n_tag_waiters - max, dev->name);
}

static void print_log(FILE *out, const struct device *dev)
{
	static const char *const headers[] = {"AT", "AGE", "MESSAGE"};
	struct text_table table = text_table(3, headers, "rrl");
	size_t first = dev->n_log > MAX_LOG_SHOWN ? dev->n_log - MAX_LOG_SHOWN : 0;

	for (size_t i = first; i < dev->n_log; i++) {
		text_table_add(&table, word_log_stamp(dev->log[i].stamp_ns));
		text_table_add(&table, word_age(dev->log[i].age_ms));
		text_table_add(&table, dev->log[i].text);
	}
	fprintf(out, "\nKERNEL LOG\n");
	if (first)
		fprintf(out, "  %zu older messages: log | grep -w %s\n", first, dev->name);
	text_table_print(&table, out, 2);
}

void report_device(FILE *out, const struct report *report, const struct device *dev,
		   const struct render_options *options)
{
	size_t max = options->unfolded ? SIZE_MAX : MAX_ROWS_SHOWN;

	print_head(out, report, dev, options->unfolded);
	if (dev->config || dev->n_findings)
		print_findings(out, report, dev, options);
	print_attach(out, dev);
	if (dev->config && !report->before_config)
		print_ways_out(out, dev);
	if (dev->n_conns)
		print_connections(out, report, dev, options);
	if (dev->n_requests || dev->n_waiting || dev->n_tag_waiters) {
		fprintf(out, "\nREQUESTS\n");
		print_requests(out, dev, max);
		print_waiting(out, dev, max);
	}
	if (dev->n_openers || dev->n_above) {
		fprintf(out, "\nOPENERS\n");
		openers_print(out, dev, max);
	}
	if (dev->n_waiters || dev->n_behind) {
		fprintf(out, "\nWAITERS\n");
		print_waiters(out, dev, max);
	}
	if (options->unfolded && dev->n_log)
		print_log(out, dev);
}

void report_requests(FILE *out, const struct device *dev)
{
	if (fact_is_unconfigured(dev)) {
		fprintf(out, "%s  not configured: no requests\n", dev->name);
		return;
	}
	fprintf(out, "%s  requests %s\n", dev->name, phrase_requests(dev));
	print_requests(out, dev, SIZE_MAX);
	print_waiting(out, dev, SIZE_MAX);
	report_senders(out, dev);
}

void report_openers(FILE *out, const struct device *dev)
{
	text_wrapped(out, 0, arena_printf("%s  ", dev->name),
		     arena_printf("openers %s; config_refs %s", openers_text(dev),
				  references_text(dev)));
	openers_print(out, dev, SIZE_MAX);
	if (dev->n_waiters || dev->n_behind) {
		fprintf(out, "  waiting in the kernel:\n");
		print_waiters(out, dev, SIZE_MAX);
	}
}

/* What waits to be read at the other ends of conns[0..n): folded rows may differ in it. */
static const char *queues_text(const struct connection *conns, size_t n)
{
	num sum = NUM(0);

	for (size_t i = 0; i < n; i++) {
		num queue = conns[i].sock->peer->receive_queue;

		sum = queue.known && sum.known ? NUM(sum.v + queue.v) : NUM_UNKNOWN;
	}
	return end_queue(sum);
}

/* The other end: its state and owners, then the addresses behind it, then its name. */
static void add_peer_notes(struct text_table *table, const struct report *report,
			   const struct connection *conns, size_t n)
{
	const struct sock_info *s = conns->sock, *p = s->peer;
	const char *text = end_peer(report, conns, n);
	bool has_listener = s->peer_status == PEER_OPEN || s->peer_status == PEER_SHUT_DOWN;

	if (has_listener && s->listener_pid.known)
		text = word_append(text, "; ", phrase_listener(s));
	text_table_note(table, arena_printf("peer %s", text));
	if (p)
		text_table_note(table,
				arena_printf("     sk %s  socket %s  file %s  %s, %s to be read",
					     word_hex(p->sk), word_hex(p->socket),
					     p->file ? word_hex(p->file->addr) : "-", end_state(p),
					     queues_text(conns, n)));
	text_table_note(table, arena_printf("path %s", s->remote ? s->remote : "(unnamed)"));
}

void report_connections(FILE *out, const struct report *report, const struct device *dev,
			const struct render_options *options)
{
	static const char *const headers[] = {"INDEX", "COUNT",	 "NBD_SOCK", "SOCKET", "SK",
					      "FILE",  "FAMILY", "STATE",    "SHUT"};
	struct text_table table = text_table(9, headers, "lrlllllll");

	if (fact_is_unconfigured(dev)) {
		fprintf(out, "%s  not configured: no connections\n", dev->name);
		return;
	}
	fprintf(out, "%s  connections %s: %s live, %s dead  %s\n", dev->name,
		word_decimal(dev->num_connections), word_decimal(dev->live_connections),
		word_decimal(dev->n_dead), phrase_runtime_flags(report, dev));
	for (size_t first = 0, run; first < dev->n_conns; first += run) {
		const struct connection *conns = dev->conns + first;
		const struct sock_info *s = conns->sock;

		run = run_length(dev, first, options);
		text_table_add(&table, end_index(conns, run));
		text_table_add(&table, arena_printf("%zu", run));
		text_table_add(&table, word_hex(conns->nbd_sock));
		text_table_add(&table, word_hex(s->socket));
		text_table_add(&table, word_hex(s->sk));
		text_table_add(&table, s->file ? word_hex(s->file->addr) : "?");
		text_table_add(&table, name_family(s->family));
		text_table_add(&table, end_connection_state(conns));
		text_table_add(&table, end_shutdown(s->shutdown));
		text_table_note(&table, arena_printf("refs %s; owner %s", end_references(s->file),
						     end_owners(report, conns, run, false)));
		if (options->peers)
			add_peer_notes(&table, report, conns, run);
	}
	if (dev->n_conns)
		text_table_print(&table, out, 2);
	for (size_t i = 0; i < dev->problems.n; i++)
		text_wrapped(out, 2, "! unreadable: ", dev->problems.v[i]);
}
