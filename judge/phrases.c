// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/phrases.h"

#include <string.h>

#include "base/arena.h"
#include "base/names.h"
#include "judge/facts.h"

/* More openers than this are counted, not named. */
#define MAX_OPENERS_NAMED 6
/* include/linux/blk_types.h */
#define REQ_OP_FLUSH 2

const char *word_decimal(num n)
{
	return n.known ? arena_printf("%lld", (long long)n.v) : "?";
}

const char *word_hex(uint64_t addr)
{
	return addr ? arena_printf("%llx", (unsigned long long)addr) : "-";
}

const char *word_size(num bytes)
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

const char *word_seconds(num seconds)
{
	if (!seconds.known)
		return "?";
	return seconds.v ? arena_printf("%llu s", (unsigned long long)seconds.v) : "none";
}

const char *word_age(num milliseconds)
{
	if (!milliseconds.known)
		return "?";
	return arena_printf("%llu.%llu s", (unsigned long long)milliseconds.v / 1000,
			    (unsigned long long)milliseconds.v % 1000 / 100);
}

const char *word_count(size_t n, const char *noun)
{
	return arena_printf("%zu %s%s", n, noun, n == 1 ? "" : "s");
}

const char *word_append(const char *all, const char *separator, const char *more)
{
	return all ? arena_printf("%s%s%s", all, separator, more) : more;
}

const char *word_detach(const struct device *dev)
{
	return arena_printf("nbd-client -d /dev/nbd%u", dev->index);
}

const char *word_name(const struct task *t)
{
	const char *comm = name_escape_string(t->comm, sizeof(t->comm));

	/* The process is what can be killed; its leader may be a zombie long since. */
	return t->pid == t->tgid ? arena_printf("%s (%u)", comm, t->pid)
				 : arena_printf("%s (%u, thread %u)", comm, t->tgid, t->pid);
}

const char *word_task(const struct task *t)
{
	return arena_printf("%s%s", word_name(t),
			    strchr("DTtZX", t->state) ? arena_printf(" state %c", t->state) : "");
}

const char *word_operation(num op)
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

const char *word_request(const struct request *rq)
{
	const char *op = word_operation(rq->op);

	if (num_is(rq->op, REQ_OP_FLUSH))
		return op;
	return arena_printf("%s of %s at sector %s", op ? op : "?", word_size(rq->bytes),
			    word_decimal(rq->sector));
}

const char *word_sector(const struct request *rq)
{
	return num_is(rq->op, REQ_OP_FLUSH) ? "-" : word_decimal(rq->sector);
}

const char *word_opener_kind(enum opener_kind kind)
{
	static const char *const kinds[] = {
		[OPENER_FD] = "fd",	    [OPENER_MOUNT] = "mount",	[OPENER_SWAP] = "swap",
		[OPENER_HOLDER] = "holder", [OPENER_KERNEL] = "kernel",
	};

	return kinds[kind];
}

/* The same task's fds up to the next opener that is another's; where that is in *next. */
static const char *one_opener(const struct device *dev, size_t first, size_t *next)
{
	const struct opener *o = &dev->openers[first];
	const char *fds = NULL;

	*next = first + 1;
	if (!o->task)
		return o->what;
	for (*next = first; *next < dev->n_openers && dev->openers[*next].task == o->task; ++*next)
		fds = word_append(fds, "+", arena_printf("%u", dev->openers[*next].fd));
	return arena_printf("%s fd %s", word_name(o->task), fds);
}

const char *word_openers(const struct device *dev)
{
	const char *all = NULL;
	size_t named = 0;

	for (size_t i = 0, next; i < dev->n_openers; i = next, named++) {
		if (named == MAX_OPENERS_NAMED)
			return arena_printf("%s and %zu more", all, dev->n_openers - i);
		all = word_append(all, ", ", one_opener(dev, i, &next));
	}
	return all;
}

const char *word_severity(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error",
	};

	return names[severity];
}

const char *word_finding(const struct finding *f)
{
	const char *colon = strstr(f->text, ": ");

	return arena_printf("%s %s: %s", word_severity(f->severity), f->id,
			    colon ? arena_strndup(f->text, (size_t)(colon - f->text)) : f->text);
}

const char *word_attach_result(enum attach_result result)
{
	static const char *const names[] = {
		[ATTACH_UNKNOWN] = "unknown", [ATTACH_OK] = "ok",	[ATTACH_EBUSY] = "EBUSY",
		[ATTACH_EINVAL] = "EINVAL",   [ATTACH_HANGS] = "hangs",
	};

	return names[result];
}

const char *word_remembered(const struct report *report, const struct device *dev, num addr,
			    num pid, const struct task *t)
{
	const char *what;

	if (t)
		return arena_printf("%s%s", word_task(t),
				    !num_is(uses_device(report, dev, t), 0)
					    ? ""
					    : ", or an exited task whose place it has taken: it "
					      "has neither the device nor a socket of it open");
	if (!addr.known && !pid.known)
		return "?";
	if (!addr.v && !pid.v)
		return "none";
	what = addr.v ? arena_printf("task_struct %s", word_hex(addr.v))
		      : arena_printf("pid %lld", (long long)pid.v);
	return arena_printf("%s, %s", what,
			    tasks_complete(report) ? "EXITED: no living task" : "not found");
}

const char *word_listener(const struct report *report, const struct sock_info *s)
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

const char *word_starter(const struct report *report, const struct device *dev)
{
	if (dev->recv_task && num_is(uses_device(report, dev, dev->recv_task), 1))
		return word_name(dev->recv_task);
	if (dev->recv_pid.v)
		return arena_printf("pid %lld", (long long)dev->recv_pid.v);
	return arena_printf("task_struct %s", word_hex(dev->recv_task_addr.v));
}
