// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/take_down.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/words.h"
#include "judge/phrases.h"

/* More steps than this are counted in a clause. */
#define MAX_STEPS_NAMED 8
/* "LVM-", then the ids of the group and of the volume; what is longer is a part of a volume. */
#define LVM_UUID_LEN 68

struct steps {
	struct take_down_step *v;
	size_t n;
};

static void add_step(struct steps *steps, const char *what, const char *command,
		     const struct stacked *stacked, bool removes)
{
	*ARENA_PUSH(steps->v, steps->n) = (struct take_down_step){what, command, stacked, removes};
}

static bool is_plain(const char *s)
{
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("/._-+:@%,=", *s))
			return false;
	}
	return true;
}

/* As a shell takes it. NULL where bytes of the name had to be escaped, or it has what the quotes have not. */
static const char *quoted(const char *name)
{
	if (!name || strpbrk(name, "\\'"))
		return NULL;
	return is_plain(name) ? name : arena_printf("'%s'", name);
}

/* What command and a name make; NULL without the name. */
static const char *with_name(const char *command, const char *name)
{
	const char *word = quoted(name);

	return word ? arena_printf("%s %s", command, word) : NULL;
}

/* LVM joins the names of group, volume and layer by a hyphen, and doubles those inside them. Returns the next one;
 * *rest goes behind it. */
static const char *next_lvm_name(const char **rest)
{
	char *name = arena_strndup(*rest, strlen(*rest)), *out = name;
	const char *s = *rest;

	for (; *s && (s[0] != '-' || s[1] == '-'); s++) {
		s += *s == '-';
		*out++ = *s;
	}
	*out = '\0';
	*rest = *s ? s + 1 : s;
	return name;
}

static const char *deactivate(const struct stacked *s)
{
	const char *rest = s->dm_name, *group = next_lvm_name(&rest), *volume;

	volume = next_lvm_name(&rest);
	if (!*volume || *rest || strlen(s->dm_uuid) != LVM_UUID_LEN)
		return with_name("vgchange -an", group);
	return with_name("lvchange -an", arena_printf("%s/%s", group, volume));
}

static bool begins(const char *text, const char *with)
{
	return text && !strncmp(text, with, strlen(with));
}

static const char *remove_mapping(const struct stacked *s)
{
	if (!s->dm_name)
		return NULL;
	if (begins(s->dm_uuid, "LVM-"))
		return deactivate(s);
	if (begins(s->dm_uuid, "CRYPT-"))
		return with_name("cryptsetup close", s->dm_name);
	if (begins(s->dm_uuid, "mpath-"))
		return with_name("multipath -f", s->dm_name);
	return with_name("dmsetup remove", s->dm_name);
}

static const char *remove_stacked(const struct stacked *s)
{
	if (begins(s->name, "dm-"))
		return remove_mapping(s);
	if (begins(s->name, "md"))
		return with_name("mdadm --stop", arena_printf("/dev/%s", s->name));
	if (begins(s->name, "loop"))
		return with_name("losetup -d", arena_printf("/dev/%s", s->name));
	if (begins(s->name, "bcache"))
		return with_name("echo 1 >", arena_printf("/sys/block/%s/bcache/stop", s->name));
	return NULL;
}

bool take_down_is_root(const struct opener *o)
{
	return o->kind == OPENER_MOUNT && o->mount && o->mount->point &&
	       !strcmp(o->mount->point, "/") && num_is(o->mount->elsewhere, 0);
}

const char *take_down_command(const struct opener *o)
{
	const char *umount;

	if (o->kind == OPENER_SWAP)
		return with_name("swapoff", o->on ? arena_printf("/dev/%s", o->on) : NULL);
	if (o->kind != OPENER_MOUNT || !o->mount)
		return NULL;
	umount = with_name("umount", o->mount->point);
	if (take_down_is_root(o))
		return "reboot";
	if (!umount || !num_is(o->mount->elsewhere, 1))
		return umount;
	return o->mount->inhabitant
		       ? arena_printf("nsenter -t %u -m %s", o->mount->inhabitant->tgid, umount)
		       : NULL;
}

/* One command for all of a kind; NULL where one has none. */
static const char *all_let_go(const struct opener *openers, size_t n)
{
	const char *all = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *command = take_down_command(&openers[i]);

		if (!command)
			return NULL;
		all = word_append(all, " && ", command);
	}
	return all;
}

/* Those in D let go when their requests end. */
static bool is_in_d(const struct opener *openers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (openers[i].task && openers[i].task->state == 'D')
			return true;
	}
	return false;
}

/* A step for each kind of openers but stacked devices, which have steps of their own. */
static void add_openers(struct steps *steps, const struct opener *openers, size_t n,
			const struct stacked *stacked)
{
	for (enum opener_kind kind = 0; kind < OPENER_KINDS; kind++) {
		struct opener *of_kind = NULL;
		size_t n_of_kind = 0;

		for (size_t i = 0; i < n; i++) {
			if (openers[i].kind == kind && !openers[i].stacked)
				*ARENA_PUSH(of_kind, n_of_kind) = openers[i];
		}
		if (!n_of_kind)
			continue;
		/* Of which device fds are is said where it is not the nbd device itself. */
		add_step(steps,
			 arena_printf("%s%s %s %s%s", phrase_opener_list(of_kind, n_of_kind),
				      stacked && kind == OPENER_FD
					      ? arena_printf(" of /dev/%s", stacked->name)
					      : "",
				      n_of_kind > 1 ? "are" : "is", phrase_opener_let_go(kind),
				      is_in_d(of_kind, n_of_kind)
					      ? " (those in D when their requests end)"
					      : ""),
			 all_let_go(of_kind, n_of_kind), stacked, false);
	}
}

static void add_level(struct steps *steps, const struct level *level)
{
	const struct stacked *s = level->stacked;

	add_openers(steps, s->openers, s->n_openers, s);
	if (s->openers_expected.known && s->openers_expected.v > s->openers_found) {
		size_t missing = s->openers_expected.v - s->openers_found;

		add_step(steps,
			 arena_printf("%s of %s that %s not found %s gone",
				      word_count(missing, "opener"), s->name,
				      missing == 1 ? "was" : "were", missing == 1 ? "is" : "are"),
			 NULL, s, false);
	}
	add_step(steps, arena_printf("%s (on %s) is removed", phrase_stacked(s), level->on),
		 remove_stacked(s), s, true);
}

struct take_down_step *take_down_steps(const struct device *dev, size_t *n)
{
	struct steps steps = {0};

	for (size_t i = dev->n_above; i-- > 0;)
		add_level(&steps, &dev->above[i]);
	add_openers(&steps, dev->openers, dev->n_openers, NULL);
	*n = steps.n;
	return steps.v;
}

const char *take_down_clause(const struct device *dev)
{
	size_t n;
	const struct take_down_step *steps = take_down_steps(dev, &n);
	const char *all = NULL;

	for (size_t i = 0; i < n; i++) {
		/* What opens the same device may let go in any order. */
		bool same = i && !steps[i].removes && steps[i].stacked == steps[i - 1].stacked &&
			    !steps[i - 1].removes;

		if (i == MAX_STEPS_NAMED)
			return arena_printf("%s, and then %s more", all, word_count(n - i, "step"));
		all = word_append(all, same ? ", and " : ", and then ", steps[i].what);
	}
	return all;
}
