#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# reads.sh CRASH MODULE: among a million open files, does nbd -j take the same reads each time, and no more of them
# than there are things to read? Where time depends on the machine, this does not.
set -euo pipefail

crash=$1 module=$(realpath "$2")
image=$("$(dirname "$0")/../../vmcore-fixtures/build.sh" 6.1 crowd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

cat >"$out/commands" <<END
extend $module
nbd -j > $out/first
nbd -j > $out/second
q
END
"$crash" -s -i "$out/commands" "$image/vmlinux" "$image/vmcore" >"$out/said" 2>&1 </dev/null

# count NAME: a number of the report.
count() {
	grep -o "\"$1\":[0-9]*" "$out/second" | head -n 1 | cut -d : -f 2
}

cmp "$out/first" "$out/second" || {
	echo "reads.sh: the same command has read something else" >&2
	exit 1
}
tasks=$(count tasks_walked) tables=$(count tables_scanned) connections=$(count num_connections)
reads=$(count reads) bytes=$(count bytes_read)
((tasks > 4000 && tables > 2000 && tables < 2100 && connections == 1311)) || {
	echo "reads.sh: this is no crowd: $tasks tasks, $tables tables, $connections connections" >&2
	exit 1
}
# A page each task, and each table a bit more than its fd array of one page; what belongs to a connection, and to its other end, lies
# in a bit more than a page, which is read once; the rest is nbd's 128 devices, by two lists, and what else there is of block
# devices, sockets and modules.
most=$((tasks + 5 * tables / 4 + 4 * connections / 3 + 200))
((reads <= most && bytes <= 4200 * most)) || {
	echo "reads.sh: $reads reads of $bytes bytes for $tasks tasks, $tables tables, $connections connections:" \
		"more than $most" >&2
	exit 1
}
echo "$reads reads of $bytes bytes: $tasks tasks, $tables tables, $connections connections"
