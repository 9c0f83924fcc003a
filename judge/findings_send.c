// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings about a send that does not end, and about what it stops. */
#include "base/arena.h"
#include "base/words.h"
#include "judge/detach.h"
#include "judge/facts.h"
#include "judge/judged.h"
#include "judge/phrases.h"

bool finding_send_blocked(const struct judged *j)
{
	const struct connection *c = detach_endless_send(j->dev);
	const struct request *rq;

	if (!c)
		return false;
	rq = fact_request_of(j->dev, c->sender);
	j->finding->text = arena_printf(
		"%s sleeps in the send of %s on connection %u%s and holds its tx_lock: whoever "
		"sends there waits behind it%s, and so would every detach, with config_lock held",
		phrase_name(c->sender), rq ? phrase_request(rq) : "something", c->index,
		rq ? arena_printf(" (made %s ago)", word_age(rq->age_ms)) : "",
		c->n_behind_sender
			? arena_printf(" (%s now)", word_count(c->n_behind_sender, "task"))
			: "");
	finding_add_address(j, c->nbd_sock);
	finding_add_address(j, c->sender->addr);
	finding_add_address(j, rq ? rq->addr : 0);
	j->finding->remedy = detach_advice(j->report, j->dev);
	return true;
}

/* Told once: of the device for which the holder of genl_mutex waits. genl_rcv() of net/netlink/genetlink.c takes it. */
bool finding_netlink_stopped(const struct judged *j)
{
	const struct task *holder = detach_holder_in_d(j->report, j->report->genl_lock_owner);

	if (!holder || !fact_waiter_of_task(j->dev, holder))
		return false;
	j->finding->text = arena_printf(
		"%s waits in D for %s and holds genl_mutex: no generic netlink request of this "
		"host is answered, whatever device or subsystem it is for",
		phrase_name(holder), j->dev->name);
	finding_add_address(j, holder->addr);
	j->finding->remedy = detach_advice(j->report, j->dev);
	return true;
}
