// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/findings.h"

#include <string.h>

#include "base/arena.h"
#include "base/socket_kinds.h"
#include "base/words.h"
#include "judge/fold.h"
#include "judge/facts.h"
#include "judge/judged.h"

#define MAX_RANGES  4
#define MAX_REASONS 4

void finding_add_name(const struct judged *j, const char *name)
{
	*ARENA_PUSH(j->finding->evidence, j->finding->n_evidence) = name;
}

void finding_add_address(const struct judged *j, uint64_t addr)
{
	if (addr)
		finding_add_name(j, arena_printf("0x%llx", (unsigned long long)addr));
}

void finding_add_value(const struct judged *j, const char *member, num value)
{
	finding_add_name(j, arena_printf("%s %s", member, word_decimal(value)));
}

static void add_range(struct some *some, uint32_t from, uint32_t to)
{
	const char *range = from == to ? arena_printf("%u", from) : arena_printf("%u-%u", from, to);

	some->n_ranges++;
	if (some->n_ranges <= MAX_RANGES + 1)
		some->indices = some->n_ranges == 1
					? arena_printf("index %s", range)
					: word_append(some->indices, ", ",
						      some->n_ranges <= MAX_RANGES ? range : "...");
}

struct some finding_connections(const struct judged *j, connection_fn *is)
{
	const struct device *dev = j->dev;
	struct some some = {0};
	uint32_t from = 0, to = 0;

	for (size_t i = 0, run; i < dev->n_conns; i += run) {
		const struct connection *c = &dev->conns[i];

		run = fold_run(c, dev->n_conns - i);
		if (!is(j, c))
			continue;
		if (some.n && c->index != to + 1)
			add_range(&some, from, to);
		if (!some.n || c->index != to + 1)
			from = c->index;
		to = c[run - 1].index;
		if (!some.n)
			some.first = c;
		for (size_t k = 0; k < run && some.n + k < MAX_EVIDENCE; k++)
			some.nbd_socks[some.n + k] = c[k].nbd_sock;
		some.n += run;
	}
	if (some.n)
		add_range(&some, from, to);
	return some;
}

void finding_cite(const struct judged *j, const struct some *some)
{
	for (size_t i = 0; i < MAX_EVIDENCE; i++)
		finding_add_address(j, some->nbd_socks[i]);
}

const char *finding_count_connections(size_t n)
{
	return word_count(n, "connection");
}

const char *finding_free_it(const struct judged *j)
{
	return j->dev->freed_when ? arena_printf("it ends when %s", j->dev->freed_when) : NULL;
}

/* Of a family that nbd.so does not know, it knows no other ends. */
static bool has_unknown_end(const struct judged *j, const struct connection *c)
{
	const struct sock_info *s = c->sock;

	(void)j;
	return s->peer_status == PEER_UNKNOWN && !num_is(s->peer_sk, 0) &&
	       (!s->family.known || socket_kind_of(s->family));
}

/* The search may have missed an owner. */
static bool has_no_owner_found(const struct judged *j, const struct connection *c)
{
	const struct sock_info *s = c->sock;

	(void)j;
	return (s->file && !s->file->n_owners) || (s->peer_status == PEER_OPEN && s->peer &&
						   s->peer->file && !s->peer->file->n_owners);
}

static void add_reason(const char **reasons, size_t *n, const char *reason)
{
	if (*n < MAX_REASONS)
		*reasons = word_append(*reasons, "; ", reason);
	++*n;
}

bool finding_unreadable(const struct judged *j)
{
	const struct device *dev = j->dev;
	const struct scan_stats *scan = &j->report->scan;
	struct some unknown = finding_connections(j, has_unknown_end);
	const char *reasons = NULL;
	size_t n = 0;

	for (size_t i = 0; i < dev->problems.n; i++)
		add_reason(&reasons, &n, dev->problems.v[i]);
	if (dev->config && !dev->requests_known)
		add_reason(&reasons, &n, "not all requests in flight are known");
	if (dev->config && !dev->openers_expected.known)
		add_reason(&reasons, &n, "the kernel's count of openers is not known");
	if (dev->config && dev->n_requests && !dev->timeout_seconds.known)
		add_reason(&reasons, &n,
			   "its timeout is not known, and so whether requests are stuck");
	if (unknown.n)
		add_reason(&reasons, &n,
			   arena_printf("the other end of %s is unknown",
					finding_count_connections(unknown.n)));
	if (!fact_scan_complete(j->report) && finding_connections(j, has_no_owner_found).n)
		add_reason(&reasons, &n,
			   scan->interrupted
				   ? "the search for owners was interrupted: owners may be missing"
				   : arena_printf("%zu file tables and %zu tasks could not be "
						  "read: owners may be missing",
						  scan->tables_unreadable,
						  j->report->tasks.unreadable));
	if (!n)
		return false;
	j->finding->text = n > MAX_REASONS
				   ? arena_printf("%s; and %zu more", reasons, n - MAX_REASONS)
				   : reasons;
	finding_cite(j, &unknown);
	finding_add_address(j, dev->nbd_device);
	return true;
}

struct rule {
	const char *id;
	enum severity severity;
	test_fn *test;
	bool unconfigured;	  /* of devices without a config, too */
	severity_fn *severity_of; /* instead of severity */
};

#define FINDING_ROW(id, severity, test, unconfigured, severity_of)                                 \
	{id, severity, test, unconfigured, severity_of},
static const struct rule rules[] = {FINDING_RULES(FINDING_ROW)};
#undef FINDING_ROW

#define N_RULES (sizeof(rules) / sizeof(rules[0]))

const char *findings_rule_id(size_t i)
{
	return i < N_RULES ? rules[i].id : NULL;
}

void findings_judge(const struct report *report, struct device *dev)
{
	struct finding found[N_RULES];
	size_t n = 0;

	dev->findings = NULL;
	dev->n_findings = 0;
	for (size_t i = 0; i < N_RULES; i++) {
		const struct rule *rule = &rules[i];
		const struct judged j = {report, dev, &found[n]};

		if (!dev->config && !rule->unconfigured)
			continue;
		found[n] = (struct finding){
			.id = rule->id,
			.severity = rule->severity_of ? rule->severity_of(dev) : rule->severity,
		};
		n += rule->test(&j);
	}
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_INFO; severity--) {
		for (size_t i = 0; i < n; i++) {
			if (found[i].severity == (enum severity)severity)
				*ARENA_PUSH(dev->findings, dev->n_findings) = found[i];
		}
	}
}

const struct finding *findings_with_id(const struct device *dev, const char *id)
{
	for (size_t i = 0; i < dev->n_findings; i++) {
		if (!strcmp(dev->findings[i].id, id))
			return &dev->findings[i];
	}
	return NULL;
}

size_t findings_at_least(const struct device *dev, enum severity at_least)
{
	size_t n = 0;

	while (n < dev->n_findings && dev->findings[n].severity >= at_least)
		n++;
	return n;
}
