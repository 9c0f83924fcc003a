// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/phrases.h"

#include <string.h>

#include "base/arena.h"
#include "base/flags.h"
#include "base/names.h"
#include "base/words.h"
#include "judge/facts.h"
#include "judge/identity.h"

/* More openers than this are counted, not named. */
#define MAX_OPENERS_NAMED 6
/* So are owners of a file. */
#define MAX_OWNERS_NAMED 4
/* include/linux/blk_types.h */
#define REQ_OP_FLUSH 2

#define OPENER_KIND_ROW(kind, word, let_go) [kind] = {word, let_go},
static const struct {
	const char *word, *let_go;
} opener_kinds[] = {OPENER_KIND_TABLE(OPENER_KIND_ROW)};
#undef OPENER_KIND_ROW

#define HOLDER_KIND_ROW(kind, word) [kind] = word,
static const char *const holder_kinds[] = {HOLDER_KIND_TABLE(HOLDER_KIND_ROW)};
#undef HOLDER_KIND_ROW

#define REQUEST_PLACE_ROW(place, word, text) [place] = {word, text},
static const struct {
	const char *word, *text;
} request_places[] = {REQUEST_PLACE_TABLE(REQUEST_PLACE_ROW)};
#undef REQUEST_PLACE_ROW

_Static_assert(sizeof(opener_kinds) / sizeof(opener_kinds[0]) == OPENER_KINDS,
	       "each kind of opener has a row");
_Static_assert(sizeof(holder_kinds) / sizeof(holder_kinds[0]) == HOLDER_KINDS,
	       "each kind of holder has a word");

const char *phrase_detach(const struct device *dev)
{
	return arena_printf("nbd-client -d /dev/nbd%u", dev->index);
}

const char *phrase_name(const struct task *t)
{
	const char *comm = name_escape_string(t->comm, sizeof(t->comm));

	/* The process is what can be killed; its leader may be a zombie long since. */
	return t->pid == t->tgid ? arena_printf("%s (%u)", comm, t->pid)
				 : arena_printf("%s (%u, thread %u)", comm, t->tgid, t->pid);
}

const char *phrase_task(const struct task *t)
{
	return arena_printf("%s%s", phrase_name(t),
			    strchr("DTtZX", t->state) ? arena_printf(" state %c", t->state) : "");
}

const char *phrase_stop(const struct task *t)
{
	if (t->state == 'T')
		return "is stopped (state T)";
	if (t->state == 't')
		return "is stopped by a debugger (state t)";
	return arena_printf("does not run (state %c)", t->state);
}

const char *phrase_for(const struct task *t)
{
	return t->ran_ago_ms.known ? arena_printf(" for at least %s", word_age(t->ran_ago_ms)) : "";
}

const char *phrase_operation(num op)
{
	/* include/linux/blk_types.h; zone operations were renumbered and stay numbers. */
	static const char *const names[] = {
		[0] = "READ",	 [1] = "WRITE",	       [2] = "FLUSH",
		[3] = "DISCARD", [5] = "SECURE_ERASE", [9] = "WRITE_ZEROES",
	};

	if (!op.known)
		return NULL;
	if (op.v < sizeof(names) / sizeof(names[0]) && names[op.v])
		return names[op.v];
	return arena_printf("%llu", (unsigned long long)op.v);
}

const char *phrase_request(const struct request *rq)
{
	const char *op = phrase_operation(rq->op);

	if (num_is(rq->op, REQ_OP_FLUSH))
		return op;
	return arena_printf("%s of %s at sector %s", op ? op : "?", word_size(rq->bytes),
			    word_decimal(rq->sector));
}

const char *phrase_sector(const struct request *rq)
{
	return num_is(rq->op, REQ_OP_FLUSH) ? "-" : word_decimal(rq->sector);
}

const char *phrase_request_place(enum request_place place)
{
	return request_places[place].word;
}

const char *phrase_request_waits(enum request_place place)
{
	return request_places[place].text;
}

