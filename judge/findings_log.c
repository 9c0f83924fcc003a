// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings that rest on the kernel's log. They are told while their outcome lasts: a connection that was given up. */
#include "base/arena.h"
#include "base/words.h"
#include "judge/facts.h"
#include "judge/judged.h"
#include "judge/log_events.h"

static bool told(const struct judged *j, enum log_event event, const char *means,
		 const char *remedy)
{
	const struct device *dev = j->dev;
	const struct log_line *line = log_event_last(j->report, dev, event);

	if (!line || (!fact_is_positive(dev->n_dead) && !fact_has_flag(dev, RT_DISCONNECTED)))
		return false;
	j->finding->text =
		arena_printf("the kernel's log says %s: %s", log_event_phrase(dev, line), means);
	finding_add_name(j, line->text);
	finding_add_value(j, "dead connections", dev->n_dead);
	j->finding->remedy = remedy;
	return true;
}

bool finding_bad_reply(const struct judged *j)
{
	return told(j, LOG_BAD_REPLY,
		    "the server answered with what is no reply to a request, and nbd gave the "
		    "connection up",
		    "see what answers there: a server of another protocol, two that read from one "
		    "socket, or one that answers what had timed out; then attach anew");
}

bool finding_send_timed_out(const struct judged *j)
{
	return told(j, LOG_SEND_TIMED_OUT,
		    arena_printf("the server did not take what was sent within the timeout (%s), "
				 "and nbd gave the connection up",
				 word_seconds(j->dev->timeout_seconds)),
		    "have the server read, or attach with a longer timeout");
}

bool finding_send_refused(const struct judged *j)
{
	return told(j, LOG_SEND_REFUSED,
		    "EACCES, as a security module (SELinux, for one) refuses a task the use of a "
		    "socket; nbd gave the connection up",
		    "see what is denied (ausearch -m avc -ts recent) and allow it by policy; then "
		    "attach anew");
}
