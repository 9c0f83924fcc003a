#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# symbols.sh MODULE KERNEL: what MODULE needs of crash itself is what the list beside this script has, each
# packaged crash exports it, and nbd.so built with any of their defs.h needs the same and reports the
# same. A symbol that is new in the list must have been in crash 7.2.9.
set -euo pipefail
export LC_ALL=C

readonly CRASHES=(7.2.9 8.0.2 8.0.6 9.0.2)

module=$(realpath "$1")
kernel=$2
here=$(realpath "$(dirname "$0")")
fixtures=$here/../../vmcore-fixtures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Symbols of libraries have versions; those that crash is to have do not.
needed() {
	nm -D --undefined-only "$1" | awk '$1 == "U" && $2 !~ /@/ { print $2 }' | sort
}

exported() {
	nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u
}

# report MODULE CRASH FIXTURE
report() {
	printf '%s\n' "extend $1" "mod -s nbd $3/nbd.ko.debug" "nbd -j > $work/report" q >"$work/commands"
	rm -f "$work/report"
	timeout 120 "$2" -s -i "$work/commands" "$3/vmlinux" "$3/vmcore" >"$work/said" 2>&1 </dev/null || :
	cat "$work/report"
}

needed "$module" >"$work/needed"
diff "$here/symbols" "$work/needed" ||
	{ echo "nbd.so needs other symbols of crash than $here/symbols has"; exit 1; }

fixture=$("$fixtures/build.sh" "$kernel")
oldest=$("$fixtures/crash.sh" "${CRASHES[0]}")
for version in "${CRASHES[@]}"; do
	crash=$(dirname "$("$fixtures/crash.sh" "$version")")
	exported "$crash/root/usr/bin/crash" >"$work/exported"
	missing=$(comm -23 "$work/needed" "$work/exported")
	[[ -z $missing ]] || { echo "crash $version does not export:" $missing; exit 1; }

	make --no-print-directory -s -C "$here/../.." CRASH_INCLUDE="$crash/include" CFLAGS=-O0 \
		BUILD="build/defs-$version" MODULE="build/defs-$version/nbd.so" "build/defs-$version/nbd.so"
	built=$here/../../build/defs-$version/nbd.so
	needed "$built" | diff "$work/needed" - ||
		{ echo "nbd.so built with defs.h of crash $version needs other symbols"; exit 1; }
	report "$(realpath "$built")" "$oldest" "$fixture" >"$work/report-$version"
	[[ $(grep -c '"type":"device"' "$work/report-$version") -ge 10 ]] ||
		{ echo "nbd.so built with defs.h of crash $version reports no devices"; exit 1; }
	cmp "$work/report-${CRASHES[0]}" "$work/report-$version"
	echo "crash $version: exports all $(wc -l <"$work/needed") symbols; its defs.h makes the same nbd.so"
done
