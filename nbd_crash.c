// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands nbd, unix_peer and file_owner: registration, options, and which report is printed.
 * No kernel structure is read here.
 */
#include <ctype.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <crash/defs.h>

#include "base/arena.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "base/names.h"
#include "base/words.h"
#include "collect/collect.h"
#include "render/dot.h"
#include "render/help.h"
#include "render/json.h"
#include "render/report.h"
#include "collect/nbd_structs.h"
#include "judge/judge.h"
#include "base/progress.h"

#define MAX_ARGUMENT 64
#define PATIENCE_MS  1000

enum { OPT_DOT = 1000 };

struct options {
	bool all, connections, requests, openers, findings, dot, json;
	struct report_options report;
	const char **devices; /* as the user wrote them */
	size_t n_devices;
};

static void out_of_memory(void)
{
	error(FATAL, "out of memory\n");
}

/* At a terminal, and not with -s. */
static bool somebody_waits(void)
{
	return !(pc->flags & SILENT) && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* crash's own handler of Ctrl-C would leave free() by longjmp. */
static void end_command(void)
{
	k_hold_interrupts();
	arena_free_all();
	k_end();
}

static void run(void (*command)(void))
{
	k_begin();
	arena_free_all();
	arena_on_exhausted(out_of_memory);
	progress_begin(somebody_waits() ? stderr : NULL, PATIENCE_MS);
	command();
	end_command();
	/* It ends what crash itself is in the middle of, too: repeat, a file of commands. */
	if (k_interrupted())
		raise(SIGINT);
}

/* In JSON the kernel's line says it. */
static void note_interruption(const struct report *report)
{
	if (report->scan.interrupted)
		error(INFO, "interrupted: the search is incomplete\n");
}

/* Layouts are looked up when they are first needed, for `extend` must be quick and cannot fail. */
static bool layouts_known(const char *problem)
{
	if (problem)
		error(INFO, "%s\n", problem);
	return !problem;
}

/* Without nbd in the kernel there is nothing of it to miss. */
static void warn_without_nbd(void)
{
	const char *problem = k_init_nbd();

	if (problem && (k_symbol("nbd_index_idr").known || k_symbol("nbd_dev").known ||
			kernel_module_is_loaded("nbd")))
		error(INFO, "what nbd itself holds is not shown: %s\n", problem);
}

static const char *printable(const char *argument)
{
	return name_escape_string(argument, MAX_ARGUMENT);
}

/* "a,b" and repeated -d add up. False when the list names no device: a script's empty variable must not
 * mean all of them. */
static bool add_devices(struct options *options, const char *list)
{
	size_t before = options->n_devices;

	while (*list) {
		size_t len = strcspn(list, ",");

		if (len)
			*ARENA_PUSH(options->devices, options->n_devices) =
				arena_strndup(list, len);
		list += len + (list[len] == ',');
	}
	return options->n_devices > before;
}

static bool parse_nbd_options(struct options *options)
{
	static const struct option long_options[] = {
		{"all", no_argument, NULL, 'a'},
		{"device", required_argument, NULL, 'd'},
		{"sockets", no_argument, NULL, 's'},
		{"peers", no_argument, NULL, 'p'},
		{"requests", no_argument, NULL, 'r'},
		{"openers", no_argument, NULL, 'o'},
		{"findings", no_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'},
		{"json", no_argument, NULL, 'j'},
		{"dot", no_argument, NULL, OPT_DOT},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argcnt, args, "ad:sprocvj", long_options, NULL)) != EOF) {
		switch (c) {
		case 'a':
			options->all = true;
			break;
		case 'd':
			if (!add_devices(options, optarg))
				return false;
			break;
		case 's':
			options->connections = true;
			break;
		case 'p':
			options->connections = true;
			options->report.peers = true;
			break;
		case 'r':
			options->requests = true;
			break;
		case 'o':
			options->openers = true;
			break;
		case 'c':
			options->findings = true;
			break;
		case OPT_DOT:
			options->dot = true;
			break;
		case 'v':
			options->report.unfolded = true;
			break;
		case 'j':
			options->json = true;
			break;
		default:
			return false;
		}
	}
	if (optind < argcnt)
		error(INFO, "%s: a device is named with -d\n", printable(args[optind]));
	if (options->json && options->dot)
		error(INFO, "-j and --dot exclude each other\n");
	return optind == argcnt && !(options->json && options->dot);
}

/* A kernel address in hex, with or without 0x. */
static bool parse_address(const char *text, uint64_t *addr)
{
	char *end;

	if (!isxdigit((unsigned char)*text))
		return false;
	*addr = strtoull(text, &end, 16);
	return !*end && *addr;
}

/* "nbd7", "7", "/dev/nbd7". */
static bool parse_index(const char *text, uint32_t *index)
{
	const char *digits = text;
	char *end;
	unsigned long value;

	if (!strncmp(digits, "/dev/", 5))
		digits += 5;
	if (!strncmp(digits, "nbd", 3))
		digits += 3;
	else if (digits != text)
		return false;
	if (!isdigit((unsigned char)*digits) || strlen(digits) > 7)
		return false;
	value = strtoul(digits, &end, 10);
	*index = (uint32_t)value;
	return !*end;
}

