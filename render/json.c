// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/json.h"

#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "base/version.h"
#include "base/words.h"
#include "judge/attach.h"
#include "judge/balance.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/identity.h"
#include "base/flags.h"
#include "judge/phrases.h"
#include "judge/state.h"
#include "judge/take_down.h"
#include "render/ends.h"
#include "render/renderer.h"

typedef struct json_object json;

/* The line that is being made. Where memory runs out in the middle of it the command is left by longjmp:
 * the next line gives back what had been made. */
static json *unfinished;

/* What json-c made, unless it had no memory for it. */
static json *made(json *value)
{
	if (!value)
		arena_exhausted();
	return value;
}

static json *object(void)
{
	return made(json_object_new_object());
}

static json *array(void)
{
	return made(json_object_new_array());
}

static json *begin_line(void)
{
	json_object_put(unfinished);
	unfinished = NULL;
	unfinished = object();
	return unfinished;
}

/* What is unknown is null, never 0 and never absent. */
static json *integer(int64_t n)
{
	return made(json_object_new_int64(n));
}

static json *number(num n)
{
	return n.known ? integer((int64_t)n.v) : NULL;
}

static json *truth(bool b)
{
	return made(json_object_new_boolean(b));
}

static json *boolean(num n)
{
	return n.known ? truth(n.v != 0) : NULL;
}

static json *string(const char *s)
{
	return s ? made(json_object_new_string(s)) : NULL;
}

/* Addresses are strings: a JSON number cannot hold 64 bits exactly. */
static json *address(uint64_t addr)
{
	return addr ? string(arena_printf("0x%llx", (unsigned long long)addr)) : NULL;
}

/* Gives value to its parent; without memory it is given back at once. */
static void add(json *to, const char *key, json *value)
{
	if (!json_object_object_add(to, key, value))
		return;
	json_object_put(value);
	arena_exhausted();
}

static void append(json *to, json *value)
{
	if (!json_object_array_add(to, value))
		return;
	json_object_put(value);
	arena_exhausted();
}

/* Objects and arrays have a parent before they are filled: what is unfinished hangs together. */
static json *add_object(json *to, const char *key)
{
	json *o = object();

	add(to, key, o);
	return o;
}

static json *add_array(json *to, const char *key)
{
	json *all = array();

	add(to, key, all);
	return all;
}

static json *append_object(json *to)
{
	json *o = object();

	append(to, o);
	return o;
}

static void add_strings(json *to, const char *key, const char *const *v, size_t n)
{
	json *all = add_array(to, key);

	for (size_t i = 0; i < n; i++)
		append(all, string(v[i]));
}

