# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those that source this
#
# An arm64 guest on a host of another machine: its programs are cross-compiled.

readonly GUEST_ARCHITECTURE=arm64
readonly GUEST_TRIPLET=aarch64-linux-gnu
readonly GUEST_CONSOLE=ttyAMA0
readonly GUEST_PARAMETERS=
readonly QEMU_PACKAGE=qemu-system-arm
readonly QEMU_MACHINE=(qemu-system-aarch64 -M virt)
# Of 48 bits, as most arm64 servers have it: crash opens no image of 6.12 on a CPU of 52 bits.
readonly QEMU_CPU=cortex-a72
readonly GUEST_CC=${CROSS_CC:-aarch64-linux-gnu-gcc}

require_compiler() {
	"$GUEST_CC" -E -include stdio.h -x c /dev/null >/dev/null 2>&1 ||
		fail "a compiler for the guest's programs is missing" \
			"apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
}

provide_libraries() {
	provide devel-arm64 "$CACHE/devel-arm64" devel_fetch
}

# devel_fetch DIR: json-c for that compiler.
devel_fetch() {
	local apt=$CACHE/apt/devel-arm64

	say "json-c for arm64: downloading"
	apt_root "$GUEST_SUITE" "$apt" arm64
	apt_fetch "$apt" "$1" libjson-c-dev ||
		fail "download failed: libjson-c-dev" "check the network, then run again"
	dpkg-deb -x "$1"/libjson-c-dev_*.deb "$1"
	rm "$1"/*.deb
}

compiler_options() {
	echo "-I$CACHE/devel-arm64/usr/include -L$CACHE/devel-arm64/usr/lib/$GUEST_TRIPLET"
}
