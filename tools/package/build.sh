#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh deb|rpm ARCHIVE DIR: builds the packages from `make dist`'s ARCHIVE, in a minimal system of the
# packages that they name, and puts them into DIR/deb or DIR/rpm.

set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
kind=$1 archive=$(realpath "$2") result=$3/$1
root=$("$here/root.sh" "$kind")

rm -rf "$result"
mkdir -p "$result"
result=$(realpath "$result")
cp "$archive" "$result/"
log=$result.log
if ! "$here/in_root.sh" "$root" "$result=/result" "$here=/tools" -- "/tools/build_$kind.sh" >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "build.sh: make $kind failed; all that was printed: $log" >&2
	exit 1
fi
ls "$result"/*."$kind"
