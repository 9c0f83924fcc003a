// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules that make findings, and what their tests have in common. Only judge/findings*.c include this. */
#ifndef NBD_JUDGE_JUDGED_H
#define NBD_JUDGE_JUDGED_H

#include "model/model.h"

/* Of many like connections or requests, so many are evidence enough. */
#define MAX_EVIDENCE 4

/* A text is one sentence: what was found, a colon, and what it means. The summary stops at the colon. */
struct judged {
	const struct report *report;
	const struct device *dev;
	struct finding *finding;
};

/* True when there is something to say; text, evidence and remedy are filled in then, and the commit
 * where one fixes the cause. */
typedef bool test_fn(const struct judged *j);

/* Where a finding's severity depends on the device. */
typedef enum severity severity_fn(const struct device *dev);

/*
 * All rules, in the order in which findings of one severity are told:
 * RULE(id, its severity, test, whether devices without a config are tested, too, severity_fn or NULL)
 */
#define FINDING_RULES(RULE)                                                                        \
	RULE("dead-connection", SEVERITY_WARNING, finding_dead_connection, false, NULL)            \
	RULE("peer-closed", SEVERITY_ERROR, finding_peer_closed, false, NULL)                      \
	RULE("peer-not-accepted", SEVERITY_WARNING, finding_peer_not_accepted, false, NULL)        \
	RULE("peer-stopped", SEVERITY_ERROR, finding_peer_stopped, false, NULL)                    \
	RULE("peer-blocked", SEVERITY_ERROR, finding_peer_blocked, false, NULL)                    \
	RULE("send-blocked", SEVERITY_ERROR, finding_send_blocked, false, NULL)                    \
	RULE("bad-reply", SEVERITY_ERROR, finding_bad_reply, false, NULL)                          \
	RULE("send-refused", SEVERITY_ERROR, finding_send_refused, false, NULL)                    \
	RULE("send-timed-out", SEVERITY_WARNING, finding_send_timed_out, false, NULL)              \
	RULE("leaked-connections", SEVERITY_ERROR, finding_leaked_connections, false, NULL)        \
	RULE("stale-setup-task", SEVERITY_ERROR, finding_stale_setup_task, false,                  \
	     finding_stale_severity)                                                               \
	RULE("setup-by-other-task", SEVERITY_INFO, finding_setup_by_other_task, false, NULL)       \
	RULE("pinned-by-openers", SEVERITY_ERROR, finding_pinned_by_openers, false, NULL)          \
	RULE("netlink-stopped", SEVERITY_ERROR, finding_netlink_stopped, false, NULL)              \
	RULE("size-zero", SEVERITY_WARNING, finding_size_zero, false, NULL)                        \
	RULE("frozen-filesystem", SEVERITY_WARNING, finding_frozen_filesystem, false, NULL)        \
	RULE("recv-task-gone", SEVERITY_WARNING, finding_recv_task_gone, false, NULL)              \
	RULE("stuck-requests", SEVERITY_ERROR, finding_stuck_requests, false, NULL)                \
	RULE("no-timeout", SEVERITY_INFO, finding_no_timeout, false, NULL)                         \
	RULE("no-owner", SEVERITY_WARNING, finding_no_owner, false, finding_ownerless_severity)    \
	RULE("listener-exited", SEVERITY_INFO, finding_listener_exited, false, NULL)               \
	RULE("detached-mount", SEVERITY_INFO, finding_detached_mount, false, NULL)                 \
	RULE("hidden-holder", SEVERITY_WARNING, finding_hidden_holder, false, NULL)                \
	RULE("unaccounted-opener", SEVERITY_WARNING, finding_unaccounted_opener, false, NULL)      \
	RULE("live-count-mismatch", SEVERITY_WARNING, finding_live_count_mismatch, false, NULL)    \
	RULE("unreadable", SEVERITY_WARNING, finding_unreadable, true, NULL)

#define FINDING_TEST(id, severity, test, unconfigured, severity_of) test_fn test;
FINDING_RULES(FINDING_TEST)
#undef FINDING_TEST

severity_fn finding_stale_severity, finding_ownerless_severity;

/* Evidence: names; addresses (0 is none); "nbd_config.recv_threads 0". */
void finding_add_name(const struct judged *j, const char *name);
void finding_add_address(const struct judged *j, uint64_t addr);
void finding_add_value(const struct judged *j, const char *member, num value);

/* Some of a device's connections. */
struct some {
	size_t n, n_ranges;
	const struct connection *first;
	const char *indices;		  /* "index 0, 7-9" */
	uint64_t nbd_socks[MAX_EVIDENCE]; /* of the first of them; 0 behind the last */
};

typedef bool connection_fn(const struct judged *j, const struct connection *c);

/* Those for which is() holds. It is asked once for connections that fold_run() finds alike, so it may look
 * only at what that compares. */
struct some finding_connections(const struct judged *j, connection_fn *is);

/* Takes their nbd_socks as evidence. */
void finding_cite(const struct judged *j, const struct some *some);

/* What frees the config, as a remedy; NULL where that is not known. */
const char *finding_free_it(const struct judged *j);

/* "1 connection". */
const char *finding_count_connections(size_t n);

#endif
