#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh PACKAGES KERNEL: a Debian host with kdump-tools and the .deb of PACKAGES crashes, is captured, and boots again from the
# same disk: the report lies beside the vmcore then.
set -euo pipefail

readonly LIMIT=3000 # seconds a boot; emulation is slow

packages=$(realpath "$1") kernel=$2
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools/package
RECIPE=$here/../../vmcore-fixtures
. "$RECIPE/lib/common.sh"
fixture=$("$RECIPE/build.sh" "$kernel" bare)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}
WORK=$(mktemp -d "$CACHE/kdump.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

# boot NAME: what the guest says goes to WORK/NAME.
boot() {
	say "kdump: $1"
	timeout "$LIMIT" qemu-system-x86_64 -accel "${NBD_FIXTURE_ACCEL:-tcg}" -cpu max -m 1536 -nodefaults -no-user-config -display none -no-reboot \
		-serial "file:$WORK/$1" -kernel "$CACHE/kernels/$kernel/vmlinuz" -initrd "$WORK/result/initrd" \
		-append "console=ttyS0 root=/dev/vda rw quiet loglevel=3 no_timer_check crashkernel=320M systemd.show_status=no" \
		-drive "file=$WORK/root.ext4,format=raw,if=virtio,cache=unsafe" </dev/null || unexpected "QEMU did not end well" "$1"
	! grep -a "kdump-check: FAILED" "$WORK/$1" || unexpected "the guest gave up" "$1"
}

# unexpected WHAT BOOT
unexpected() {
	tr -d '\r' <"$WORK/$2" | tail -n 20 >&2
	fail "$1" "read the guest's console above"
}

say "kdump: making the guest"
root=$("$tools/root.sh" host)
mkdir "$WORK/result" "$WORK/root"
"$here/../damage/indexed.sh" "$fixture/vmlinux" "$WORK/result/vmlinux"
"$tools/in_root.sh" "$root" "$WORK/result=/result" "$packages=/packages" "$CACHE/kernels/$kernel=/kernel" "$here=/test" -- /test/prepare.sh >"$WORK/log" 2>&1 || {
	tail -n 20 "$WORK/log" >&2
	fail "prepare.sh failed" "read its words above"
}
tar -xf "$WORK/result/root.tar" -C "$WORK/root"
mkfs.ext4 -q -F -d "$WORK/root" "$WORK/root.ext4" 3G 2>"$WORK/log"
rm -rf "$WORK/root" "$WORK/result/root.tar"

boot crash
boot report
mkdir "$WORK/seen"
debugfs -R "rdump /var/crash $WORK/seen" "$WORK/root.ext4" >"$WORK/debugfs" 2>&1
cd "$WORK/seen/crash"
[[ -s priorities && -s second ]] || unexpected "the guest did not come to its end" report
"$here/check.py" . || {
	cat ./*/nbd-report.txt >&2
	fail "the report after the crash is not as it should be" "see above"
}
