// SPDX-License-Identifier: GPL-2.0-or-later
#include "nbd_report.h"

#include <string.h>
#include <sys/socket.h>

#include "arena.h"
#include "fold.h"
#include "names.h"
#include "nbd_flags.h"
#include "text_table.h"

/* More owners of one file than this are counted, not listed. */
#define MAX_OWNERS_SHOWN 4
/* So with different names of peers in nbd -d. */
#define MAX_NAMES_SHOWN 8

static const char *decimal(num n)
{
	return n.known ? arena_printf("%lld", (long long)n.v) : "?";
}

static const char *hex(uint64_t addr)
{
	return addr ? arena_printf("%llx", (unsigned long long)addr) : "-";
}

static const char *size_text(num bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	uint64_t v = bytes.v;
	size_t unit = 0;

	if (!bytes.known)
		return "?";
	while (unit + 1 < sizeof(units) / sizeof(units[0]) && v >= 1024 && !(v & 1023)) {
		v >>= 10;
		unit++;
	}
	return arena_printf("%llu %s", (unsigned long long)v, units[unit]);
}

static const char *seconds_text(num seconds)
{
	if (!seconds.known)
		return "?";
	return seconds.v ? arena_printf("%llu s", (unsigned long long)seconds.v) : "none";
}

static const char *plural(size_t n, const char *noun)
{
	return arena_printf("%zu %s%s", n, noun, n == 1 ? "" : "s");
}

/* "a", then "a, b", and so on; all may be NULL at first. */
static const char *append(const char *all, const char *separator, const char *more)
{
	return all ? arena_printf("%s%s%s", all, separator, more) : more;
}

static const char *task_name(const struct task *t)
{
	return arena_printf("%s (%u)%s", name_escape_string(t->comm, sizeof(t->comm)), t->pid,
			    strchr("DTtZX", t->state) ? arena_printf(" state %c", t->state) : "");
}

static bool scan_complete(const struct report *report)
{
	const struct scan_stats *s = &report->scan;

	return !s->tables_unreadable && !s->tasks_unreadable && !s->interrupted;
}

/* Who holds the files of conns[0..n), which have the same owners. */
static const char *owners_text(const struct report *report, const struct connection *conns,
			       size_t n, bool peer)
{
	const struct sock_info *end = peer ? conns->sock->peer : conns->sock;
	const struct file *file = end->file;
	const char *text = NULL;

	if (!file)
		return "unknown";
	if (!file->n_owners)
		return scan_complete(report) ? "none" : "none found";
	for (size_t i = 0; i < file->n_owners && i < MAX_OWNERS_SHOWN; i++)
		text = append(text, ", ",
			      arena_printf("%s %s", task_name(file->owners[i].task),
					   fold_fds(conns, n, i, peer)));
	if (file->n_owners > MAX_OWNERS_SHOWN)
		text = append(text, ", ",
			      arena_printf("%zu more", file->n_owners - MAX_OWNERS_SHOWN));
	return text;
}

/* The sum of a file's references: "2 = 1 nbd + 1 fd". */
static const char *refs_text(const struct file *file)
{
	static const char *const kinds[] = {"nbd", "scm_rights", "io_uring"};
	size_t explained;
	const char *sum = NULL;

	if (!file)
		return "?";
	explained = file_refs_explained(file);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = 0;

		for (size_t h = 0; h < file->n_holders; h++)
			n += !strcmp(file->holders[h].kind, kinds[i]);
		if (n)
			sum = append(sum, " + ", arena_printf("%zu %s", n, kinds[i]));
	}
	if (file->n_table_refs)
		sum = append(sum, " + ", arena_printf("%zu fd", file->n_table_refs));
	if (!file->refs.known)
		return append("?, found", " ", sum ? sum : "none");
	if (file->refs.v > explained)
		sum = append(sum, " + ",
			     arena_printf("%llu unexplained",
					  (unsigned long long)(file->refs.v - explained)));
	return arena_printf("%llu%s%s", (unsigned long long)file->refs.v, sum ? " = " : "",
			    sum ? sum : "");
}

