// SPDX-License-Identifier: GPL-2.0-or-later
/* The overview, the findings, and what unix_peer and file_owner say. */
#include "render/report.h"

#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "base/words.h"
#include "render/ends.h"
#include "judge/diagnosis.h"
#include "judge/balance.h"
#include "judge/facts.h"
#include "judge/findings.h"
#include "judge/phrases.h"
#include "judge/state.h"
#include "render/text_table.h"

/* How many in a cell, "2+6" with those that wait to be started; unknown where not all of them are known. */
static const char *requests_cell(const struct device *dev)
{
	const char *text = dev->requests_known ? arena_printf("%zu", dev->n_requests) : "?";
	num waiting = fact_requests_waiting(dev);

	return num_is(waiting, 0) ? text : arena_printf("%s+%s", text, word_decimal(waiting));
}

static bool shares_its_cause(const struct report *report, const struct device *dev)
{
	for (size_t i = 0; i < report->n_shared; i++) {
		for (size_t k = 0; k < report->shared[i].n_devices; k++) {
			if (report->shared[i].devices[k] == dev)
				return true;
		}
	}
	return false;
}

/* A cause stands for the findings that follow from it; what could not be read follows from none. */
static void add_notes(struct text_table *table, const struct report *report,
		      const struct device *dev)
{
	bool trouble = diagnosis_is_trouble(dev);

	if (trouble && !shares_its_cause(report, dev))
		text_table_note(table, arena_printf("%s: %s", dev->diagnosis->cause_id,
						    dev->diagnosis->cause));
	for (size_t f = 0; f < findings_at_least(dev, SEVERITY_WARNING); f++) {
		if (!trouble || !strcmp(dev->findings[f].id, "unreadable"))
			text_table_note(table, phrase_finding(&dev->findings[f]));
	}
}

void report_summary(FILE *out, const struct report *report, struct device *const devs[], size_t n)
{
	static const char *const headers[] = {"NAME", "STATE", "CONN", "LIVE", "DEAD",
					      "RECV", "REQ",   "OPEN", "WAIT", "RUNTIME_FLAGS"};
	struct text_table table = text_table(10, headers, "llrrrrrrrl");
	size_t unconfigured = 0;

	for (size_t i = 0; i < n; i++) {
		const struct device *dev = devs[i];
		bool idle = fact_is_unconfigured(dev);

		unconfigured += idle;
		text_table_add(&table, dev->name);
		text_table_add(&table, idle		? "-"
				       : dev->diagnosis ? state_word(dev->diagnosis->state)
							: "not judged");
		text_table_add(&table, idle ? "-" : word_decimal(dev->num_connections));
		text_table_add(&table, idle ? "-" : word_decimal(dev->live_connections));
		text_table_add(&table, idle ? "-" : word_decimal(dev->n_dead));
		text_table_add(&table, idle ? "-" : word_decimal(dev->recv_threads));
		text_table_add(&table, idle ? "-" : requests_cell(dev));
		text_table_add(&table, idle ? "-" : word_decimal(dev->openers_expected));
		text_table_add(&table,
			       idle && !dev->n_waiters ? "-" : arena_printf("%zu", dev->n_waiters));
		text_table_add(&table,
			       idle ? "(not configured)" : phrase_runtime_flags(report, dev));
		add_notes(&table, report, dev);
	}
	if (n)
		text_table_print(&table, out, 0);
	report_shared_causes(out, report);
	fprintf(out, "%s%zu of %s configured\n", n ? "\n" : "", n - unconfigured,
		word_count(report->n_devices, "nbd device"));
	text_wrapped(out, 0, "", balance_phrase(report));
}

void report_findings(FILE *out, const struct device *dev, bool unfolded)
{
	size_t n = unfolded ? dev->n_findings : findings_at_least(dev, SEVERITY_WARNING);

	if (dev->diagnosis)
		fprintf(out, "%s state %s %s %s\n", dev->name, state_word(dev->diagnosis->state),
			dev->diagnosis->cause_id, dev->diagnosis->cause);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s %s %s %s\n", dev->name, phrase_severity(dev->findings[i].severity),
			dev->findings[i].id, dev->findings[i].text);
}

void report_problems(FILE *out, const struct report *report)
{
	for (size_t i = 0; i < report->problems.n; i++)
		fprintf(out, "- warning unreadable %s\n", report->problems.v[i]);
	if (report->scan.interrupted)
		fprintf(out, "- warning unreadable interrupted: the report is not complete\n");
}

static void print_holders(FILE *out, const struct file *file)
{
	for (size_t i = 0; file && i < file->n_holders; i++)
		fprintf(out, "  held by     %s (%s %s)\n", phrase_holder(&file->holders[i]),
			phrase_holder_kind(file->holders[i].kind),
			word_hex(file->holders[i].object));
}

/* Every owner of one file, a line each; however many they are. */
static void print_owners(FILE *out, const struct report *report, const struct file *file)
{
	fprintf(out, "  references  %s\n", end_references(file));
	for (size_t i = 0; file && i < file->n_owners; i++)
		fprintf(out, "  owner       %s fd %u  task %s\n", phrase_task(file->owners[i].task),
			file->owners[i].fd, word_hex(file->owners[i].task->addr));
	if (file && !file->n_owners)
		fprintf(out, "  owner       %s\n",
			fact_scan_complete(report) ? "none" : "none found");
	print_holders(out, file);
}