/* The device a user means; tells what is wrong where there is none. */
static struct device *find_device(const struct report *report, const char *text)
{
	struct device *dev = NULL;
	uint64_t addr;
	uint32_t index;

	if (parse_index(text, &index)) {
		dev = nbd_device_by_index(report, index);
		if (!dev && report->problems.n)
			error(INFO, "%s: not among the %lu devices that could be read\n",
			      printable(text), (ulong)report->n_devices);
		else if (!dev)
			error(INFO, "%s: no such device: this kernel has %lu, %s to %s\n",
			      printable(text), (ulong)report->n_devices,
			      report->n_devices ? report->devices[0].name : "-",
			      report->n_devices ? report->devices[report->n_devices - 1].name
						: "-");
	} else if (parse_address(text, &addr)) {
		dev = nbd_device_by_address(report, addr);
		if (!dev)
			error(INFO, "%s: not the address of a gendisk, nbd_device or nbd_config\n",
			      printable(text));
	} else {
		error(INFO, "%s: neither a whole device (nbd7, 7, /dev/nbd7) nor an address\n",
		      printable(text));
	}
	return dev;
}

struct selection {
	struct device **v;
	size_t n;
	bool failed;
};

/* A device may be asked for by its name and by an address. */
static bool is_selected(const struct selection *selected, const struct device *dev)
{
	for (size_t i = 0; i < selected->n; i++) {
		if (selected->v[i] == dev)
			return true;
	}
	return false;
}

/* The devices asked for; without -d the configured ones and those that cannot be told, or all. */
static struct selection select_devices(const struct report *report, const struct options *options)
{
	struct selection selected = {0};

	for (size_t i = 0; i < options->n_devices; i++) {
		struct device *dev = find_device(report, options->devices[i]);

		if (!dev)
			selected.failed = true;
		else if (!is_selected(&selected, dev))
			*ARENA_PUSH(selected.v, selected.n) = dev;
	}
	for (size_t i = 0; !options->n_devices && i < report->n_devices; i++) {
		if (options->all || !num_is(report->devices[i].config_known, 0))
			*ARENA_PUSH(selected.v, selected.n) = &report->devices[i];
	}
	return selected;
}

static void print_json(const struct report *report, const struct selection *selected)
{
	fprintf(fp, "%s\n", json_kernel_line(report));
	for (size_t i = 0; i < selected->n; i++)
		fprintf(fp, "%s\n", json_device_line(report, selected->v[i]));
}

static bool options_ask_for_parts(const struct options *options)
{
	return options->findings || options->connections || options->requests || options->openers;
}

/* The parts that were asked for by option. False when there was no such option. */
static bool print_parts(const struct report *report, const struct device *dev,
			const struct options *options)
{
	if (options->findings)
		report_findings(fp, dev);
	if (options->connections)
		report_connections(fp, report, dev, &options->report);
	if (options->requests)
		report_requests(fp, dev);
	if (options->openers)
		report_openers(fp, dev);
	return options_ask_for_parts(options);
}

static void print_text(const struct report *report, const struct selection *selected,
		       const struct options *options)
{
	/* Lines for scripts, and nothing else. */
	bool findings_only = options->findings && !options->connections && !options->requests &&
			     !options->openers;
	bool parts = options_ask_for_parts(options);

	if (!parts && !options->n_devices)
		report_summary(fp, report, selected->v, selected->n);
	for (size_t i = 0; (parts || options->n_devices) && i < selected->n; i++) {
		if (!print_parts(report, selected->v[i], options))
			report_device(fp, report, selected->v[i], &options->report);
		if (!findings_only)
			fputc('\n', fp);
	}
	if (findings_only) {
		report_problems(fp, report);
		return;
	}
	report_layout_source(fp, report);
	report_coverage(fp, report);
}

static void do_nbd(void)
{
	struct options options = {0};
	struct selection selected;
	struct report *report;

	if (!parse_nbd_options(&options))
		cmd_usage(pc->curcmd, SYNOPSIS);
	if (!layouts_known(k_init_nbd()))
		return;
	report = collect_report(NULL, 0);
	judge_report(report);
	selected = select_devices(report, &options);
	if (options.json) {
		print_json(report, &selected);
		return;
	}
	if (options.dot && (selected.n || !selected.failed))
		dot_print(fp, report, selected.v, selected.n);
	else if (selected.n || !selected.failed)
		print_text(report, &selected, &options);
	note_interruption(report);
}

static void cmd_nbd(void)
{
	run(do_nbd);
}

/* "/dev/nbd7" or "nbd7"; "7" would be an address. */
static bool parse_device_name(const char *text, num *device)
{
	uint32_t index;

	device->known = !isxdigit((unsigned char)*text) && parse_index(text, &index);
	if (device->known)
		device->v = index;
	return device->known;
}