static const char *listener_text(const struct report *report, const struct sock_info *s)
{
	const char *comm = "";

	if (!s->listener_pid.known)
		return NULL;
	for (size_t i = 0; num_is(s->listener_alive, 1) && i < report->tasks.n; i++) {
		const struct task *t = &report->tasks.v[i];

		if (t->pid == s->listener_pid.v)
			comm = arena_printf("%s ", name_escape_string(t->comm, sizeof(t->comm)));
	}
	return arena_printf("listener %s(%llu)%s", comm, (unsigned long long)s->listener_pid.v,
			    num_is(s->listener_alive, 0) ? " exited" : "");
}

/* The other end in a few words, with its owners where it has some. */
static const char *peer_text(const struct report *report, const struct connection *conns, size_t n)
{
	const struct sock_info *s = conns->sock;
	const char *owners = s->peer && s->peer->file ? owners_text(report, conns, n, true) : NULL;
	const char *text;

	switch (s->peer_status) {
	case PEER_OPEN:
		return owners ? arena_printf("open: %s", owners) : "open";
	case PEER_SHUT_DOWN:
		return owners ? arena_printf("shut down: %s", owners) : "shut down";
	case PEER_NOT_ACCEPTED:
		text = "NOT ACCEPTED";
		break;
	case PEER_CLOSED:
		text = "CLOSED by the other end";
		break;
	case PEER_REMOTE:
		return "remote, not in this kernel";
	default:
		return num_is(s->peer_sk, 0) ? "none" : "unknown";
	}
	return listener_text(report, s) ? append(text, "; ", listener_text(report, s)) : text;
}

static const char *sock_state(const struct sock_info *s)
{
	const char *state = name_sock_state(s->state);

	return state ? state : "?";
}

static const char *skbs_text(num queue)
{
	return queue.known ? plural((size_t)queue.v, "skb") : "? skbs";
}

static const char *state_text(const struct connection *c)
{
	const char *state = sock_state(c->sock);

	if (!c->dead.known)
		return "?";
	/* An AF_UNIX socket is ESTABLISHED for ever: only TCP's state adds something. */
	if (c->dead.v && !num_is(c->sock->family, AF_UNIX))
		return arena_printf("DEAD %s", state);
	return c->dead.v ? "DEAD" : state;
}

static const char *shutdown_text(num shutdown)
{
	static const char *const names[] = {"none", "RCV", "SEND", "BOTH"};

	return shutdown.known ? names[shutdown.v & 3] : "?";
}

static const char *index_text(const struct connection *conns, size_t n)
{
	return n == 1 ? arena_printf("%u", conns->index)
		      : arena_printf("%u-%u", conns->index, conns[n - 1].index);
}

static size_t run_length(const struct device *dev, size_t first,
			 const struct report_options *options)
{
	return options->unfolded ? 1 : fold_run(dev->conns + first, dev->n_conns - first);
}

struct tally {
	size_t dead, closed, not_accepted, ownerless, unreadable;
};

static struct tally tally(const struct device *dev)
{
	struct tally t = {.dead = dev->n_dead};

	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct sock_info *s = dev->conns[i].sock;

		t.closed += s->peer_status == PEER_CLOSED;
		t.not_accepted += s->peer_status == PEER_NOT_ACCEPTED;
		t.ownerless += s->file && !s->file->n_owners;
		t.unreadable += s->peer_status == PEER_UNKNOWN;
	}
	return t;
}

/* A netlink client hands its sockets over and exits: only nbd holds them then. */
static bool is_connected_by_netlink(const struct device *dev)
{
	const uint64_t bound = 1 << 5, disconnected = 1 << 2;

	return dev->runtime_flags.known && (dev->runtime_flags.v & bound) &&
	       !(dev->runtime_flags.v & disconnected);
}

struct lines {
	const char **v;
	size_t n;
};

/* What deserves attention, a line each. */
static struct lines flagged(const struct report *report, const struct device *dev)
{
	struct tally t = tally(dev);
	struct lines lines = {0};

