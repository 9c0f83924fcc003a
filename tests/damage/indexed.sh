#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# indexed.sh VMLINUX RESULT: RESULT becomes a copy of VMLINUX with gdb's index of its debuginfo, which the
# gdb inside crash need not make anew then: crash starts in half the time.
set -euo pipefail

vmlinux=$1 result=$2
[[ ! -e $result || $result -ot $vmlinux ]] || exit 0
mkdir -p "$(dirname "$result")"
work=$(mktemp -d "$result.XXXXXX")
trap 'rm -rf "$work"' EXIT
ln -s "$(realpath "$vmlinux")" "$work/vmlinux"
gdb -nx -batch -iex "set auto-load off" -ex "save gdb-index $work" "$work/vmlinux" >"$work/said" 2>&1 || {
	cat "$work/said" >&2
	exit 1
}
objcopy --add-section .gdb_index="$work"/vmlinux.gdb-index --set-section-flags .gdb_index=readonly \
	"$work/vmlinux" "$work/indexed"
mv "$work/indexed" "$result"
