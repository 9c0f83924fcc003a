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
. "$RECIPE/lib/program.sh"

# fetch APT: its Python, and what runs drgn with that.
fetch() {
	program_fetch "$1" "$WORK" python3 python3-drgn
	cat >"$WORK/drgn" <<-'END'
		#!/bin/bash
		here=$(dirname "$(realpath "$0")")
		export PYTHONHOME=$here/root/usr PYTHONPATH=$here/root/usr/lib/python3/dist-packages
		exec "$here/python3" -m drgn "$@"
	END
	chmod +x "$WORK/drgn"
	"$WORK/drgn" --version >&2 || fail "the drgn that was fetched does not run" "see its message above"
}

program_made drgn drgn sid fetch
