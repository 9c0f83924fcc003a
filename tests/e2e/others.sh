#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# others.sh: one session on each machine and kernel that differs most from those of the whole e2e, where a mirror holds that kernel
# and its crash, and the kernel is of a version that was tried. Else it says why not, and counts it: what is on a mirror today
# decides nothing about nbd.so.
set -euo pipefail

# KERNEL, the versions that were tried, what is made.
readonly OTHERS=(
	"6.1-arm64|6.1|e2e-facts-6.1-arm64"
	"sid|7.2 7.3|e2e-facts-sid"
)

fixtures=$(cd "$(dirname "$0")/../../vmcore-fixtures" && pwd)
. "$fixtures/lib/kernels.sh"

# The status of vmcore-fixtures where no mirror holds what is asked for.
readonly NOT_HELD=75

# why_not KERNEL VERSIONS: builds the fixture; says why the kernel cannot be compared, or nothing.
why_not() {
	local kernel=$1 versions=$2 version status=0 fixture

	fixture=$(kernel_crash "$kernel" host >/dev/null && "$fixtures/build.sh" "$kernel") || status=$?
	if ((status == NOT_HELD)); then
		echo "no mirror holds what it takes, see above"
		return
	fi
	((status == 0)) || exit "$status"
	for version in $versions; do
		[[ ${fixture##*/} != "$version".* ]] || return 0
	done
	echo "its suite has ${fixture##*/} now, and only $versions were tried"
}

passed=0 failed=0 left_out=0
for other in "${OTHERS[@]}"; do
	IFS='|' read -r kernel versions target <<<"$other"
	why=$(why_not "$kernel" "$versions") || {
		failed=$((failed + 1))
		continue
	}
	if [[ $why ]]; then
		printf '\n%s\n\n' "NOT COMPARED: the kernel $kernel: $why. Instead of: make $target" >&2
		left_out=$((left_out + 1))
	elif "${MAKE:-make}" "$target"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed, $left_out not compared"
((failed == 0))