const char *phrase_requests(const struct device *dev)
{
	const char *text = dev->requests_known ? arena_printf("%zu in flight", dev->n_requests)
			   : dev->n_requests   ? arena_printf("%zu in flight are known, not all",
							      dev->n_requests)
					       : "?";

	for (enum request_place place = REQUEST_IN_FLIGHT + 1; place < REQUEST_PLACES; place++) {
		size_t n = fact_requests_at(dev, place);

		if (n)
			text = arena_printf("%s, %zu %s", text, n, phrase_request_waits(place));
	}
	if (dev->requests_known && !dev->waiting_known)
		text = arena_printf("%s; how many wait to be started is not known", text);
	if (dev->n_tag_waiters)
		text = arena_printf("%s; %s for a tag", text,
				    dev->n_tag_waiters == 1
					    ? "1 task waits"
					    : arena_printf("%zu tasks wait", dev->n_tag_waiters));
	if (dev->requests_known && !dev->tag_waiters_known)
		text = arena_printf("%s; who waits for a tag is not known", text);
	return text;
}

const char *phrase_opener_kind(enum opener_kind kind)
{
	return opener_kinds[kind].word;
}

const char *phrase_opener_let_go(enum opener_kind kind)
{
	return opener_kinds[kind].let_go;
}

/* "sleep (501) fd 9 and cwd", and so on; NULL when nobody was found. */
static const char *keepers(const struct mount *m)
{
	const char *all = NULL;

	for (size_t i = 0; i < m->n_keepers; i++) {
		const struct mount_keeper *k = &m->keepers[i];

		if (i == MAX_OPENERS_NAMED)
			return arena_printf("%s and %zu more", all, m->n_keepers - i);
		all = word_append(all, ", ", arena_printf("%s %s", phrase_name(k->task), k->by));
	}
	return all;
}

/* The opener's text and what is to be known of its mount. */
static const char *phrase_mount(const char *what, const struct mount *m)
{
	const char *by = keepers(m);

	if (num_is(m->detached, 1))
		return arena_printf("%s, kept by %s", what,
				    by ? by : "what was not found: a mapping, perhaps");
	if (!num_is(m->elsewhere, 1))
		return what;
	if (!m->inhabitant)
		return arena_printf("%s in a mount namespace in which no task was found", what);
	return arena_printf("%s in the mount namespace of %s: nsenter -t %u -m", what,
			    phrase_name(m->inhabitant), m->inhabitant->tgid);
}

const char *phrase_stacked(const struct stacked *s)
{
	if (s->dm_name || !strncmp(s->name, "dm-", 3))
		return arena_printf("%s \"%s\"", s->name, s->dm_name ? s->dm_name : "?");
	return s->name;
}

const char *phrase_opener(const struct opener *o)
{
	if (o->mount)
		return phrase_mount(o->what, o->mount);
	if (o->stacked)
		return arena_printf("%s (on %s)", phrase_stacked(o->stacked), o->what);
	return o->holder ? arena_printf("%s (%s)", phrase_holder(o->holder), o->what) : o->what;
}

const char *phrase_holder_kind(enum holder_kind kind)
{
	return holder_kinds[kind];
}

const char *phrase_holder_owners(const struct holder *h)
{
	const char *all = NULL;
	struct fd_owner owner;

	for (size_t i = 0; (owner = holder_owner(h, i)).task; i++) {
		if (i == MAX_OWNERS_NAMED)
			return arena_printf("%s and %zu more", all, h->via->n_owners - i);
		all = word_append(all, ", ",
				  arena_printf("%s fd %u", phrase_name(owner.task), owner.fd));
	}
	return all;
}

const char *phrase_holder(const struct holder *h)
{
	const char *owners = phrase_holder_owners(h);

	switch (h->kind) {
	case HOLDER_NBD:
		return arena_printf("%s connection %u", h->device, h->number);
	case HOLDER_SCM_RIGHTS:
		/* A socket that is not accepted yet, or is closed, has no file. */
		return arena_printf("SCM_RIGHTS message in the queue of sk %s, to %s",
				    word_hex(h->object),
				    owners		      ? owners
				    : h->via_known && !h->via ? "a socket without a file"
							      : "?");
	case HOLDER_IO_URING:
		return arena_printf("io_uring of %s", owners ? owners : "?");
	case HOLDER_SYSTEM_CALL:
		return arena_printf("%s by %s", h->call, phrase_name(h->task));
	case HOLDER_LOOP:
		return arena_printf("loop%u", h->number);
	default:
		return "?";
	}
}

/* The same task's fds up to the next opener that is another's; where that is in *next. */
static const char *one_opener(const struct opener *openers, size_t n, size_t first, size_t *next)
{
	const struct opener *o = &openers[first];
	const char *fds = NULL;

	*next = first + 1;
	if (!o->task)
		return phrase_opener(o);
	for (*next = first; *next < n && openers[*next].task == o->task; ++*next)
		fds = word_append(fds, "+", arena_printf("%u", openers[*next].fd));
	return arena_printf("%s fd %s", phrase_name(o->task), fds);
}

