# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those that source this
#
# The guest's memory as the hypervisor dumps it, all of it, while the guest stands still: its kernel does not crash.
# Much faster than kdump, and no makedumpfile has to know the kernel.

readonly CAPTURE_PARAMETERS=

# capture_prepare WORK: what the guest needs of it: the module that leaves VMCOREINFO with QEMU.
capture_prepare() {
	add_modules "$1/root" qemu_fw_cfg
}

# capture_begin WORK: before the guest is booted; leaves QEMU's options, and what it reads commands from.
capture_begin() {
	rm -f "$1/monitor" "$1/vmcore"
	mkfifo "$1/monitor"
	# Kept open for both: nobody waits for the other, and QEMU sees no end.
	exec {CAPTURE_COMMANDS}<>"$1/monitor"
	CAPTURE_DEVICES=(-device vmcoreinfo -monitor stdio)
	CAPTURE_MONITOR=$1/monitor
}

# capture_hear WORK REPORT: whenever the guest reports something.
capture_hear() {
	[[ $2 == "waits for its memory to be dumped"* ]] || return 0
	printf '%s\n' stop "dump-guest-memory -z $1/vmcore" quit >&"$CAPTURE_COMMANDS"
}

# capture_take WORK DIR: the vmcore into DIR.
capture_take() {
	[[ -s $1/vmcore ]] || boot_failed "$1" "QEMU dumped no memory: $(grep -a "^Error" "$1/qemu.log" | head -n 1)"
	install -m 644 "$1/vmcore" "$2/"
	exec {CAPTURE_COMMANDS}>&-
}