	if (t.dead)
		*ARENA_PUSH(lines.v, lines.n) =
			arena_printf("! %s: nbd has given %s up", plural(t.dead, "dead connection"),
				     t.dead == 1 ? "it" : "them");
	if (t.closed)
		*ARENA_PUSH(lines.v, lines.n) =
			arena_printf("! %s: the other end is gone, whether or not nbd noticed",
				     plural(t.closed, "closed peer"));
	if (t.not_accepted)
		*ARENA_PUSH(lines.v, lines.n) =
			arena_printf("! %s not accepted: still in the listener's queue",
				     plural(t.not_accepted, "connection"));
	if (t.ownerless)
		*ARENA_PUSH(lines.v, lines.n) = arena_printf(
			"%c %s without an owner: no process has %s socket open%s",
			is_connected_by_netlink(dev) ? '-' : '!', plural(t.ownerless, "connection"),
			t.ownerless == 1 ? "its" : "their",
			!scan_complete(report)	       ? ", as far as tables could be read"
			: is_connected_by_netlink(dev) ? " (usual for netlink)"
						       : "");
	if (t.unreadable)
		*ARENA_PUSH(lines.v, lines.n) = arena_printf("! %s whose other end is unknown",
							     plural(t.unreadable, "connection"));
	for (size_t i = 0; i < dev->n_problems; i++)
		*ARENA_PUSH(lines.v, lines.n) = arena_printf("! unreadable: %s", dev->problems[i]);
	return lines;
}

static const char *runtime_flags_text(const struct report *report, const struct device *dev)
{
	const char *names[FLAG_BITS];
	size_t n = flags_runtime_names(dev->runtime_flags.v, report->numbering, names);

	return dev->runtime_flags.known ? flags_join(names, n) : "?";
}

static const char *server_flags_text(const struct device *dev)
{
	const char *names[FLAG_BITS];
	size_t n = flags_server_names(dev->server_flags.v, names);

	return dev->server_flags.known ? flags_join(names, n) : "?";
}

static bool is_unconfigured(const struct device *dev)
{
	return num_is(dev->config_known, 0);
}

void report_summary(FILE *out, const struct report *report, struct device *const devs[], size_t n)
{
	static const char *const headers[] = {"NAME", "NBD_DEVICE", "CONN", "LIVE",	    "DEAD",
					      "RECV", "REFS",	    "SIZE", "RUNTIME_FLAGS"};
	struct text_table table = text_table(9, headers, "llrrrrrrl");
	size_t unconfigured = 0;

	for (size_t i = 0; i < n; i++) {
		const struct device *dev = devs[i];
		bool idle = is_unconfigured(dev);
		struct lines lines = flagged(report, dev);

		unconfigured += idle;
		text_table_add(&table, dev->name);
		text_table_add(&table, hex(dev->nbd_device));
		text_table_add(&table, idle ? "-" : decimal(dev->num_connections));
		text_table_add(&table, idle ? "-" : decimal(dev->live_connections));
		text_table_add(&table, idle ? "-" : arena_printf("%zu", dev->n_dead));
		text_table_add(&table, idle ? "-" : decimal(dev->recv_threads));
		text_table_add(&table, decimal(dev->config_refs));
		text_table_add(&table, size_text(dev->capacity_bytes));
		text_table_add(&table, idle ? "(not configured)" : runtime_flags_text(report, dev));
		for (size_t l = 0; l < lines.n; l++)
			text_table_note(&table, lines.v[l]);
	}
	if (n)
		text_table_print(&table, out, 0);
	fprintf(out, "%s%zu of %s configured\n", n ? "\n" : "", n - unconfigured,
		plural(report->n_devices, "nbd device"));
}

static const char *remembered_text(const struct report *report, num addr, num pid,
				   const struct task *t)
{
	bool whole = !report->tasks.unreadable && !report->tasks.interrupted;
	const char *what;

	if (t)
		return task_name(t);
	if (!addr.known && !pid.known)
		return "?";
	if (!addr.v && !pid.v)
		return "none";
	what = addr.v ? arena_printf("task_struct %s", hex(addr.v))
		      : arena_printf("pid %lld", (long long)pid.v);
	return arena_printf("%s, %s", what, whole ? "EXITED: no living task" : "not found");
}