/* One line of text in the arena; the object is gone, so that a longjmp while printing leaks nothing. */
static const char *end_line(void)
{
	const char *copy,
		*text = json_object_to_json_string_ext(
			unfinished, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		arena_exhausted();
	copy = arena_strndup(text, strlen(text));
	json_object_put(unfinished);
	unfinished = NULL;
	return copy;
}

static void fill_task(json *o, const struct task *t)
{
	char state[2] = {t->state, '\0'};

	add(o, "pid", integer(t->pid));
	add(o, "tgid", integer(t->tgid));
	add(o, "comm", string(name_escape_string(t->comm, sizeof(t->comm))));
	add(o, "task", address(t->addr));
	add(o, "state", t->state == '?' ? NULL : string(state));
}

/* With three decimals, exactly. */
static json *seconds(num milliseconds)
{
	const char *text = arena_printf("%llu.%03llu", (unsigned long long)milliseconds.v / 1000,
					(unsigned long long)milliseconds.v % 1000);

	return milliseconds.known
		       ? made(json_object_new_double_s((double)milliseconds.v / 1000, text))
		       : NULL;
}

/* A task that waits, and for how long. */
static void fill_waiting(json *o, const struct task *t)
{
	fill_task(o, t);
	add(o, "waiting_seconds", seconds(t->ran_ago_ms));
}

static void add_task(json *to, const char *key, const struct task *t)
{
	if (t)
		fill_task(add_object(to, key), t);
	else
		add(to, key, NULL);
}

static void add_owners(json *to, const struct file *file)
{
	json *all = add_array(to, "owners");

	for (size_t i = 0; file && i < file->n_owners; i++) {
		json *o = append_object(all);

		fill_task(o, file->owners[i].task);
		add(o, "fd", integer(file->owners[i].fd));
	}
}

static void add_holder_tasks(json *to, const struct holder *h)
{
	json *all = add_array(to, "tasks");
	struct fd_owner owner;

	for (size_t i = 0; (owner = holder_owner(h, i)).task; i++) {
		json *o = append_object(all);

		fill_task(o, owner.task);
		add(o, "fd", h->kind == HOLDER_SYSTEM_CALL ? NULL : integer(owner.fd));
	}
}

static void add_holders(json *to, const struct file *file)
{
	json *all = add_array(to, "holders");

	for (size_t i = 0; file && i < file->n_holders; i++) {
		json *o = append_object(all);

		add(o, "kind", string(phrase_holder_kind(file->holders[i].kind)));
		add(o, "what", string(phrase_holder(&file->holders[i])));
		add(o, "object", address(file->holders[i].object));
		add_holder_tasks(o, &file->holders[i]);
	}
}

static void add_file(json *o, const struct file *file)
{
	add(o, "file", file ? address(file->addr) : NULL);
	add(o, "file_refs", file ? number(file->refs) : NULL);
	add(o, "file_refs_explained", file ? integer((int64_t)file_refs_explained(file)) : NULL);
	add_owners(o, file);
	add_holders(o, file);
}

static void add_peer(json *to, const struct sock_info *s)
{
	const struct sock_info *p = s->peer;
	json *o;

	if (!p && s->peer_status == PEER_UNKNOWN) {
		add(to, "peer", NULL);
		return;
	}
	o = add_object(to, "peer");
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
	add(o, "send_window", number(s->send_window));
	add(o, "receive_queue", number(s->receive_queue));
	add_file(o, s->file);
	add(o, "local", string(s->local));
	add(o, "remote", string(s->remote));
	add_peer(o, s);
}

/* Who holds tx_lock, with which request, and who waits for it. */
static void add_sender(json *to, const struct device *dev, const struct connection *c)
{
	const struct request *rq = fact_request_of(dev, c->sender);
	json *o, *behind;

	add(to, "pending", address(c->pending.v));
	add(to, "pending_sent", number(c->pending_sent));
	if (!c->sender) {
		add(to, "sender", NULL);
		return;
	}
	o = add_object(to, "sender");
	fill_waiting(o, c->sender);
	add(o, "request", rq ? address(rq->addr) : NULL);
	behind = add_array(o, "behind");
	for (size_t i = 0; i < c->n_behind_sender; i++)
		fill_waiting(append_object(behind), c->behind_sender[i]);
}

static void add_connections(json *to, const struct device *dev)
{
	json *all = add_array(to, "connections");

	for (size_t i = 0; i < dev->n_conns; i++) {
		const struct connection *c = &dev->conns[i];
		json *o = append_object(all);

		add(o, "index", integer(c->index));
		add(o, "nbd_sock", address(c->nbd_sock));
		add(o, "dead", boolean(c->dead));
		add_socket(o, c->sock);
		add_sender(o, dev, c);
	}
}

static void add_flags(json *to, const char *key, num value, const char *const *names, size_t n)
{
	json *o;

	if (!value.known) {
		add(to, key, NULL);
		return;
	}
	o = add_object(to, key);
	add(o, "value", number(value));
	add_strings(o, "names", names, n);
}

/* A task that the device remembers. Exited is a claim that only a whole task list can prove. */
/* Who has the place of a task that has exited, or may have. */
static void add_reuser(json *to, const struct device *dev, const struct task *reuser)
{
	json *o;

	if (!reuser) {
		add(to, "reused_by", NULL);
		return;
	}
	o = add_object(to, "reused_by");
	add(o, "task", address(reuser->addr));
	add(o, "pid", integer(reuser->pid));
	add(o, "comm", string(name_escape_string(reuser->comm, sizeof(reuser->comm))));
	add(o, "began_after_start_ms", number(identity_too_young_ms(dev, reuser)));
}

static void add_remembered_task(json *to, const char *key, const struct report *report,
				const struct device *dev, num addr, num pid, const struct task *t,
				const char *doubt, const struct task *reuser)
{
	bool exited = reuser || fact_tasks_complete(report);
	json *o;

	if (doubt) {
		reuser = t;
		t = NULL;
		exited = false;
	}

	if (!addr.v && !pid.v) {
		add(to, key, NULL);
		return;
	}
	o = add_object(to, key);
	add(o, "task", t ? address(t->addr) : address(addr.v));
	add(o, "state", t ? string("live") : exited ? string("exited") : NULL);
	add(o, "doubt", string(doubt));
	add_reuser(o, dev, reuser);
	add(o, "uses_device", t ? boolean(fact_uses_device(report, dev, t)) : NULL);
	add(o, "pid", t ? integer(t->pid) : pid.v ? number(pid) : NULL);
	add(o, "comm", t ? string(name_escape_string(t->comm, sizeof(t->comm))) : NULL);
}

static json *count(size_t n)
{
	return integer((int64_t)n);
}

static void add_request_waiters(json *to, const struct device *dev, const struct request *rq)
{
	json *all = add_array(to, "waiters");

	for (size_t i = 0; i < dev->n_waiters; i++) {
		if (dev->waiters[i].object == rq->addr)
			fill_task(append_object(all), dev->waiters[i].task);
	}
}

static void add_requests(json *to, const struct device *dev)
{
	json *all;

	if (!dev->requests_known && !dev->n_requests && !fact_is_unconfigured(dev)) {
		add(to, "requests", NULL);
		return;
	}
	all = add_array(to, "requests");
	for (size_t i = 0; i < dev->n_requests; i++) {
		const struct request *rq = &dev->requests[i];
		json *o = append_object(all);

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
		add_task(o, "worker", rq->worker);
		add_request_waiters(o, dev, rq);
	}
}

static void add_tasks(json *to, const char *key, const struct task *const *tasks, size_t n)
{
	json *all = add_array(to, key);

	for (size_t i = 0; i < n; i++)
		fill_waiting(append_object(all), tasks[i]);
}

/* Requests that nbd has not started, and who waits to make one. */
static void add_waiting(json *to, const struct device *dev)
{
	json *all;

	if (dev->waiting_known || dev->n_waiting || fact_is_unconfigured(dev)) {
		all = add_array(to, "requests_waiting");
		for (size_t i = 0; i < dev->n_waiting; i++) {
			const struct request *rq = &dev->waiting[i];
			json *o = append_object(all);

			add(o, "where", string(phrase_request_place(rq->place)));
			add(o, "queue", count(rq->queue));
			add(o, "tag", rq->tag == REQUEST_NO_TAG ? NULL : count(rq->tag));
			add(o, "sched_tag", number(rq->sched_tag));
			add(o, "request", address(rq->addr));
			add(o, "op", string(phrase_operation(rq->op)));
			add(o, "sector", number(rq->sector));
			add(o, "bytes", number(rq->bytes));
			add(o, "age_seconds", seconds(rq->age_ms));
			add_task(o, "worker", rq->worker);
			add_request_waiters(o, dev, rq);
		}
	} else {
		add(to, "requests_waiting", NULL);
	}
	if (dev->tag_waiters_known || dev->n_tag_waiters || fact_is_unconfigured(dev))
		add_tasks(to, "tag_waiters", dev->tag_waiters, dev->n_tag_waiters);
	else
		add(to, "tag_waiters", NULL);
	add_tasks(to, "reconnect_waiters", dev->reconnect_waiters, dev->n_reconnect_waiters);
}

static void add_mount(json *to, const struct mount *m)
{
	json *o, *all;

	if (!m) {
		add(to, "mount", NULL);
		return;
	}
	o = add_object(to, "mount");
	add(o, "point", string(m->point));
	add(o, "detached", boolean(m->detached));
	add(o, "namespace", number(m->namespace_inode));
	add(o, "elsewhere", boolean(m->elsewhere));
	add_task(o, "inhabitant", m->inhabitant);
	all = add_array(o, "kept_by");
	for (size_t i = 0; i < m->n_keepers; i++) {
		json *keeper = append_object(all);

		fill_task(keeper, m->keepers[i].task);
		add(keeper, "by", string(m->keepers[i].by));
	}
}

static void add_openers(json *to, const struct opener *openers, size_t n, num expected)
{
	json *all;

	if (!expected.known && !n) {
		add(to, "openers", NULL);
		return;
	}
	all = add_array(to, "openers");
	for (size_t i = 0; i < n; i++) {
		const struct opener *opener = &openers[i];
		json *o = append_object(all);

		add(o, "kind", string(phrase_opener_kind(opener->kind)));
		add_task(o, "task", opener->task);
		add(o, "fd", opener->task ? count(opener->fd) : NULL);
		add(o, "file", address(opener->file));
		add(o, "what", string(opener->mount ? opener->what : phrase_opener(opener)));
		add(o, "on", string(opener->on));
		add(o, "stacked", string(opener->stacked ? opener->stacked->name : NULL));
		add(o, "frozen", boolean(opener->frozen));
		add_mount(o, opener->mount);
	}
}

/* What is stacked on the device, and the order in which all that is to be taken down. */
static void add_above(json *to, const struct device *dev)
{
	json *all = add_array(to, "above");
	size_t n;
	const struct take_down_step *steps = take_down_steps(dev, &n);

	for (size_t i = 0; i < dev->n_above; i++) {
		const struct level *level = &dev->above[i];
		const struct stacked *s = level->stacked;
		json *o = append_object(all);

		add(o, "name", string(s->name));
		add(o, "gendisk", address(s->gendisk));
		add(o, "dm_name", string(s->dm_name));
		add(o, "dm_uuid", string(s->dm_uuid));
		add(o, "on", string(level->on));
		add(o, "depth", count(level->depth));
		add_openers(o, s->openers, s->n_openers, s->openers_expected);
		add(o, "openers_expected", number(s->openers_expected));
		add(o, "openers_found", s->openers_expected.known ? count(s->openers_found) : NULL);
	}
	all = add_array(to, "take_down");
	for (size_t i = 0; i < n; i++) {
		json *o = append_object(all);

		add(o, "what", string(steps[i].what));
		add(o, "command", string(steps[i].command));
	}
}

static void add_waiters(json *to, const struct device *dev)
{
	json *all = add_array(to, "waiters");

	for (size_t i = 0; i < dev->n_waiters; i++) {
		json *o = append_object(all);

		fill_waiting(o, dev->waiters[i].task);
		add(o, "blocked_in", string(dev->waiters[i].blocked_in));
		add(o, "object", address(dev->waiters[i].object));
		add(o, "object_kind", string(dev->waiters[i].object_what));
		add(o, "above", string(dev->waiters[i].above ? dev->waiters[i].above->name : NULL));
	}
}

static void add_behind(json *to, const struct device *dev)
{
	json *all = add_array(to, "behind");

	for (size_t i = 0; i < dev->n_behind; i++) {
		const struct blocked *b = &dev->behind[i];
		json *o = append_object(all);

		fill_waiting(o, b->task);
		add(o, "lock", address(b->lock));
		add(o, "lock_kind", string(b->kind));
		add(o, "lock_of", string(b->of));
		add_task(o, "owner", b->owner);
		add(o, "shared", truth(b->shared));
	}
}

static void fill_outcome(json *o, const struct attach *a)
{
	add(o, "result",
	    a->result == ATTACH_UNKNOWN ? NULL : string(phrase_attach_result(a->result)));
	add(o, "why", string(a->why));
	if (a->later)
		fill_outcome(add_object(o, "later"), a->later);
	else
		add(o, "later", NULL);
}

static void add_attach(json *to, const struct device *dev)
{
	static const char *const keys[] = {
		[ATTACH_SET_SOCK] = "set_sock",
		[ATTACH_DO_IT] = "do_it",
		[ATTACH_NETLINK] = "netlink",
	};
	json *all = add_object(to, "attach");

	_Static_assert(sizeof(keys) / sizeof(keys[0]) == ATTACH_WAYS, "a key for each way");
	for (int way = 0; way < ATTACH_WAYS; way++)
		fill_outcome(add_object(all, keys[way]), &dev->attach[way]);
}

static void add_ways_out(json *to, const struct device *dev)
{
	static const char *const keys[] = {
		[OUT_RECONFIGURE] = "reconfigure",
		[OUT_NETLINK_DISCONNECT] = "netlink_disconnect",
		[OUT_DISCONNECT] = "disconnect",
		[OUT_CLEAR_SOCK] = "clear_sock",
	};
	json *all;

	_Static_assert(sizeof(keys) / sizeof(keys[0]) == WAYS_OUT, "a key for each way");
	if (!dev->config) {
		add(to, "ways_out", NULL);
		return;
	}
	all = add_object(to, "ways_out");
	for (int way = 0; way < WAYS_OUT; way++)
		fill_outcome(add_object(all, keys[way]), &dev->ways_out[way]);
}

/* Nanoseconds as seconds, as the kernel's log has them. */
static json *stamp(num nanoseconds)
{
	const char *text = word_log_stamp(nanoseconds);

	return nanoseconds.known
		       ? made(json_object_new_double_s((double)nanoseconds.v / 1000000000, text))
		       : NULL;
}

static void add_log(json *to, const struct report *report, const struct device *dev)
{
	size_t first = dev->n_log > MAX_LOG_SHOWN ? dev->n_log - MAX_LOG_SHOWN : 0;
	json *all;

	if (!report->log_known && !dev->n_log) {
		add(to, "log", NULL);
		return;
	}
	all = add_array(to, "log");
	for (size_t i = first; i < dev->n_log; i++) {
		json *o = append_object(all);

		add(o, "seconds", stamp(dev->log[i].stamp_ns));
		add(o, "age_seconds", seconds(dev->log[i].age_ms));
		add(o, "text", string(dev->log[i].text));
	}
}

static void add_diagnosis(json *to, const struct device *dev)
{
	const struct diagnosis *d = dev->diagnosis;
	json *o, *pids, *consequences, *steps;

	if (!d) {
		add(to, "diagnosis", NULL);
		return;
	}
	o = add_object(to, "diagnosis");
	add(o, "state", string(state_word(d->state)));
	add(o, "cause_id", string(d->cause_id));
	add(o, "cause", string(d->cause));
	pids = add_array(o, "pids");
	for (size_t i = 0; i < d->n_pids; i++)
		append(pids, integer(d->pids[i]));
	consequences = add_array(o, "consequences");
	for (size_t i = 0; i < d->n_consequences; i++)
		append(consequences, string(d->consequences[i]));
	steps = add_array(o, "steps");
	for (size_t i = 0; i < d->n_steps; i++) {
		json *step = append_object(steps);

		add(step, "otherwise", truth(d->steps[i].otherwise));
		add(step, "do", string(d->steps[i].action));
		add(step, "costs", string(d->steps[i].costs));
		add(step, "frees", string(d->steps[i].frees));
	}
}

static void add_findings(json *to, const struct device *dev)
{
	json *all = add_array(to, "findings");

	for (size_t i = 0; i < dev->n_findings; i++) {
		const struct finding *f = &dev->findings[i];
		json *o = append_object(all);

		add(o, "id", string(f->id));
		add(o, "severity", string(phrase_severity(f->severity)));
		add(o, "text", string(f->text));
		add_strings(o, "evidence", f->evidence, f->n_evidence);
		add(o, "remedy", string(f->remedy));
		add(o, "kernel_commit", string(f->kernel_commit));
	}
}

const char *json_device_line(const struct report *report, const struct device *dev)
{
	const char *names[FLAG_BITS];
	json *o = begin_line();
	size_t n;

	add(o, "type", string("device"));
	add(o, "name", string(dev->name));
	add(o, "index", integer(dev->index));
	add(o, "gendisk", address(dev->gendisk));
	add(o, "nbd_device", address(dev->nbd_device));
	add(o, "config", address(dev->config));
	add(o, "config_refs", number(dev->config_refs));
	add(o, "refs", number(dev->refs));
	n = flags_server_names(dev->server_flags.v, names);
	add_flags(o, "flags", dev->server_flags, names, n);
	n = flags_runtime_names(dev->runtime_flags.v, report->numbering, names);
	add_flags(o, "runtime_flags", dev->runtime_flags, names, n);
	add(o, "num_connections", number(dev->num_connections));
	add(o, "live_connections", number(dev->live_connections));
	add(o, "recv_threads", number(dev->recv_threads));
	add(o, "dead_connections", number(dev->n_dead));
	add(o, "capacity_bytes", number(dev->capacity_bytes));
	add(o, "block_size", number(dev->block_size));
	add(o, "backend", string(dev->backend));
	add(o, "timeout_seconds", number(dev->timeout_seconds));
	add(o, "dead_conn_timeout_seconds", number(dev->dead_conn_timeout_seconds));
	add_remembered_task(o, "setup_task", report, dev, dev->task_setup, NUM_UNKNOWN,
			    dev->setup_task, dev->setup_doubt, dev->setup_reuser);
	add_remembered_task(o, "recv_task", report, dev, dev->recv_task_addr, dev->recv_pid,
			    dev->recv_task, dev->recv_doubt, dev->recv_reuser);
	add_connections(o, dev);
	add_requests(o, dev);
	add_waiting(o, dev);
	add_openers(o, dev->openers, dev->n_openers, dev->openers_expected);
	add(o, "openers_expected", number(dev->openers_expected));
	add(o, "openers_found", dev->openers_expected.known ? count(dev->openers_found) : NULL);
	add_above(o, dev);
	add_waiters(o, dev);
	add(o, "reconnect_left_seconds", seconds(dev->reconnect_left_ms));
	add_behind(o, dev);
	add(o, "detach_would_hang", string(detach_would_hang(report, dev)));
	add_attach(o, dev);
	add_ways_out(o, dev);
	add(o, "freed_when", string(dev->freed_when));
	add_log(o, report, dev);
	add_diagnosis(o, dev);
	add_findings(o, dev);
	add_strings(o, "unreadable", dev->problems.v, dev->problems.n);
	return end_line();
}

/* What memory was read for. */
static void add_reads(json *o, const struct report *report)
{
	static const char *const purposes[] = {
#define READ_PURPOSE_TEXT(purpose, text) [purpose] = text,
		READ_PURPOSES(READ_PURPOSE_TEXT)
#undef READ_PURPOSE_TEXT
	};
	json *reads = object(), *bytes = object();

	for (int p = 0; p < READ_PURPOSE_COUNT; p++) {
		add(reads, purposes[p], integer((int64_t)report->reads_for[p].calls));
		add(bytes, purposes[p], integer((int64_t)report->reads_for[p].bytes));
	}
	add(o, "reads_for", reads);
	add(o, "bytes_read_for", bytes);
}

static void add_balance(json *to, const struct report *report)
{
	struct balance balance = balance_of(report);
	json *o = add_object(to, "tasks_in_d"), *all;

	add(o, "total", count(balance.in_d));
	add(o, "explained", count(balance.in_d - balance.n_rest));
	all = add_array(o, "devices");
	for (size_t d = 0; d < report->n_devices; d++) {
		json *device;

		if (!balance.of_device[d])
			continue;
		device = append_object(all);
		add(device, "name", string(report->devices[d].name));
		add(device, "tasks", count(balance.of_device[d]));
	}
	all = add_array(o, "rest");
	for (size_t i = 0; i < balance.n_rest; i++)
		fill_waiting(append_object(all), balance.rest[i]);
	add(o, "states_unread", count(balance.unread));
}

const char *json_kernel_line(const struct report *report)
{
	const struct task *genl_owner = fact_task_at(report, report->genl_lock_owner.v);
	json *o = begin_line();

	add(o, "schema", string("crash-nbd/1"));
	add(o, "version", string(NBD_VERSION));
	add(o, "type", string("kernel"));
	add(o, "release", string(name_escape_string(report->release, 65)));
	add(o, "machine", string(name_escape_string(report->machine, 65)));
	add(o, "layout_source", string(report->layout_source));
	add_strings(o, "devices_from", report->devices_from, report->n_devices_from);
	add(o, "tasks_walked", integer((int64_t)report->tasks.n));
	add(o, "tasks_unreadable", integer((int64_t)report->tasks.unreadable));
	add(o, "tasks_in_crash", integer((int64_t)report->tasks_in_crash));
	add(o, "tables_scanned", integer((int64_t)report->scan.tables));
	add(o, "tables_unreadable", integer((int64_t)report->scan.tables_unreadable));
	add_task(o, "genl_lock_owner", genl_owner);
	add_balance(o, report);
	add(o, "interrupted", truth(report->scan.interrupted));
	add(o, "reads", integer((int64_t)report->reads.calls));
	add(o, "bytes_read", integer((int64_t)report->reads.bytes));
	add_reads(o, report);
	add_strings(o, "unreadable", report->problems.v, report->problems.n);
	return end_line();
}

/* How far the search for owners reached. */
static void add_scan(json *o, const struct report *report)
{
	add(o, "tables_scanned", integer((int64_t)report->scan.tables));
	add(o, "tables_unreadable", integer((int64_t)report->scan.tables_unreadable));
	add(o, "tasks_unreadable", integer((int64_t)report->tasks.unreadable));
	add(o, "leaders_only", integer((int64_t)fact_leaders_only(report)));
	add(o, "interrupted", truth(report->scan.interrupted));
}

static void add_end_problems(json *all, const char *end, const struct sock_info *s)
{
	if (sock_is_unreadable(s))
		append(all, string(arena_printf("%s: %s", end, end_unreadable(s))));
	if (s->impossible)
		append(all, string(arena_printf("%s: %s", end, s->impossible)));
	if (s->name_unreadable)
		append(all, string(arena_printf("%s: its name could not be read", end)));
}

static void add_query_problems(json *to, const struct report *report, const struct query *query)
{
	json *all = add_array(to, "unreadable");

	if (query->sock)
		add_end_problems(all, query->both_ends ? "this end" : "the socket", query->sock);
	if (query->sock && query->both_ends && query->sock->peer)
		add_end_problems(all, "the other end", query->sock->peer);
	for (size_t i = 0; i < report->problems.n; i++)
		append(all, string(report->problems.v[i]));
}

const char *json_socket_line(const struct report *report, const struct query *query)
{
	json *o = begin_line();

	add(o, "type", string("socket"));
	add(o, "query", address(query->addr));
	add(o, "index", query->conn ? integer(query->conn->index) : NULL);
	add(o, "nbd_sock", query->conn ? address(query->conn->nbd_sock) : NULL);
	add(o, "dead", query->conn ? boolean(query->conn->dead) : NULL);
	add_socket(o, query->sock);
	add_query_problems(o, report, query);
	add_scan(o, report);
	return end_line();
}

const char *json_file_line(const struct report *report, const struct query *query,
			   const struct opened_file *opened)
{
	json *o = begin_line();

	add(o, "type", string("file"));
	add(o, "query", address(query->addr));
	add(o, "path", string(opened->path));
	add_file(o, opened->file);
	add_query_problems(o, report, query);
	add_scan(o, report);
	return end_line();
}

static void begin(const struct rendering *r)
{
	fprintf(r->out, "%s\n", json_kernel_line(r->report));
}

static void device(const struct rendering *r, const struct device *dev)
{
	fprintf(r->out, "%s\n", json_device_line(r->report, dev));
}

static void socket(const struct rendering *r, const struct query *query)
{
	fprintf(r->out, "%s\n", json_socket_line(r->report, query));
}

static void file(const struct rendering *r, const struct query *query,
		 const struct opened_file *opened)
{
	fprintf(r->out, "%s\n", json_file_line(r->report, query, opened));
}

const struct renderer renderer_json = {"-j", begin, device, NULL, socket, file, NULL};
