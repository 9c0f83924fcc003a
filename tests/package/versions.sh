#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# versions.sh VERSION: each place that must name the version does, both packages require those releases of
# crash that `make crash-symbols` tries, and have the same maintainer.
set -euo pipefail

version=$1
cd "$(dirname "$0")/../.."
wrong=0

# same WHERE EXPECTED FOUND
same() {
	[[ $2 == "$3" ]] && return
	echo "versions.sh: $1 says '$3', not '$2'" >&2
	wrong=1
}

same debian/changelog "crash-nbd ($version)" "$(sed -n '1s/).*/)/p' debian/changelog)"
same crash-nbd.spec "$version" "$(sed -n 's/^Version: *//p' crash-nbd.spec)"
same "crash-nbd.spec's %changelog" "$version-1" "$(sed -n '/^%changelog/,$s/^\* .* - //p' crash-nbd.spec | head -n 1)"
same postmortem/__init__.py "$version" "$(sed -n 's/^VERSION = "\(.*\)"/\1/p' postmortem/__init__.py)"
same CHANGELOG.md "$version" "$(sed -n 's/^## \([^,]*\),.*/\1/p' CHANGELOG.md | head -n 1)"

read -ra crashes <<<"$(sed -n 's/^readonly CRASHES=(\(.*\))/\1/p' tests/crash/symbols.sh)"
oldest=${crashes[0]} newest=${crashes[-1]}
# The first release that nobody has tried.
untried=${newest%.*}.$((${newest##*.} + 1))
same debian/control "crash (>= $oldest), crash (<< $untried~)" "$(grep -o '^Depends: crash [^$]*' debian/control | sed 's/^Depends: //; s/, $//')"
same crash-nbd.spec "crash >= $oldest crash < $untried" "$(sed -n 's/^Requires: *\(crash\)/\1/p' crash-nbd.spec | paste -sd' ')"

# Who is to be written to.
maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
same debian/changelog "$maintainer" "$(sed -n 's/^ -- \(.*\)  .*/\1/p' debian/changelog | head -n 1)"
same "crash-nbd.spec's %changelog" "$maintainer" "$(sed -n '/^%changelog/,$s/^\* [^ ]* [^ ]* [^ ]* [^ ]* \(.*\) - .*/\1/p' crash-nbd.spec | head -n 1)"

exit $wrong
