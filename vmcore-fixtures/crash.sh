#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash.sh VERSION: prints the path of a crash(8) of that version, fetching it
# first if need be. Its directory holds include/crash/defs.h too. VERSION: 7.2.9,
# 8.0.2, 8.0.6 or 9.0.2, as Debian's suites have them.

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}

. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/apt.sh"

# What nbd.so needs besides crash itself. The binary of bullseye runs with the
# libraries of this machine, for its own libbpf is too old for nbd.so.
declare -A SUITES=([7.2.9]=bullseye [8.0.2]=bookworm [8.0.6]=trixie [9.0.2]=sid)
readonly LIBRARIES=(libbpf1 libjson-c5)

VERSION=${1:-}
SUITE=${SUITES[$VERSION]:-}
[[ $SUITE ]] || fail "unknown crash: $VERSION" "choose one of ${!SUITES[*]}"
RESULT=$CACHE/crash/$VERSION
if [[ -x $RESULT/crash ]]; then
	echo "$RESULT/crash"
	exit
fi

mkdir -p "$CACHE/crash" "$CACHE/locks"
exec {lock}>"$CACHE/locks/crash-$VERSION"
flock "$lock"
if [[ ! -x $RESULT/crash ]]; then
	WORK=$(mktemp -d "$CACHE/crash/building.XXXXXX")
	trap 'rm -rf "$WORK"' EXIT
	apt=$CACHE/apt/crash-$VERSION
	say "crash $VERSION: downloading"
	rm -rf "$apt"
	apt_root "$SUITE" "$apt"
	mkdir "$WORK/root"
	if [[ $SUITE == bullseye ]]; then
		apt_fetch "$apt" "$WORK" crash ||
			fail "download failed: crash" "check the network, then run again"
	else
		apt_fetch_closure "$apt" crash "${LIBRARIES[@]}"
		mv "$apt"/cache/archives/*.deb "$WORK/"
	fi
	for package in "$WORK"/*.deb; do
		dpkg-deb -x "$package" "$WORK/root"
	done
	rm -rf "$WORK"/*.deb "$apt" "$WORK"/root/usr/share/{doc,locale,man}
	mv "$WORK/root/usr/include" "$WORK/include"
	if [[ $SUITE == bullseye ]]; then
		ln -s root/usr/bin/crash "$WORK/crash"
	else
		cat >"$WORK/crash" <<-'END'
			#!/bin/bash
			root=$(dirname "$(realpath "$0")")/root
			for loader in "$root"/{usr/,}lib64/ld-linux-x86-64.so.2; do
				[[ ! -e $loader ]] || break
			done
			exec "$loader" \
				--library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" \
				"$root/usr/bin/crash" "$@"
		END
		chmod +x "$WORK/crash"
	fi
	found=$("$WORK/crash" --version | sed -n 's/^crash //p')
	[[ $found == "$VERSION"* ]] ||
		fail "$SUITE has crash $found now, not $VERSION" "adapt the table in $0"
	mv -T "$WORK" "$RESULT"
fi
echo "$RESULT/crash"
