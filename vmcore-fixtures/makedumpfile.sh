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

fetch() {
	program_fetch "$1" "$WORK" makedumpfile makedumpfile
}

program_made makedumpfile/trixie makedumpfile trixie fetch
