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
# at_most PURPOSE READS: how often memory may be read for this, a page each time.
at_most() {
	local found bytes

	found=$(sed -n "1s/.*\"reads_for\":{[^}]*\"$1\":\([0-9]*\).*/\1/p" "$out/second")
	bytes=$(sed -n "1s/.*\"bytes_read_for\":{[^}]*\"$1\":\([0-9]*\).*/\1/p" "$out/second")
	most=$((most + $2))
	((found <= $2 && bytes <= 4200 * $2)) || {
		echo "reads.sh: $found reads of $bytes bytes for $1, more than $2" >&2
		exit 1
	}
}

most=0
# A task lies in one page, the first one in several.
at_most tasks $((tasks + 30))
# nbd's 128 devices by two lists, and what a connection and its other end consist of.
at_most devices $((500 + connections))
# An array of 512 fds is a page; what leads there is shared by several tables.
at_most tables $((5 * tables / 4))
# These find most of their pages read already.
at_most requests 30
at_most log 60
at_most block_devices 30
at_most stacks 60
at_most messages 60
at_most openers 60
at_most system_calls 100
at_most rings 0
((reads <= most)) || {
	echo "reads.sh: $reads reads, $most of them for a purpose" >&2
	exit 1
}
echo "$reads reads of $bytes bytes: $tasks tasks, $tables tables, $connections connections"
