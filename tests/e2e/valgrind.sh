#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# valgrind.sh KERNEL CRASH MODULE [ROUNDS]: every command twice, or ROUNDS times, in one session under
# valgrind. crash has errors and leaks of its own; none may have a frame of MODULE in it.
set -euo pipefail

kernel=$1 crash=$2 module=$(realpath "$3") rounds=${4:-2}
fixture=$("$(dirname "$0")/../../vmcore-fixtures/build.sh" "$kernel")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
	echo "extend $module"
	for ((round = 0; round < rounds; round++)); do
		for command in "nbd" "nbd -a" "nbd -s --peers -v" "nbd -d nbd101,nbd0" "nbd -j" "nbd -a -j" \
			"nbd -d nbd999" "nbd -x" "nbd -r -o" "nbd -c" "nbd --dot" "unix_peer deadbeef" "file_owner 0" "help nbd"; do
			echo "$command >> $work/output"
		done
	done
	echo q
} >"$work/commands"
if ! timeout $((600 + 300 * rounds)) valgrind --leak-check=full --num-callers=40 --log-file="$work/log" \
	"$crash" -s -i "$work/commands" "$fixture/vmlinux" "$fixture/vmcore" >"$work/said" 2>&1 </dev/null; then
	tail -n 20 "$work/said" "$work/log" >&2
	echo "valgrind.sh: crash did not run to its end under valgrind" >&2
	exit 1
fi

# A record is a run of lines without an empty one.
if awk -v RS='==[0-9]+== *\n' -v name="$(basename "$module")" \
	'index($0, name) { print; found = 1 } END { exit found }' "$work/log"; then
	[[ $(grep -c '"type":"device"' "$work/output") -gt $((50 * rounds)) ]] || {
		echo "valgrind.sh: the commands did not run" >&2
		exit 1
	}
	echo "valgrind: no error and no leak in $(basename "$module") after $rounds rounds"
else
	echo "valgrind.sh: errors or leaks with frames in $(basename "$module"): see above" >&2
	exit 1
fi
