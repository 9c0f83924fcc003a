// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/log_events.h"

#include <string.h>

#include "base/arena.h"
#include "base/words.h"

#define NS_PER_MSEC 1000000u
/* How far two clocks of one machine drift apart: a ten-thousandth at most, and so much as they are read apart. */
#define DRIFT_DIVISOR 10000
#define TICKS_MS      20

/* How drivers/block/nbd.c puts it, behind the device's name. */
static const struct {
	enum log_event event;
	const char *begins;
} messages[] = {
	{LOG_BAD_REPLY, "Wrong magic ("},
	{LOG_BAD_REPLY, "Unexpected reply ("},
	{LOG_BAD_REPLY, "Suspicious reply "},
	{LOG_BAD_REPLY, "Double reply on req "},
	/* EAGAIN: sk_sndtimeo is over */
	{LOG_SEND_TIMED_OUT, "Send control failed (result -11)"},
	{LOG_SEND_TIMED_OUT, "Send data failed (result -11)"},
	/* EACCES */
	{LOG_SEND_REFUSED, "Send control failed (result -13)"},
	{LOG_SEND_REFUSED, "Send data failed (result -13)"},
	{LOG_RECEIVE_FAILED, "Receive control failed (result "},
	{LOG_RECEIVE_FAILED, "Receive data failed (result "},
	/* Of any other result; and what comes of a lost connection. */
	{LOG_GIVEN_UP, "Send control failed (result "},
	{LOG_GIVEN_UP, "Send data failed (result "},
	{LOG_GIVEN_UP, "Connection timed out"},
	{LOG_GIVEN_UP, "Dead connection, failed to find a fallback"},
	{LOG_DISCONNECT, "NBD_DISCONNECT"},
	{LOG_DISCONNECT, "Disconnected due to user request."},
	{LOG_SHUT_DOWN, "shutting down sockets"},
};

/* nbd's own words in a message, NULL when it is of somebody else. */
static const char *words_of(const struct device *dev, const struct log_line *line)
{
	const char *prefix = arena_printf("block %s: ", dev->name);

	return strncmp(line->text, prefix, strlen(prefix)) ? NULL : line->text + strlen(prefix);
}

static bool tells(const char *words, enum log_event event)
{
	for (size_t i = 0; words && i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (messages[i].event == event &&
		    !strncmp(words, messages[i].begins, strlen(messages[i].begins)))
			return true;
	}
	return false;
}

/* How old a message may be, in milliseconds, if it is of the present attachment. */
static num oldest_ms(const struct report *report, const struct device *dev)
{
	uint64_t age;

	if (!report->boottime_ns.known || !dev->started_boottime.known ||
	    report->boottime_ns.v < dev->started_boottime.v)
		return NUM_UNKNOWN;
	age = (report->boottime_ns.v - dev->started_boottime.v) / NS_PER_MSEC;
	return NUM(age + age / DRIFT_DIVISOR + TICKS_MS);
}

static bool counts(const struct log_line *line, num oldest)
{
	return line->age_ms.known && oldest.known && line->age_ms.v <= oldest.v;
}

const struct log_line *log_event_last(const struct report *report, const struct device *dev,
				      enum log_event event)
{
	num oldest = oldest_ms(report, dev);

	for (size_t i = dev->n_log; i > 0; i--) {
		const struct log_line *line = &dev->log[i - 1];

		if (counts(line, oldest) && tells(words_of(dev, line), event))
			return line;
	}
	return NULL;
}

/* Any event but the sockets' shutdown itself. */
static bool tells_why(const char *words)
{
	for (enum log_event event = 0; event < LOG_SHUT_DOWN; event++) {
		if (tells(words, event))
			return true;
	}
	return false;
}

const struct log_line *log_event_shut_down_here(const struct report *report,
						const struct device *dev)
{
	num oldest = oldest_ms(report, dev);

	for (size_t i = 0; report->log_known && i < dev->n_log; i++) {
		const struct log_line *line = &dev->log[i];
		const char *words = words_of(dev, line);

		if (!counts(line, oldest))
			continue;
		if (tells(words, LOG_SHUT_DOWN))
			return line;
		if (tells_why(words))
			return NULL;
	}
	return NULL;
}

const char *log_event_phrase(const struct device *dev, const struct log_line *line)
{
	return arena_printf("\"%s\", %s ago", words_of(dev, line), word_age(line->age_ms));
}
