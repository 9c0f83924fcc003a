// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/json.h"

#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "judge/attach.h"
#include "judge/facts.h"
#include "base/flags.h"
#include "judge/phrases.h"

typedef struct json_object json;

/* What is unknown is null, never 0 and never absent. */
static json *number(num n)
{
	return n.known ? json_object_new_int64((int64_t)n.v) : NULL;
}

static json *boolean(num n)
{
	return n.known ? json_object_new_boolean(n.v != 0) : NULL;
}

static json *string(const char *s)
{
	return s ? json_object_new_string(s) : NULL;
}

/* Addresses are strings: a JSON number cannot hold 64 bits exactly. */
static json *address(uint64_t addr)
{
	return addr ? string(arena_printf("0x%llx", (unsigned long long)addr)) : NULL;
}

static void add(json *object, const char *key, json *value)
{
	json_object_object_add(object, key, value);
}

static json *strings(const char *const *v, size_t n)
{
	json *array = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, string(v[i]));
	return array;
}

/* One line of text in the arena; the object is gone, so that a longjmp while printing leaks nothing. */
static const char *line(json *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	const char *copy = arena_strndup(text, strlen(text));

	json_object_put(object);
	return copy;
}

static json *task(const struct task *t)
{
	json *o = json_object_new_object();
	char state[2] = {t->state, '\0'};

	add(o, "pid", json_object_new_int64(t->pid));
	add(o, "tgid", json_object_new_int64(t->tgid));
	add(o, "comm", string(name_escape_string(t->comm, sizeof(t->comm))));
	add(o, "task", address(t->addr));
	add(o, "state", t->state == '?' ? NULL : string(state));
	return o;
}

static json *owners(const struct file *file)
{
	json *array = json_object_new_array();

	for (size_t i = 0; file && i < file->n_owners; i++) {
		json *o = task(file->owners[i].task);

		add(o, "fd", json_object_new_int64(file->owners[i].fd));
		json_object_array_add(array, o);
	}
	return array;
}

static json *holders(const struct file *file)
{
	json *array = json_object_new_array();

	for (size_t i = 0; file && i < file->n_holders; i++) {
		json *o = json_object_new_object();

		add(o, "kind", string(file->holders[i].kind));
		add(o, "what", string(file->holders[i].what));
		add(o, "object", address(file->holders[i].object));
		json_object_array_add(array, o);
	}
	return array;
}

static void add_file(json *o, const struct file *file)
{
	add(o, "file", file ? address(file->addr) : NULL);
	add(o, "file_refs", file ? number(file->refs) : NULL);
	add(o, "file_refs_explained",
	    file ? json_object_new_int64((int64_t)file_refs_explained(file)) : NULL);
	add(o, "owners", owners(file));
	add(o, "holders", holders(file));
}

static json *peer(const struct sock_info *s)
{
	const struct sock_info *p = s->peer;
	json *o;

	if (!p && s->peer_status == PEER_UNKNOWN)
		return NULL;
	o = json_object_new_object();
	add(o, "sk", p ? address(p->sk) : NULL);
	add(o, "socket", p ? address(p->socket) : NULL);
	add(o, "inode", p ? number(p->inode) : NULL);
	add(o, "state", p ? string(name_sock_state(p->state)) : NULL);
	add(o, "status", string(phrase_peer_status(s->peer_status)));
	add(o, "path", string(s->remote));
	add(o, "receive_queue", p ? number(p->receive_queue) : NULL);
	add(o, "listener_pid", number(s->listener_pid));
	add(o, "listener_alive", boolean(s->listener_alive));
	add_file(o, p ? p->file : NULL);
	return o;
}

