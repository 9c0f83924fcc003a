// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands nbd, unix_peer and file_owner: registration, options, and which report is printed.
 * No kernel structure is read here.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <crash/defs.h>

#include "base/arena.h"
#include "resolve/kernel_types.h"
#include "resolve/layout.h"
#include "base/names.h"
#include "base/words.h"
#include "collect/collect.h"
#include "render/help.h"
#include "render/renderer.h"
#include "collect/nbd_structs.h"
#include "judge/judge.h"
#include "base/progress.h"
#include "base/version.h"

#define MAX_ARGUMENT 64
#define PATIENCE_MS  1000

enum { OPT_DOT = 1000, OPT_VERSION };

struct options {
	bool all, version;
	const struct renderer *renderer;
	struct render_options render;
	const char **devices; /* as the user wrote them */
	size_t n_devices;
};

static void out_of_memory(void)
{
	error(FATAL, "out of memory\n");
}

/* True at a terminal, unless crash runs with -s. */
static bool somebody_waits(void)
{
	return !(pc->flags & SILENT) && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void run(void (*command)(void))
{
	k_begin();
	arena_on_exhausted(out_of_memory);
	progress_begin(somebody_waits() ? stderr : NULL, PATIENCE_MS);
	command();
	k_end();
	/* Ctrl-C also ends what crash itself is in the middle of: repeat, or a file of commands. */
	if (k_interrupted())
		raise(SIGINT);
}

/* For text; in JSON the kernel's line says it. */
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

/* Says why nbd's structures are unknown, unless the kernel has no nbd: then nothing is missing. */
static void warn_without_nbd(void)
{
	const char *problem = k_init_nbd();

	if (problem && k_nbd_is_loaded())
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

/* False, with a message, when another form was asked for before. */
static bool choose_renderer(struct options *options, const struct renderer *renderer)
{
	bool other = options->renderer != &renderer_text && options->renderer != renderer;

	if (other)
		error(INFO, "%s and %s exclude each other\n", options->renderer->option,
		      renderer->option);
	options->renderer = renderer;
	return !other;
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
		{"version", no_argument, NULL, OPT_VERSION},
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
			options->render.connections = true;
			break;
		case 'p':
			options->render.connections = true;
			options->render.peers = true;
			break;
		case 'r':
			options->render.requests = true;
			break;
		case 'o':
			options->render.openers = true;
			break;
		case 'c':
			options->render.findings = true;
			break;
		case OPT_DOT:
			if (!choose_renderer(options, &renderer_dot))
				return false;
			break;
		case 'v':
			options->render.unfolded = true;
			break;
		case 'j':
			if (!choose_renderer(options, &renderer_json))
				return false;
			break;
		case OPT_VERSION:
			options->version = true;
			break;
		default:
			return false;
		}
	}
	if (optind < argcnt)
		error(INFO, "%s: a device is named with -d\n", printable(args[optind]));
	options->render.named = options->n_devices != 0;
	return optind == argcnt;
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

/* The device that a user means; NULL, with a message, when there is none. */
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

/* A full disk must not make half a report look like a whole one; who closes a pipe early has seen enough. */
static void print_devices(const struct renderer *renderer, const struct rendering *r)
{
	if (!renderer_devices(renderer, r) && errno != EPIPE)
		error(INFO, "the report could not be written in full: %s\n", strerror(errno));
}

static void do_nbd(void)
{
	struct options options = {.renderer = &renderer_text};
	struct selection selected;
	struct report *report;

	if (!parse_nbd_options(&options))
		cmd_usage(pc->curcmd, SYNOPSIS);
	if (options.version) {
		fprintf(fp, "nbd.so %s\n", NBD_VERSION);
		return;
	}
	if (!layouts_known(k_init_nbd()))
		return;
	report = collect_report(NULL, 0);
	judge_report(report);
	selected = select_devices(report, &options);
	/* When none of the devices asked for exists, that has been said, and there is no more to show. */
	if (selected.n || !selected.failed || options.renderer == &renderer_json)
		print_devices(options.renderer, &(struct rendering){fp, report, selected.v,
								    selected.n, options.render});
	if (options.renderer != &renderer_json)
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

/* What unix_peer and file_owner were asked. */
struct questions {
	const struct renderer *renderer;
	struct query *v;
	size_t n;
};

/* The operands, and whether -j was given. devices: a device may be named instead of an address, and of a socket only
 * the end that was named is asked about. */
static struct questions parse_queries(bool devices)
{
	static const struct option long_options[] = {
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	struct questions asked = {.renderer = &renderer_text};
	int c;

	while ((c = getopt_long(argcnt, args, "j", long_options, NULL)) != EOF) {
		if (c != 'j')
			cmd_usage(pc->curcmd, SYNOPSIS);
		asked.renderer = &renderer_json;
	}
	if (optind == argcnt)
		cmd_usage(pc->curcmd, SYNOPSIS);
	for (; optind < argcnt; optind++) {
		struct query query = {.both_ends = !devices};

		if ((devices && parse_device_name(args[optind], &query.device)) ||
		    parse_address(args[optind], &query.addr))
			*ARENA_PUSH(asked.v, asked.n) = query;
		else
			error(INFO, "%s: not a kernel address%s\n", printable(args[optind]),
			      devices ? " nor a device (/dev/nbd7)" : "");
	}
	return asked;
}

/* Prints the answer to one query; false when there is none, and a message says why. */
typedef bool answer_fn(const struct rendering *r, const struct renderer *renderer,
		       const struct query *query);

/* The pipeline of both commands. */
static void answer_queries(bool devices, answer_fn *answer)
{
	struct questions asked = parse_queries(devices);
	struct rendering r = {.out = fp};
	struct report *report;
	bool answered = false;

	if (!asked.n || !layouts_known(k_init()))
		return;
	warn_without_nbd();
	report = collect_report(asked.v, asked.n);
	judge_report(report);
	r.report = report;
	for (size_t i = 0; i < asked.n; i++)
		answered |= answer(&r, asked.renderer, &asked.v[i]);
	if (answered && asked.renderer->end_of_queries)
		asked.renderer->end_of_queries(&r);
	note_interruption(report);
}

static void tell_interrupted(const struct query *query)
{
	if (query->device.known)
		error(INFO, "nbd%llu: not looked up before Ctrl-C: ask again\n",
		      (ulonglong)query->device.v);
	else
		error(INFO, "%llx: not looked up before Ctrl-C: ask again\n",
		      (ulonglong)query->addr);
}

static bool answer_socket(const struct rendering *r, const struct renderer *renderer,
			  const struct query *query)
{
	if (query->sock)
		renderer->socket(r, query);
	else if (!query->looked_up)
		tell_interrupted(query);
	else
		error(INFO,
		      "%llx: no socket here: give the address of a struct socket, sock, file of a "
		      "socket, or nbd_sock\n",
		      (ulonglong)query->addr);
	return query->sock;
}

static void do_unix_peer(void)
{
	answer_queries(false, answer_socket);
}

static void cmd_unix_peer(void)
{
	run(do_unix_peer);
}

/* Says why there is no struct file for this query. */
static void tell_no_file(const struct query *query)
{
	if (!query->dev && !query->sock && !query->looked_up)
		tell_interrupted(query);
	else if (query->device.known && !query->addr)
		error(INFO, "nbd%llu: no such device\n", (ulonglong)query->device.v);
	else if (query->dev)
		error(INFO,
		      "%s: no struct file was found that is open on it; the kernel counts %s: see "
		      "nbd -o -d %s\n",
		      query->bdev,
		      query->dev->openers_expected.known
			      ? word_count(query->dev->openers_expected.v, "opener")
			      : "an unknown number of openers",
		      query->dev->name);
	else if (query->sock && (!query->sock->family.known || sock_is_unreadable(query->sock)))
		error(INFO, "%llx: its socket could not be read: who holds it is unknown\n",
		      (ulonglong)query->addr);
	else if (query->sock)
		error(INFO,
		      "%llx: this socket has no struct file: it was closed or not accepted yet\n",
		      (ulonglong)query->addr);
	else
		error(INFO, "%llx: no struct file, socket or nbd block device here\n",
		      (ulonglong)query->addr);
}

static bool answer_file(const struct rendering *r, const struct renderer *renderer,
			const struct query *query)
{
	bool found = query->file || query->n_opened;

	if (found)
		renderer_files(renderer, r, query);
	else
		tell_no_file(query);
	return found;
}

static void do_file_owner(void)
{
	answer_queries(true, answer_file);
}

static void cmd_file_owner(void)
{
	run(do_file_owner);
}

/* Runs before every prompt, however the command before it ended. */
static void cmd_nbd_cleanup(void)
{
	k_end();
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
	k_end();
}
