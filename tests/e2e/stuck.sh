#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# stuck.sh KERNEL CRASH MODULE E2E: has crash run MODULE on the kernel's vmcores of the plays stuck and
# stuck-netlink, and E2E compare the facts with what the guest recorded.
set -euo pipefail

kernel=$1 crash=$2 module=$(realpath "$3") e2e=$(realpath "$4")
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for play in stuck stuck-netlink; do
	fixture=$("$here/../../vmcore-fixtures/build.sh" "$kernel" "$play")
	mkdir "$out/$play"
	cat >"$out/$play/commands" <<-END
		extend $module
		nbd -j > $out/$play/nbd-j
		nbd -a -j > $out/$play/nbd-a-j
		nbd > $out/$play/nbd
		q
	END
	if ! timeout 300 "$crash" -s -i "$out/$play/commands" "$fixture/vmlinux" "$fixture/vmcore" \
		>"$out/$play/stdout" 2>&1 </dev/null; then
		tail -n 20 "$out/$play/stdout" >&2
		echo "stuck.sh: crash failed on the play $play" >&2
		exit 1
	fi
	"$here/validate.py" "$here/../../doc/report.schema.json" "$out/$play/nbd-a-j"
	"$e2e" --stuck "$out/$play" "$fixture"
done
