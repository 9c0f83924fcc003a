#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# stuck.sh KERNEL CRASH MODULE E2E [PLAY...]: has crash run MODULE on the kernel's vmcores of the plays, stuck and
# stuck-netlink where none is named, and E2E compare the facts with what the guest recorded: one session each.
set -euo pipefail

kernel=$1 module=$(realpath "$3") e2e=$(realpath "$4")
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../vmcore-fixtures/lib/kernels.sh"
crash=$(kernel_crash "$kernel" "$2")
mapfile -t options < <(kernel_options "$kernel")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

plays=("${@:5}")
((${#plays[@]})) || plays=(stuck stuck-netlink)
for play in "${plays[@]}"; do
	fixture=$("$here/../../vmcore-fixtures/build.sh" "$kernel" "$play")
	mkdir "$out/$play"
	cat >"$out/$play/commands" <<-END
		extend $module
		nbd -j > $out/$play/nbd-j
		nbd -a -j > $out/$play/nbd-a-j
		nbd -d nbd101 > $out/$play/nbd-d-nbd101
		nbd > $out/$play/nbd
		log > $out/$play/kernel-log
		q
	END
	if ! timeout 900 "$crash" "${options[@]}" -s -i "$out/$play/commands" "$fixture/vmlinux" "$fixture/vmcore" \
		>"$out/$play/stdout" 2>&1 </dev/null; then
		tail -n 20 "$out/$play/stdout" >&2
		echo "stuck.sh: crash failed on the play $play" >&2
		exit 1
	fi
	"$here/validate.py" "$here/../../doc/report.schema.json" "$out/$play/nbd-a-j"
	"$e2e" --stuck "$out/$play" "$fixture"
done
