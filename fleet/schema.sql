-- SPDX-License-Identifier: GPL-2.0-or-later
-- What nbd-postmortem --json prints, a line in each row, and views that take it apart. doc/fleet.md has queries.

CREATE TABLE IF NOT EXISTS report (
	vmcore TEXT NOT NULL,
	device TEXT NOT NULL,	-- '' in the row of the vmcore itself
	line   TEXT NOT NULL CHECK (json_valid(line)),
	PRIMARY KEY (vmcore, device)
) WITHOUT ROWID;

-- One row a vmcore, read or not: exit_status is nbd-postmortem's, 4 and above where it could not be read.
CREATE VIEW IF NOT EXISTS vmcores AS
SELECT vmcore,
       json_extract(line, '$.host')        AS host,
       json_extract(line, '$.crash_time')  AS crash_time,
       json_extract(line, '$.release')     AS release,
       json_extract(line, '$.status')      AS status,
       json_extract(line, '$.exit_status') AS exit_status,
       json_extract(line, '$.message')     AS message,
       json_extract(line, '$.remedy')      AS remedy,
       json_extract(line, '$.devices')     AS devices
FROM report WHERE device = '';

CREATE VIEW IF NOT EXISTS devices AS
SELECT vmcore, device,
       json_extract(line, '$.host')                   AS host,
       json_extract(line, '$.crash_time')             AS crash_time,
       json_extract(line, '$.release')                AS release,
       json_extract(line, '$.diagnosis.state')        AS state,
       json_extract(line, '$.diagnosis.cause_id')     AS cause,
       json_extract(line, '$.num_connections')        AS connections,
       json_extract(line, '$.live_connections')       AS live_connections,
       json_array_length(line, '$.requests')          AS requests,
       json_array_length(line, '$.waiters')           AS waiters,
       (SELECT json_extract(a.value, '$.why') FROM json_each(line, '$.attach') AS a
        WHERE json_extract(a.value, '$.result') = 'hangs' ORDER BY a.key <> 'netlink', a.key LIMIT 1) AS hang	-- why an attach would hang
FROM report WHERE device <> '';

-- One row a finding; number is its place in the device's list, which has the worst first.
CREATE VIEW IF NOT EXISTS findings AS
SELECT r.vmcore, r.device,
       json_extract(r.line, '$.host')          AS host,
       json_extract(r.line, '$.crash_time')    AS crash_time,
       json_extract(r.line, '$.release')       AS release,
       f.key                                   AS number,
       json_extract(f.value, '$.id')            AS id,
       json_extract(f.value, '$.severity')      AS severity,
       json_extract(f.value, '$.text')          AS text,
       json_extract(f.value, '$.remedy')        AS remedy,
       json_extract(f.value, '$.kernel_commit') AS kernel_commit
FROM report AS r, json_each(r.line, '$.findings') AS f WHERE r.device <> '';

CREATE VIEW IF NOT EXISTS connections AS
SELECT r.vmcore, r.device,
       json_extract(r.line, '$.host')       AS host,
       json_extract(r.line, '$.crash_time') AS crash_time,
       json_extract(c.value, '$.index')       AS number,
       json_extract(c.value, '$.dead')        AS dead,
       json_extract(c.value, '$.state')       AS state,
       json_extract(c.value, '$.remote')      AS remote,
       json_extract(c.value, '$.peer.status') AS peer_status,
       coalesce(json_extract(c.value, '$.peer.path'), json_extract(c.value, '$.remote')) AS server
FROM report AS r, json_each(r.line, '$.connections') AS c WHERE r.device <> '';

-- Devices that are not well: the diagnosis names a cause. Or a device is well in itself, but an attach to it would hang, for
-- somebody holds a lock of all of nbd. step is what to do first.
CREATE VIEW IF NOT EXISTS stuck_devices AS
SELECT d.vmcore, d.device, d.host, d.crash_time, d.release, d.state,
       CASE WHEN d.cause <> 'none' THEN d.cause ELSE 'attach-hangs' END AS cause,
       CASE WHEN d.cause <> 'none' THEN json_extract(r.line, '$.diagnosis.cause') ELSE d.hang END AS text,
       json_extract(r.line, '$.diagnosis.steps[0].do') AS step,
       d.requests, d.waiters, d.hang
FROM devices AS d JOIN report AS r USING (vmcore, device)
WHERE d.cause <> 'none' OR d.hang IS NOT NULL;

CREATE VIEW IF NOT EXISTS stuck_by_cause AS
SELECT cause, count(*) AS devices, count(DISTINCT vmcore) AS vmcores, sum(requests) AS requests, sum(waiters) AS waiters,
       sum(hang IS NOT NULL) AS attach_hangs
FROM stuck_devices GROUP BY cause ORDER BY devices DESC, cause;

-- Servers whose end of a connection is closed, or that never accepted it: their path, or their address.
CREATE VIEW IF NOT EXISTS dead_servers AS
SELECT coalesce(server, '?') AS server, peer_status AS status, count(*) AS connections, count(DISTINCT vmcore || char(10) || device) AS devices,
       count(DISTINCT vmcore) AS vmcores, min(crash_time) AS first_crash, max(crash_time) AS last_crash
FROM connections WHERE peer_status IN ('closed', 'not-accepted', 'shut-down')
GROUP BY 1, 2 ORDER BY connections DESC, server, status;

-- Kernels on which something happened that a later commit of the kernel ends.
CREATE VIEW IF NOT EXISTS kernels_without_fix AS
SELECT kernel_commit, id AS cause, release, count(DISTINCT vmcore) AS vmcores, count(*) AS devices
FROM findings WHERE kernel_commit IS NOT NULL
GROUP BY kernel_commit, id, release ORDER BY kernel_commit, release;
