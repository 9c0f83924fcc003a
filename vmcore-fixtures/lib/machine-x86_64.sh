# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those that source this
#
# An x86_64 guest.

readonly GUEST_ARCHITECTURE=amd64
readonly GUEST_TRIPLET=x86_64-linux-gnu
readonly GUEST_CONSOLE=ttyS0
# no_timer_check: on a busy machine the emulated timer may tick too late for the kernel's test of it, which then
# panics ("IO-APIC + timer doesn't work").
readonly GUEST_PARAMETERS=no_timer_check
readonly QEMU_PACKAGE=qemu-system-x86
readonly QEMU_MACHINE=(qemu-system-x86_64)
readonly QEMU_CPU=max
readonly GUEST_CC=${CC:-cc}

require_compiler() {
	"$GUEST_CC" -E -include json-c/json.h -x c /dev/null >/dev/null 2>&1 ||
		fail "headers for the guest's programs are missing" \
			"apt-get install libc6-dev libjson-c-dev"
}

# provide_libraries: for the guest's programs, where the host's packages do not have them.
provide_libraries() {
	:
}

# compiler_options: what finds the libraries of the guest's programs.
compiler_options() {
	:
}
