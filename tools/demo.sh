#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh [--interactive] KERNEL CRASH MODULE: nbd.so on the vmcore of vmcore-fixtures/. The report
# of the device that hangs, or a crash prompt with nbd.so loaded.
set -euo pipefail

interactive=
[[ $1 != --interactive ]] || { interactive=1; shift; }
kernel=$1 crash=$2 module=$(realpath "$3")
fixture=$("$(dirname "$0")/../vmcore-fixtures/build.sh" "$kernel")
commands=$(mktemp)
trap 'rm -f "$commands"' EXIT

if [[ $interactive ]]; then
	echo "extend $module" >"$commands"
	"$crash" -i "$commands" "$fixture/vmlinux" "$fixture/vmcore"
	exit
fi

cat >"$commands" <<COMMANDS
extend $module
nbd
echo
nbd -d nbd101
q
COMMANDS
echo "vmcore: $fixture/vmcore"
echo "crash -s -i COMMANDS vmlinux vmcore, with the commands: extend nbd.so; nbd; nbd -d nbd101"
echo
"$crash" -s -i "$commands" "$fixture/vmlinux" "$fixture/vmcore"
