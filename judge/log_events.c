// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge/log_events.h"

#include <string.h>

#include "base/arena.h"
#include "base/words.h"

#define NS_PER_MSEC 1000000u
/* How far two clocks of one machine drift apart: a ten-thousandth at most, and so much as they are read apart. */
#define DRIFT_DIVISOR 10000
#define TICKS_MS      20

/* How drivers/block/nbd.c puts it, behind the device's name; the first row that fits tells. */
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
	{LOG_GIVEN_UP, "Send control failed (result "},
	{LOG_GIVEN_UP, "Send data failed (result "},
	{LOG_GIVEN_UP, "Connection timed out"},
	{LOG_GIVEN_UP, "Dead connection, failed to find a fallback"},
	{LOG_GIVEN_UP, "Attempted send on invalid socket"},
	{LOG_GIVEN_UP, "Raced with timeout on req"},
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

/* False when the message tells of no event. */
static bool event_of(const char *words, enum log_event *event)
{
	for (size_t i = 0; words && i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (!strncmp(words, messages[i].begins, strlen(messages[i].begins))) {
			*event = messages[i].event;
			return true;
		}
	}
	return false;
}

/* How old a message may be, in milliseconds, if it is of the present attachment. */
static num oldest_ms(const struct report *report, const struct device *dev)
{
	num now = report->boottime_ns, started = dev->started_boottime;
	uint64_t age;

	if (!report->log_known || !now.known || !started.known || !report->slept_ns.known ||
	    now.v < started.v + report->slept_ns.v)
		return NUM_UNKNOWN;
	age = (now.v - started.v - report->slept_ns.v) / NS_PER_MSEC;
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
		enum log_event told;

		if (counts(line, oldest) && event_of(words_of(dev, line), &told) && told == event)
			return line;
	}
	return NULL;
}

const struct log_line *log_event_first(const struct report *report, const struct device *dev,
				       enum log_event *event)
{
	num oldest = oldest_ms(report, dev);

	if (!report->log_oldest_age_ms.known || report->log_oldest_age_ms.v < oldest.v)
		return NULL;
	for (size_t i = 0; i < dev->n_log; i++) {
		if (counts(&dev->log[i], oldest) && event_of(words_of(dev, &dev->log[i]), event))
			return &dev->log[i];
	}
	return NULL;
}

const char *log_event_phrase(const struct device *dev, const struct log_line *line)
{
	return arena_printf("\"%s\", %s ago", words_of(dev, line), word_age(line->age_ms));
}
