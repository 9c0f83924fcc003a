# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# From a kernel and the guest's user space to a fixture.

# build_fixture DIR: fills it.
build_fixture() {
	local result=$1 boot=$WORK/boot

	mkdir "$boot"
	say "$(<"$KERNEL_DIR/release"): making the guest"
	guest_image "$boot"
	say "$(<"$KERNEL_DIR/release"): booting the guest"
	guest_run "$boot"
	guest_take "$boot" truth.json "$result"
	capture_take "$boot" "$result"
	tr -d '\r' <"$boot/console.log" >"$result/console.log"
	ln "$KERNEL_DIR"/{vmlinux,nbd.ko.debug} "$result/"
}
