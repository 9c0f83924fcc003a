#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash.sh VERSION: prints the path of a crash(8) of that version, fetching it
# first if need be. Its directory holds include/crash/defs.h too. VERSION: 7.2.9,
# 8.0.2, 8.0.6 or 9.0.2, as Debian's suites have them; 8.0.6-arm64 and 9.0.2-arm64 are built of
# the suite's source: they run on this machine and open vmcores of arm64.

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}

. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/apt.sh"
. "$RECIPE/lib/program.sh"

# What nbd.so needs besides crash itself. The binary of bullseye runs with the
# libraries of this machine, for its own libbpf is too old for nbd.so.
declare -A SUITES=([7.2.9]=bullseye [8.0.2]=bookworm [8.0.6]=trixie [9.0.2]=sid [8.0.6-arm64]=trixie [9.0.2-arm64]=sid)
readonly LIBRARIES=(libbpf1 libjson-c5)

# fetch_binary APT: the packages and what they link, and a program that runs crash with that.
fetch_binary() {
	local apt=$1

	if [[ $SUITE == bullseye ]]; then
		apt_fetch "$apt" "$WORK" crash ||
			unavailable "download failed: crash"
		dpkg-deb -x "$WORK"/crash_*.deb "$WORK/root"
		rm "$WORK"/*.deb
		ln -s root/usr/bin/crash "$WORK/crash"
	else
		program_fetch "$apt" "$WORK" crash crash "${LIBRARIES[@]}"
	fi
	mv "$WORK/root/usr/include" "$WORK/include"
}

# build_arm64 APT: of the source as the distribution got it, and a program that runs it.
build_arm64() {
	local apt=$1 log=$CACHE/failed-crash-$VERSION.log

	require_commands <<-END
		bison bison
		g++ g++
		make make
		makeinfo texinfo
		patch patch
		dpkg-source dpkg-dev
	END
	apt_fetch_source "$apt" "$WORK" crash
	say "crash $VERSION: building, some minutes"
	# Not as a part of a make that this is called by; without debuginfo, and optimised less, gdb takes two thirds of the time.
	env -u MAKEFLAGS CFLAGS=-O1 CXXFLAGS=-O1 make -C "$WORK/source" -j"$(nproc)" target=ARM64 >"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		fail "crash $VERSION does not build" \
			"apt-get install libc6-dev libgmp-dev libmpfr-dev libncurses-dev zlib1g-dev, or see $log"
	}
	rm "$log"
	mkdir -p "$WORK/include/crash"
	mv "$WORK/source/defs.h" "$WORK/include/crash/"
	strip -o "$WORK/crash-arm64" "$WORK/source/crash"
	rm -r "$WORK/source"
	# A kernel of 52-bit addresses on a CPU of 48 bits has its linear mapping where this crash does not look for it.
	cat >"$WORK/crash" <<-'END'
		#!/bin/bash
		# The first part of a dump has what the kernel says of itself.
		said() {
			head -c 1M "$1" | grep -a -o -m 1 "NUMBER($2)=[0-9a-fx]*" | cut -d= -f2
		}
		options=()
		for file; do
			[[ -f $file && $(said "$file" VA_BITS) == 52 && $(said "$file" TCR_EL1_T1SZ) == 0x10 ]] || continue
			options=(-m "phys_offset=$(printf 0x%x $(($(said "$file" PHYS_OFFSET) + 0x000f000000000000)))")
		done
		exec "$(dirname "$(realpath "$0")")/crash-arm64" "${options[@]}" "$@"
	END
}

VERSION=${1:-}
SUITE=${SUITES[$VERSION]:-}
[[ $SUITE ]] || fail "unknown crash: $VERSION" "choose one of ${!SUITES[*]}"

# make_crash APT: fills WORK, and sees that it is the crash that was asked for.
make_crash() {
	local found

	case $VERSION in
	*-arm64) build_arm64 "$1" ;;
	*) fetch_binary "$1" ;;
	esac
	chmod +x "$WORK/crash"
	found=$("$WORK/crash" --version | sed -n 's/^crash[^ ]* //p')
	[[ $found == "${VERSION%-*}"* ]] ||
		fail "$SUITE has crash $found now, not $VERSION" "adapt the table in $0" "$UNAVAILABLE"
}

program_made "crash/$VERSION" crash "$SUITE" make_crash
