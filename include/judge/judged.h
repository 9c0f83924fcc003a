// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tests of nbd_findings.c's table have in common; only they include it. */
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

test_fn finding_dead_connection, finding_peer_closed, finding_peer_not_accepted,
	finding_peer_stopped, finding_peer_in_kernel, finding_no_owner, finding_hidden_holder,
	finding_live_count_mismatch;
test_fn finding_leaked_connections, finding_stale_setup_task, finding_setup_by_other_task,
	finding_pinned_by_openers, finding_recv_task_gone, finding_stuck_requests,
	finding_no_timeout, finding_unaccounted_opener;

/* Where a finding's severity depends on the device. */
typedef enum severity severity_fn(const struct device *dev);

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

/* "1 connection". */
const char *finding_count_connections(size_t n);

#endif
