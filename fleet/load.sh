#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# load.sh DATABASE < LINES: puts what nbd-postmortem --json printed into an SQLite database, which is made where there is
# none. What the database had of the same vmcores goes.
set -eu

here=$(dirname "$(realpath "$0")")
if [ $# -ne 1 ] || [ -t 0 ]; then
	echo "usage: nbd-postmortem --json VMCORE... | load.sh DATABASE" >&2
	exit 64
fi
command -v sqlite3 >/dev/null || {
	echo "load.sh: sqlite3 is not there: install the package sqlite3 (sqlite on Fedora and openEuler)" >&2
	exit 69
}
# No byte below a blank is in JSON Lines but the newline: they separate nothing here.
sqlite3 -bail "$1" \
	".read $here/schema.sql" \
	"CREATE TEMP TABLE incoming (line TEXT NOT NULL CHECK (json_valid(line)));" \
	'.mode ascii' \
	'.separator "\037" "\n"' \
	'.import /dev/stdin incoming' \
	"BEGIN;
	DELETE FROM report WHERE vmcore IN (SELECT json_extract(line, '\$.vmcore') FROM incoming);
	INSERT OR REPLACE INTO report
		SELECT json_extract(line, '\$.vmcore'), coalesce(json_extract(line, '\$.name'), ''), line FROM incoming;
	COMMIT;"