static void print_end_problems(FILE *out, const struct sock_info *s)
{
	if (sock_is_unreadable(s))
		text_wrapped(out, 2, "! unreadable: ", end_unreadable(s));
	if (s->impossible)
		text_wrapped(out, 2, "! unreadable: ", s->impossible);
	if (s->name_unreadable)
		text_wrapped(out, 2, "! unreadable: ", "its name could not be read");
}

static void print_end(FILE *out, const struct report *report, const char *which,
		      const struct sock_info *s)
{
	const char *family = name_family(s->family), *type = name_sock_type(s->type);
	const char *unreadable = end_unreadable(s);

	fprintf(out, "%s  socket %s  sk %s  file %s  inode %s\n", which,
		s->socket || !unreadable ? word_hex(s->socket) : "?", word_hex(s->sk),
		s->file	     ? word_hex(s->file->addr)
		: unreadable ? "?"
			     : "-",
		word_decimal(s->inode));
	fprintf(out, "  state       %s %s %s, shutdown %s%s\n", family ? family : "?",
		type	     ? type
		: unreadable ? "?"
			     : "(no struct socket)",
		end_state(s), end_shutdown(s->shutdown), num_is(s->dead, 1) ? ", SOCK_DEAD" : "");
	fprintf(out, "  name        %s\n",
		s->local				 ? s->local
		: s->name_unreadable || !s->family.known ? "?"
							 : "(unnamed)");
	fprintf(out, "  queues      %s bytes sent and not taken, %s to be read\n",
		word_decimal(s->send_queue_bytes), end_queue(s->receive_queue));
	print_end_problems(out, s);
	if (s->file)
		print_owners(out, report, s->file);
}

void report_socket(FILE *out, const struct report *report, const struct query *query)
{
	const struct sock_info *s = query->sock;
	const struct connection conn = {.sock = query->sock};
	const char *listener = phrase_listener(s);

	print_end(out, report, "this end", s);
	if (s->peer)
		print_end(out, report, "peer", s->peer);
	else
		fprintf(out, "peer  %s\n",
			s->remote		? s->remote
			: sock_is_unreadable(s) ? "?"
						: "none");
	fprintf(out, "  status      %s\n", end_peer(report, &conn, 1));
	if (listener)
		fprintf(out, "  listened    %s\n", listener);
}

void report_file(FILE *out, const struct report *report, const struct query *query,
		 const struct opened_file *opened)
{
	const struct file *file = opened->file;
	const char *family = query->sock ? name_family(query->sock->family) : NULL;

	fprintf(out, "file %s", word_hex(file->addr));
	if (query->sock)
		fprintf(out, "  socket:[%s]  %s", word_decimal(query->sock->inode),
			family ? family : "?");
	else
		fprintf(out, "  %s%s", opened->path ? opened->path : "?",
			query->bdev ? "" : " (path inside its file system)");
	fputc('\n', out);
	if (query->sock)
		print_end_problems(out, query->sock);
	print_owners(out, report, file);
}

void report_layout_source(FILE *out, const struct report *report)
{
	static const struct {
		const char *source, *text;
	} texts[] = {
		{"debuginfo", "from debuginfo"},
		{"btf", "from BTF in the image"},
		{"computed", "computed from the order of their members"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (report->layout_source && !strcmp(texts[i].source, report->layout_source))
			fprintf(out, "nbd's structures: %s\n", texts[i].text);
	}
}

void report_device_source(FILE *out, const struct report *report)
{
	if (report->n_devices_from == 1 && !strcmp(report->devices_from[0], "block_class"))
		fputs("devices: as block_class lists them; without nbd_index_idr, one that is "
		      "being added or removed may be missing\n",
		      out);
}

void report_coverage(FILE *out, const struct report *report)
{
	const struct scan_stats *s = &report->scan;
	size_t leaders_only = fact_leaders_only(report);

	fprintf(out, "owners searched: %s, %s, %zu unreadable%s%s\n",
		word_count(report->tasks.n, "task"), word_count(s->tables, "file table"),
		s->tables_unreadable,
		report->tasks.unreadable
			? arena_printf("; %s or list links unreadable",
				       word_count(report->tasks.unreadable, "task"))
			: "",
		s->interrupted ? "; INTERRUPTED, incomplete" : "");
	if (leaders_only)
		fprintf(out, "  of %s only the leader was looked at%s\n",
			word_count(leaders_only, "thread group"),
			s->interrupted
				? ""
				: ": all references are explained without the other threads");
	/* crash lists one idle task a CPU, this walk the first one only: no more are missing there. */
	if (report->tasks_in_crash < report->tasks.n)
		fprintf(out,
			"  crash's own list has %llu of these tasks: its ps, set and bt know no "
			"others\n",
			(unsigned long long)report->tasks_in_crash);
	for (size_t i = 0; i < report->problems.n; i++)
		text_wrapped(out, 0, "! unreadable: ", report->problems.v[i]);
}