static void add_socket(json *o, const struct sock_info *s)
{
	add(o, "socket", address(s->socket));
	add(o, "sk", address(s->sk));
	add(o, "inode", number(s->inode));
	add(o, "family", string(name_family(s->family)));
	add(o, "socket_type", string(name_sock_type(s->type)));
	add(o, "state", string(name_sock_state(s->state)));
	add(o, "shutdown", number(s->shutdown));
	add(o, "send_queue_bytes", number(s->send_queue_bytes));
	add(o, "receive_queue", number(s->receive_queue));
	add_file(o, s->file);
	add(o, "local", string(s->local));
	add(o, "remote", string(s->remote));
	add(o, "peer", peer(s));
}

static void add_connection(json *o, const struct connection *c)
{
	add(o, "index", json_object_new_int64(c->index));
	add(o, "nbd_sock", address(c->nbd_sock));
	add(o, "dead", boolean(c->dead));
	add_socket(o, c->sock);
}

static json *connections(const struct device *dev)
{
	json *array = json_object_new_array();

	for (size_t i = 0; i < dev->n_conns; i++) {
		json *o = json_object_new_object();

		add_connection(o, &dev->conns[i]);
		json_object_array_add(array, o);
	}
	return array;
}

static json *flags(num value, const char *const *names, size_t n)
{
	json *o;

	if (!value.known)
		return NULL;
	o = json_object_new_object();
	add(o, "value", number(value));
	add(o, "names", strings(names, n));
	return o;
}

/* A task that the device remembers. Exited is a claim that only a whole task list can prove. */
static json *remembered_task(const struct report *report, const struct device *dev, num addr,
			     num pid, const struct task *t)
{
	bool whole = !report->tasks.unreadable && !report->tasks.interrupted;
	json *o;

	if (!addr.v && !pid.v)
		return NULL;
	o = json_object_new_object();
	add(o, "task", t ? address(t->addr) : address(addr.v));
	add(o, "state", t ? string("live") : whole ? string("exited") : NULL);
	add(o, "uses_device", t ? boolean(fact_uses_device(report, dev, t)) : NULL);
	add(o, "pid", t ? json_object_new_int64(t->pid) : pid.v ? number(pid) : NULL);
	add(o, "comm", t ? string(name_escape_string(t->comm, sizeof(t->comm))) : NULL);
	return o;
}

static json *count(size_t n)
{
	return json_object_new_int64((int64_t)n);
}

/* With three decimals, exactly. */
static json *seconds(num milliseconds)
{
	const char *text = arena_printf("%llu.%03llu", (unsigned long long)milliseconds.v / 1000,
					(unsigned long long)milliseconds.v % 1000);

	return milliseconds.known ? json_object_new_double_s((double)milliseconds.v / 1000, text)
				  : NULL;
}

static json *request_waiters(const struct device *dev, const struct request *rq)
{
	json *array = json_object_new_array();

	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].object == rq->addr)
			json_object_array_add(array, task(dev->waiters[i].task));
	}
	return array;
}

static json *requests(const struct device *dev)
{
	json *array;

	if (!dev->requests_known && !dev->n_requests && !fact_is_unconfigured(dev))
		return NULL;
	array = json_object_new_array();
	for (size_t i = 0; i < dev->n_requests; i++) {
		const struct request *rq = &dev->requests[i];
		json *o = json_object_new_object();

		add(o, "queue", count(rq->queue));
		add(o, "tag", count(rq->tag));
		add(o, "request", address(rq->addr));
		add(o, "op", string(phrase_operation(rq->op)));
		add(o, "sector", number(rq->sector));
		add(o, "bytes", number(rq->bytes));
		add(o, "age_seconds", seconds(rq->age_ms));
		add(o, "connection", number(rq->connection));
		add(o, "sent", boolean(rq->sent));
		add(o, "retries", number(rq->retries));
		add(o, "waiters", request_waiters(dev, rq));
		json_object_array_add(array, o);
	}
	return array;
}