/* The operands of unix_peer and file_owner, and whether -j was given. */
static size_t parse_queries(struct query **queries, bool *json, bool devices)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	size_t n = 0;
	int c;

	while ((c = getopt_long(argcnt, args, "j", long_options, NULL)) != EOF) {
		if (c != 'j')
			cmd_usage(pc->curcmd, SYNOPSIS);
		*json = true;
	}
	if (optind == argcnt)
		cmd_usage(pc->curcmd, SYNOPSIS);
	for (; optind < argcnt; optind++) {
		struct query query = {0};

		if ((devices && parse_device_name(args[optind], &query.device)) ||
		    parse_address(args[optind], &query.addr))
			*ARENA_PUSH(*queries, n) = query;
		else
			error(INFO, "%s: not a kernel address%s\n", printable(args[optind]),
			      devices ? " nor a device (/dev/nbd7)" : "");
	}
	return n;
}

static void do_unix_peer(void)
{
	struct query *queries = NULL;
	struct report *report;
	bool json = false, found = false;
	size_t n;

	n = parse_queries(&queries, &json, false);
	if (!n || !layouts_known(k_init()))
		return;
	warn_without_nbd();
	report = collect_report(queries, n);
	judge_report(report);
	for (size_t i = 0; i < n; i++) {
		if (!queries[i].sock) {
			error(INFO,
			      "%llx: no socket here: give the address of a struct socket, sock, "
			      "file "
			      "of a socket, or nbd_sock\n",
			      (ulonglong)queries[i].addr);
			continue;
		}
		found = true;
		if (json)
			fprintf(fp, "%s\n", json_socket_line(report, &queries[i]));
		else
			report_socket(fp, report, &queries[i]);
	}
	if (found && !json)
		report_coverage(fp, report);
	note_interruption(report);
}

static void cmd_unix_peer(void)
{
	run(do_unix_peer);
}

/* Why there is no struct file to tell of. */
static void tell_no_file(const struct query *query)
{
	if (query->device.known && !query->addr)
		error(INFO, "nbd%llu: no such device\n", (ulonglong)query->device.v);
	else if (query->dev)
		error(INFO,
		      "%s: no struct file was found that is open on it; the kernel counts %s: see "
		      "nbd -o -d %s\n",
		      query->bdev,
		      query->dev->openers_expected.known
			      ? word_count(query->dev->openers_expected.v, "opener")
			      : "its openers where it cannot be read",
		      query->dev->name);
	else if (query->sock)
		error(INFO,
		      "%llx: this socket has no struct file: it was closed or not accepted yet\n",
		      (ulonglong)query->addr);
	else
		error(INFO, "%llx: no struct file, socket or nbd block device here\n",
		      (ulonglong)query->addr);
}

static void print_file(const struct report *report, const struct query *query, bool json)
{
	if (json)
		fprintf(fp, "%s\n", json_file_line(report, query));
	else
		report_file(fp, report, query);
}

static void do_file_owner(void)
{
	struct query *queries = NULL;
	struct report *report;
	bool json = false, found = false;
	size_t n;

	n = parse_queries(&queries, &json, true);
	if (!n || !layouts_known(k_init()))
		return;
	warn_without_nbd();
	report = collect_report(queries, n);
	judge_report(report);
	for (size_t i = 0; i < n; i++) {
		struct query *q = &queries[i];

		if (!q->file && !q->n_opened)
			tell_no_file(q);
		else if (q->file)
			print_file(report, q, json);
		for (size_t k = 0; k < q->n_opened; k++) {
			q->file = q->opened[k].file;
			q->path = q->opened[k].path;
			print_file(report, q, json);
		}
		found |= q->file != NULL;
	}
	if (found && !json)
		report_coverage(fp, report);
	note_interruption(report);
}

static void cmd_file_owner(void)
{
	run(do_file_owner);
}

/* Runs before every prompt, however the command before it ended. */
static void cmd_nbd_cleanup(void)
{
	end_command();
}

/* crash reads at least one line of text behind the synopsis. */
static char *help_cleanup[] = {"nbd_cleanup", "frees the memory of nbd.so's commands", " ",
			       "  crash runs it by itself before each prompt.", NULL};

static struct command_table_entry command_table[] = {
	{"nbd", cmd_nbd, help_nbd, REFRESH_TASK_TABLE},
	{"unix_peer", cmd_unix_peer, help_unix_peer, REFRESH_TASK_TABLE},
	{"file_owner", cmd_file_owner, help_file_owner, REFRESH_TASK_TABLE},
	{"nbd_cleanup", cmd_nbd_cleanup, help_cleanup, HIDDEN_COMMAND | CLEANUP},
	{NULL, NULL, NULL, 0},
};

static void __attribute__((constructor)) nbd_init(void)
{
	register_extension(command_table);
}

static void __attribute__((destructor)) nbd_fini(void)
{
	k_fini();
	end_command();
}
