#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# drgn.sh: prints the path of a program that runs drgn as Debian's newest suite packages it, in a root
# of its own; fetches it first if need be.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../vmcore-fixtures" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}

. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/apt.sh"

RESULT=$CACHE/drgn
mkdir -p "$CACHE/locks"
exec {lock}>"$CACHE/locks/drgn"
flock "$lock"
if [[ ! -x $RESULT/drgn ]]; then
	WORK=$(mktemp -d "$CACHE/building.XXXXXX")
	trap 'rm -rf "$WORK"' EXIT
	apt=$CACHE/apt/drgn
	say "drgn: downloading"
	rm -rf "$apt"
	apt_root sid "$apt"
	apt_fetch_closure "$apt" python3-drgn
	mkdir "$WORK/drgn" "$WORK/drgn/root"
	for package in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$WORK/drgn/root"
	done
	rm -rf "$apt"
	cat >"$WORK/drgn/drgn" <<-'END'
		#!/bin/bash
		root=$(dirname "$(realpath "$0")")/root
		for loader in "$root"/{usr/,}lib64/ld-linux-x86-64.so.2; do
			[[ ! -e $loader ]] || break
		done
		export PYTHONHOME=$root/usr PYTHONPATH=$root/usr/lib/python3/dist-packages
		exec "$loader" --library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" \
			"$root/usr/bin/python3" -m drgn "$@"
	END
	chmod +x "$WORK/drgn/drgn"
	"$WORK/drgn/drgn" --version >&2 || fail "the drgn that was fetched does not run" "see its message above"
	mv -T "$WORK/drgn" "$RESULT"
fi
echo "$RESULT/drgn"