static json *openers(const struct device *dev)
{
	json *array;

	if (!dev->openers_expected.known && !dev->n_openers)
		return NULL;
	array = json_object_new_array();
	for (size_t i = 0; i < dev->n_openers; i++) {
		const struct opener *opener = &dev->openers[i];
		json *o = json_object_new_object();

		add(o, "kind", string(phrase_opener_kind(opener->kind)));
		add(o, "task", opener->task ? task(opener->task) : NULL);
		add(o, "fd", opener->task ? count(opener->fd) : NULL);
		add(o, "file", address(opener->file));
		add(o, "what", string(opener->what));
		json_object_array_add(array, o);
	}
	return array;
}

static json *waiters(const struct device *dev)
{
	json *array = json_object_new_array();

	for (size_t i = 0; i < dev->n_waiters; i++) {
		json *o = task(dev->waiters[i].task);

		add(o, "blocked_in", string(dev->waiters[i].blocked_in));
		add(o, "object", address(dev->waiters[i].object));
		add(o, "object_kind", string(dev->waiters[i].object_what));
		json_object_array_add(array, o);
	}
	return array;
}

static json *outcome(const struct attach *a)
{
	json *o = json_object_new_object();

	add(o, "result",
	    a->result == ATTACH_UNKNOWN ? NULL : string(phrase_attach_result(a->result)));
	add(o, "why", string(a->why));
	add(o, "later", a->later ? outcome(a->later) : NULL);
	return o;
}

static json *attach(const struct device *dev)
{
	static const char *const keys[ATTACH_WAYS] = {
		[ATTACH_SET_SOCK] = "set_sock",
		[ATTACH_DO_IT] = "do_it",
		[ATTACH_NETLINK] = "netlink",
	};
	json *all = json_object_new_object();

	for (int way = 0; way < ATTACH_WAYS; way++)
		add(all, keys[way], outcome(&dev->attach[way]));
	return all;
}

static json *findings(const struct device *dev)
{
	json *array = json_object_new_array();

	for (size_t i = 0; i < dev->n_findings; i++) {
		const struct finding *f = &dev->findings[i];
		json *o = json_object_new_object();

		add(o, "id", string(f->id));
		add(o, "severity", string(phrase_severity(f->severity)));
		add(o, "text", string(f->text));
		add(o, "evidence", strings(f->evidence, f->n_evidence));
		add(o, "remedy", string(f->remedy));
		add(o, "kernel_commit", string(f->kernel_commit));
		json_object_array_add(array, o);
	}
	return array;
}

const char *json_device_line(const struct report *report, const struct device *dev)
{
	const char *names[FLAG_BITS];
	json *o = json_object_new_object();
	size_t n;

	add(o, "type", string("device"));
	add(o, "name", string(dev->name));
	add(o, "index", json_object_new_int64(dev->index));
	add(o, "gendisk", address(dev->gendisk));
	add(o, "nbd_device", address(dev->nbd_device));
	add(o, "config", address(dev->config));
	add(o, "config_refs", number(dev->config_refs));
	add(o, "refs", number(dev->refs));
	n = flags_server_names(dev->server_flags.v, names);
	add(o, "flags", flags(dev->server_flags, names, n));
	n = flags_runtime_names(dev->runtime_flags.v, report->numbering, names);
	add(o, "runtime_flags", flags(dev->runtime_flags, names, n));
	add(o, "num_connections", number(dev->num_connections));
	add(o, "live_connections", number(dev->live_connections));
	add(o, "recv_threads", number(dev->recv_threads));
	add(o, "dead_connections", number(dev->n_dead));
	add(o, "capacity_bytes", number(dev->capacity_bytes));
	add(o, "block_size", number(dev->block_size));
	add(o, "timeout_seconds", number(dev->timeout_seconds));
	add(o, "dead_conn_timeout_seconds", number(dev->dead_conn_timeout_seconds));
	add(o, "setup_task",
	    remembered_task(report, dev, dev->task_setup, NUM_UNKNOWN, dev->setup_task));
	add(o, "recv_task",
	    remembered_task(report, dev, dev->recv_task_addr, dev->recv_pid, dev->recv_task));
	add(o, "connections", connections(dev));
	add(o, "requests", requests(dev));
	add(o, "openers", openers(dev));
	add(o, "openers_expected", number(dev->openers_expected));
	add(o, "openers_found", dev->openers_expected.known ? count(dev->openers_found) : NULL);
	add(o, "waiters", waiters(dev));
	add(o, "attach", attach(dev));
	add(o, "freed_when", string(dev->freed_when));
	add(o, "findings", findings(dev));
	add(o, "unreadable", strings(dev->problems.v, dev->problems.n));
	return line(o);
}