static void print_head(FILE *out, const struct report *report, const struct device *dev)
{
	bool by_pid = dev->recv_pid.known;

	fprintf(out, "%s  nbd_device %s  gendisk %s  config %s\n", dev->name, hex(dev->nbd_device),
		hex(dev->gendisk), is_unconfigured(dev) ? "none" : hex(dev->config));
	if (is_unconfigured(dev)) {
		fprintf(out, "  not configured: no connections; size %s\n",
			size_text(dev->capacity_bytes));
		return;
	}
	fprintf(out, "  size           %s, blocks of %s\n", size_text(dev->capacity_bytes),
		size_text(dev->block_size));
	fprintf(out, "  connections    %s: %s live, %zu dead, %s receiver%s\n",
		decimal(dev->num_connections), decimal(dev->live_connections), dev->n_dead,
		decimal(dev->recv_threads), num_is(dev->recv_threads, 1) ? "" : "s");
	fprintf(out, "  runtime_flags  %s = %s\n", decimal(dev->runtime_flags),
		runtime_flags_text(report, dev));
	fprintf(out, "  server flags   %s = %s\n", decimal(dev->server_flags),
		server_flags_text(dev));
	fprintf(out, "  references     config_refs %s, refs %s\n", decimal(dev->config_refs),
		decimal(dev->refs));
	fprintf(out, "  timeout        %s; dead connections are waited for: %s\n",
		seconds_text(dev->timeout_seconds), seconds_text(dev->dead_conn_timeout_seconds));
	fprintf(out, "  set up by      %s\n",
		remembered_text(report, dev->task_setup, NUM_UNKNOWN, dev->setup_task));
	fprintf(out, "  started by     %s\n",
		remembered_text(report, by_pid ? NUM_UNKNOWN : dev->recv_task_addr, dev->recv_pid,
				dev->recv_task));
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
		fprintf(out, "  %s to %s\n", plural(counts[k], "connection"), names[k]);
	if (others)
		fprintf(out, "  %s to other names: nbd -s --peers lists them\n",
			plural(others, "connection"));
}

void report_device(FILE *out, const struct report *report, const struct device *dev,
		   const struct report_options *options)
{
	static const char *const headers[] = {"INDEX", "COUNT", "NBD_SOCK", "STATE",
					      "REFS",  "OWNER", "PEER"};
	struct text_table table = text_table(7, headers, "lrlllll");
	struct lines lines = flagged(report, dev);

	print_head(out, report, dev);
	if (lines.n)
		fprintf(out, "\nFLAGGED\n");
	for (size_t i = 0; i < lines.n; i++)
		text_wrapped(out, 2, "", lines.v[i]);
	if (!dev->n_conns)
		return;
	for (size_t first = 0, run; first < dev->n_conns; first += run) {
		const struct connection *conns = dev->conns + first;

		run = run_length(dev, first, options);
		text_table_add(&table, index_text(conns, run));
		text_table_add(&table, arena_printf("%zu", run));
		text_table_add(&table, hex(conns->nbd_sock));
		text_table_add(&table, state_text(conns));
		text_table_add(&table, refs_text(conns->sock->file));
		text_table_add(&table, owners_text(report, conns, run, false));
		text_table_add(&table, peer_text(report, conns, run));
	}
	fprintf(out, "\nCONNECTIONS\n");
	text_table_print(&table, out, 2);
	print_peer_names(out, dev);
}

/* The other end: its state and owners, then the addresses behind it, then its name. */
static void add_peer_notes(struct text_table *table, const struct report *report,
			   const struct connection *conns, size_t n)
{
	const struct sock_info *s = conns->sock, *p = s->peer;
	const char *text = peer_text(report, conns, n);
	bool has_listener = s->peer_status == PEER_OPEN || s->peer_status == PEER_SHUT_DOWN;

	if (has_listener && s->listener_pid.known)
		text = append(text, "; ", listener_text(report, s));
	text_table_note(table, arena_printf("peer %s", text));
	if (p)
		text_table_note(table,
				arena_printf("     sk %s  socket %s  file %s  %s, %s to be read",
					     hex(p->sk), hex(p->socket),
					     p->file ? hex(p->file->addr) : "-", sock_state(p),
					     skbs_text(p->receive_queue)));
	text_table_note(table, arena_printf("path %s", s->remote ? s->remote : "(unnamed)"));
}

