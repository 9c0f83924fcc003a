#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# if_held.sh KERNEL VERSIONS COMMAND...: runs COMMAND where a mirror holds that kernel and its crash, and the kernel is of
# one of VERSIONS; else it says why not, and is content. So what is on a mirror today decides nothing about nbd.so.
set -euo pipefail

kernel=$1 versions=$2
shift 2
fixtures=$(cd "$(dirname "$0")/../../vmcore-fixtures" && pwd)
. "$fixtures/lib/kernels.sh"

not_tried() {
	printf '\n%s\n%s\n\n' "NOT COMPARED: the kernel $kernel: $1." "Instead of: $command" >&2
	exit 0
}
command=$*

# had COMMAND...: what it prints; the status 75 of vmcore-fixtures means that no mirror holds it.
had() {
	local status=0 result

	result=$("$@") || status=$?
	((status != 75)) || not_tried "no mirror holds what it takes, see above"
	((status == 0)) || exit "$status"
	echo "$result"
}

had kernel_crash "$kernel" host >/dev/null
fixture=$(had "$fixtures/build.sh" "$kernel") || exit
[[ $fixture ]] || exit 0
for version in $versions; do
	[[ ${fixture##*/} != "$version".* ]] || exec "$@"
done
not_tried "its suite has ${fixture##*/} now, and only $versions were tried"