const char *json_kernel_line(const struct report *report)
{
	const struct task *genl_owner = fact_task_at(report, report->genl_lock_owner.v);
	json *o = json_object_new_object();

	add(o, "schema", string("crash-nbd/1"));
	add(o, "type", string("kernel"));
	add(o, "release", string(name_escape_string(report->release, 65)));
	add(o, "machine", string(name_escape_string(report->machine, 65)));
	add(o, "layout_source", string(report->layout_source));
	add(o, "tasks_walked", json_object_new_int64((int64_t)report->tasks.n));
	add(o, "tasks_unreadable", json_object_new_int64((int64_t)report->tasks.unreadable));
	add(o, "tasks_in_crash", json_object_new_int64((int64_t)report->tasks_in_crash));
	add(o, "tables_scanned", json_object_new_int64((int64_t)report->scan.tables));
	add(o, "tables_unreadable", json_object_new_int64((int64_t)report->scan.tables_unreadable));
	add(o, "genl_lock_owner", genl_owner ? task(genl_owner) : NULL);
	add(o, "interrupted", json_object_new_boolean(report->scan.interrupted));
	add(o, "reads", json_object_new_int64((int64_t)report->reads.calls));
	add(o, "bytes_read", json_object_new_int64((int64_t)report->reads.bytes));
	add(o, "unreadable", strings(report->problems.v, report->problems.n));
	return line(o);
}

/* How far the search for owners reached. */
static void add_scan(json *o, const struct report *report)
{
	add(o, "tables_scanned", json_object_new_int64((int64_t)report->scan.tables));
	add(o, "tables_unreadable", json_object_new_int64((int64_t)report->scan.tables_unreadable));
	add(o, "interrupted", json_object_new_boolean(report->scan.interrupted));
}

static void add_end_problems(json *array, const char *end, const struct sock_info *s)
{
	if (s->impossible)
		json_object_array_add(array, string(arena_printf("%s: %s", end, s->impossible)));
	if (s->name_unreadable)
		json_object_array_add(array,
				      string(arena_printf("%s: its name could not be read", end)));
}

static json *socket_problems(const struct sock_info *s)
{
	json *array = json_object_new_array();

	add_end_problems(array, "this end", s);
	if (s->peer)
		add_end_problems(array, "the other end", s->peer);
	return array;
}

const char *json_socket_line(const struct report *report, const struct query *query)
{
	json *o = json_object_new_object();

	add(o, "type", string("socket"));
	add(o, "query", address(query->addr));
	add(o, "index", query->conn ? json_object_new_int64(query->conn->index) : NULL);
	add(o, "nbd_sock", query->conn ? address(query->conn->nbd_sock) : NULL);
	add(o, "dead", query->conn ? boolean(query->conn->dead) : NULL);
	add_socket(o, query->sock);
	add(o, "unreadable", socket_problems(query->sock));
	add_scan(o, report);
	return line(o);
}

const char *json_file_line(const struct report *report, const struct query *query)
{
	json *o = json_object_new_object();

	add(o, "type", string("file"));
	add(o, "query", address(query->addr));
	add(o, "path", string(query->path));
	add_file(o, query->file);
	add_scan(o, report);
	return line(o);
}
