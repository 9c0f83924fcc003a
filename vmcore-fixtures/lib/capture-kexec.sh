# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those that source this
#
# The guest's memory as kdump takes it: the capture kernel filters /proc/vmcore and writes it to a disk of its own.

readonly CAPTURE_PARAMETERS="crashkernel=256M"

# capture_prepare WORK: what the guest needs of it, into WORK/root.
capture_prepare() {
	initramfs_tree "$1/capture" init-capture
	add_with_libraries usr/bin/makedumpfile "$1/capture"
	initramfs_pack "$1/capture" "$1/root/fixture/capture.cpio.gz"
	cp "$KERNEL_DIR/vmlinuz" "$1/root/fixture/"
}

# capture_begin WORK: before the guest is booted; leaves QEMU's options, and what it reads commands from.
capture_begin() {
	truncate -s 1G "$1/vmcore.tar"
	CAPTURE_DEVICES=(-monitor none -drive "file=$1/vmcore.tar,format=raw,if=virtio,cache=unsafe")
	CAPTURE_MONITOR=/dev/null
}

# capture_hear WORK REPORT: whenever the guest reports something. It does all by itself.
capture_hear() {
	:
}

# capture_take WORK DIR: the vmcore into DIR.
capture_take() {
	guest_take "$1" vmcore "$2"
}
