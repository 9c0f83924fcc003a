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

-- A device is stuck where it has an error, its cause is the first of them, the worst; or where an attach
-- would hang.
CREATE VIEW IF NOT EXISTS stuck_devices AS
SELECT f.vmcore, f.device, f.host, f.crash_time, f.release, f.id AS cause, f.text, f.remedy, d.requests, d.waiters
FROM findings AS f JOIN devices AS d USING (vmcore, device)
WHERE f.severity = 'error'
  AND f.number = (SELECT min(number) FROM findings AS g
                  WHERE g.vmcore = f.vmcore AND g.device = f.device AND g.severity = 'error')
UNION ALL
SELECT d.vmcore, d.device, d.host, d.crash_time, d.release, 'attach-hangs', d.hang, NULL, d.requests, d.waiters
FROM devices AS d
WHERE d.hang IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM findings AS g WHERE g.vmcore = d.vmcore AND g.device = d.device AND g.severity = 'error');

CREATE VIEW IF NOT EXISTS stuck_by_cause AS
SELECT cause, count(*) AS devices, count(DISTINCT vmcore) AS vmcores, sum(requests) AS requests, sum(waiters) AS waiters
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