const char *phrase_opener_list(const struct opener *openers, size_t n)
{
	const char *all = NULL;
	size_t named = 0;

	for (size_t i = 0, next; i < n; i = next, named++) {
		if (named == MAX_OPENERS_NAMED)
			return arena_printf("%s and %zu more", all, n - i);
		all = word_append(all, ", ", one_opener(openers, n, i, &next));
	}
	return all;
}

const char *phrase_openers(const struct device *dev)
{
	return phrase_opener_list(dev->openers, dev->n_openers);
}

const char *phrase_owners(const struct file *file)
{
	const char *all = NULL;

	for (size_t i = 0; i < file->n_owners; i++) {
		if (i == MAX_OWNERS_NAMED)
			return arena_printf("%s and %zu more", all, file->n_owners - i);
		if (!i || file->owners[i].task != file->owners[i - 1].task)
			all = word_append(all, ", ", phrase_task(file->owners[i].task));
	}
	return all;
}

const char *phrase_severity(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == SEVERITIES, "a word for each");
	return names[severity];
}

const char *phrase_finding(const struct finding *f)
{
	const char *colon = strstr(f->text, ": ");

	return arena_printf("%s %s: %s", phrase_severity(f->severity), f->id,
			    colon ? arena_strndup(f->text, (size_t)(colon - f->text)) : f->text);
}

const char *phrase_attach_result(enum attach_result result)
{
	static const char *const names[] = {
		[ATTACH_UNKNOWN] = "unknown", [ATTACH_OK] = "ok",	[ATTACH_EBUSY] = "EBUSY",
		[ATTACH_EINVAL] = "EINVAL",   [ATTACH_HANGS] = "hangs",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == ATTACH_RESULTS, "a word for each");
	return names[result];
}

const char *phrase_reuser(const struct device *dev, const struct task *reuser)
{
	return arena_printf("%s, which began %s after the device was started", phrase_name(reuser),
			    word_age(identity_too_young_ms(dev, reuser)));
}

const char *phrase_remembered(const struct report *report, num addr, num pid, const struct task *t,
			      const char *doubt, const char *reuser)
{
	const char *what;

	if (t && doubt)
		return arena_printf("%s, or an exited task whose place it has taken: %s",
				    phrase_task(t), doubt);
	if (t)
		return phrase_task(t);
	if (!addr.known && !pid.known)
		return "?";
	if (!addr.v && !pid.v)
		return "none";
	what = addr.v ? arena_printf("task_struct %s", word_hex(addr.v))
		      : arena_printf("pid %lld", (long long)pid.v);
	if (reuser)
		return arena_printf("%s, EXITED: its place belongs to %s", what, reuser);
	return arena_printf("%s, %s", what,
			    fact_tasks_complete(report) ? "EXITED: no living task" : "not found");
}

const char *phrase_listener(const struct sock_info *s)
{
	const struct task *t = s->listener;
	const char *comm =
		t ? arena_printf("%s ", name_escape_string(t->comm, sizeof(t->comm))) : "";

	if (!s->listener_pid.known)
		return NULL;
	return arena_printf("listener %s(%llu)%s", comm, (unsigned long long)s->listener_pid.v,
			    num_is(s->listener_alive, 0) ? " exited" : "");
}

const char *phrase_starter(const struct report *report, const struct device *dev)
{
	if (dev->recv_task && !dev->recv_doubt &&
	    num_is(fact_uses_device(report, dev, dev->recv_task), 1))
		return phrase_name(dev->recv_task);
	if (dev->recv_pid.v)
		return arena_printf("pid %lld", (long long)dev->recv_pid.v);
	return arena_printf("task_struct %s", word_hex(dev->recv_task_addr.v));
}

const char *phrase_peer_status(enum peer_status status)
{
	static const char *const names[] = {
		[PEER_OPEN] = "open",	  [PEER_NOT_ACCEPTED] = "not-accepted",
		[PEER_CLOSED] = "closed", [PEER_SHUT_DOWN] = "shut-down",
		[PEER_REMOTE] = "remote",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == PEER_STATUSES, "a word for each");
	return names[status];
}

const char *phrase_runtime_flags(const struct report *report, const struct device *dev)
{
	const char *names[FLAG_BITS];
	size_t n = flags_runtime_names(dev->runtime_flags.v, report->numbering, names);

	return dev->runtime_flags.known ? flags_join(names, n) : "?";
}
