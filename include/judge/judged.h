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

test_fn dead_connection, peer_closed, peer_not_accepted, peer_stopped, peer_in_kernel, no_owner,
	hidden_holder, live_count_mismatch;
test_fn leaked_connections, stale_setup_task, setup_by_other_task, pinned_by_openers,
	recv_task_gone, stuck_requests, no_timeout, unaccounted_opener;

/* Where a finding's severity depends on the device. */
typedef enum severity severity_fn(const struct device *dev);

severity_fn stale_severity, ownerless_severity;

/* Evidence: names; addresses (0 is none); "nbd_config.recv_threads 0". */
void add_name(const struct judged *j, const char *name);
void add_address(const struct judged *j, uint64_t addr);
void add_value(const struct judged *j, const char *member, num value);

/* Some of a device's connections. */
struct some {
	size_t n, n_ranges;
	const struct connection *first;
	const char *indices; /* "index 0, 7-9" */
};

typedef bool connection_fn(const struct judged *j, const struct connection *c);

/* Those for which is holds, their nbd_socks as evidence. is may look at what fold_run() compares. */
struct some connections_that(const struct judged *j, connection_fn *is);

/* "1 connection". */
const char *count_connections(size_t n);

#endif