void report_connections(FILE *out, const struct report *report, const struct device *dev,
			const struct report_options *options)
{
	static const char *const headers[] = {"INDEX", "COUNT",	 "NBD_SOCK", "SOCKET", "SK",
					      "FILE",  "FAMILY", "STATE",    "SHUT"};
	struct text_table table = text_table(9, headers, "lrlllllll");

	fprintf(out, "%s  connections %s: %s live, %zu dead  %s\n", dev->name,
		decimal(dev->num_connections), decimal(dev->live_connections), dev->n_dead,
		runtime_flags_text(report, dev));
	for (size_t first = 0, run; first < dev->n_conns; first += run) {
		const struct connection *conns = dev->conns + first;
		const struct sock_info *s = conns->sock;

		run = run_length(dev, first, options);
		text_table_add(&table, index_text(conns, run));
		text_table_add(&table, arena_printf("%zu", run));
		text_table_add(&table, hex(conns->nbd_sock));
		text_table_add(&table, hex(s->socket));
		text_table_add(&table, hex(s->sk));
		text_table_add(&table, s->file ? hex(s->file->addr) : "?");
		text_table_add(&table, name_family(s->family));
		text_table_add(&table, state_text(conns));
		text_table_add(&table, shutdown_text(s->shutdown));
		text_table_note(&table, arena_printf("refs %s; owner %s", refs_text(s->file),
						     owners_text(report, conns, run, false)));
		if (options->peers)
			add_peer_notes(&table, report, conns, run);
	}
	if (dev->n_conns)
		text_table_print(&table, out, 2);
	for (size_t i = 0; i < dev->n_problems; i++)
		text_wrapped(out, 2, "! unreadable: ", dev->problems[i]);
}

static void print_holders(FILE *out, const struct file *file)
{
	for (size_t i = 0; file && i < file->n_holders; i++)
		fprintf(out, "  held by     %s (%s %s)\n", file->holders[i].what,
			file->holders[i].kind, hex(file->holders[i].object));
}

/* Every owner of one file, a line each; however many they are. */
static void print_owners(FILE *out, const struct report *report, const struct file *file)
{
	fprintf(out, "  references  %s\n", refs_text(file));
	for (size_t i = 0; file && i < file->n_owners; i++)
		fprintf(out, "  owner       %s fd %u  task %s\n", task_name(file->owners[i].task),
			file->owners[i].fd, hex(file->owners[i].task->addr));
	if (file && !file->n_owners)
		fprintf(out, "  owner       %s\n", scan_complete(report) ? "none" : "none found");
	print_holders(out, file);
}

static void print_end(FILE *out, const struct report *report, const char *which,
		      const struct sock_info *s)
{
	const char *family = name_family(s->family), *type = name_sock_type(s->type);

	fprintf(out, "%s  socket %s  sk %s  file %s  inode %s\n", which, hex(s->socket), hex(s->sk),
		s->file ? hex(s->file->addr) : "-", decimal(s->inode));
	fprintf(out, "  state       %s %s %s, shutdown %s%s\n", family ? family : "?",
		type ? type : "(no struct socket)", sock_state(s), shutdown_text(s->shutdown),
		num_is(s->dead, 1) ? ", SOCK_DEAD" : "");
	fprintf(out, "  name        %s\n", s->local ? s->local : "(unnamed)");
	fprintf(out, "  queues      %s bytes sent and not taken, %s to be read\n",
		decimal(s->send_queue_bytes), skbs_text(s->receive_queue));
	if (s->file)
		print_owners(out, report, s->file);
}

void report_socket(FILE *out, const struct report *report, const struct query *query)
{
	const struct sock_info *s = query->sock;
	const struct connection conn = {.sock = query->sock};
	const char *listener = listener_text(report, s);

	print_end(out, report, "this end", s);
	if (s->peer)
		print_end(out, report, "peer", s->peer);
	else
		fprintf(out, "peer  %s\n", s->remote ? s->remote : "none");
	fprintf(out, "  status      %s\n", peer_text(report, &conn, 1));
	if (listener)
		fprintf(out, "  listened    %s\n", listener);
}

void report_file(FILE *out, const struct report *report, const struct query *query)
{
	const struct file *file = query->file;

	fprintf(out, "file %s", hex(file->addr));
	if (query->sock)
		fprintf(out, "  socket:[%s]  %s", decimal(query->sock->inode),
			name_family(query->sock->family));
	else
		fprintf(out, "  %s (path inside its file system)", query->path ? query->path : "?");
	fputc('\n', out);
	print_owners(out, report, file);
}

void report_coverage(FILE *out, const struct report *report)
{
	const struct scan_stats *s = &report->scan;

	fprintf(out, "owners searched: %s, %s, %zu unreadable%s%s\n", plural(s->tasks, "task"),
		plural(s->tables, "file table"), s->tables_unreadable,
		s->tasks_unreadable ? arena_printf("; %s or list links unreadable",
						   plural(s->tasks_unreadable, "task"))
				    : "",
		s->interrupted ? "; INTERRUPTED, incomplete" : "");
	for (size_t i = 0; i < report->n_problems; i++)
		text_wrapped(out, 0, "! unreadable: ", report->problems[i]);
}
