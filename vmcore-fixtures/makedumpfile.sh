#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# makedumpfile.sh: prints the path of a makedumpfile(8) that compresses with zstd, too, fetching it first if need be:
# trixie's. bookworm's has no zstd; snappy none of Debian's has.

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}

. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/apt.sh"
. "$RECIPE/lib/program.sh"

readonly SUITE=trixie
RESULT=$CACHE/makedumpfile/$SUITE
if [[ -x $RESULT/makedumpfile ]]; then
	echo "$RESULT/makedumpfile"
	exit
fi

mkdir -p "$CACHE/makedumpfile" "$CACHE/locks"
exec {lock}>"$CACHE/locks/makedumpfile"
flock "$lock"
if [[ ! -x $RESULT/makedumpfile ]]; then
	WORK=$(mktemp -d "$CACHE/makedumpfile/building.XXXXXX")
	trap 'rm -rf "$WORK"' EXIT
	apt=$CACHE/apt/makedumpfile
	rm -rf "$apt"
	apt_root "$SUITE" "$apt"
	say "makedumpfile of $SUITE: downloading"
	program_fetch "$apt" "$WORK" makedumpfile makedumpfile
	rm -rf "$apt"
	mv -T "$WORK" "$RESULT"
fi
echo "$RESULT/makedumpfile"
