# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC1091,SC2034,SC2154
#
# A guest with crash, vmlinux and nbd.so in /live. Whoever sources this has set here, kernel and module.

"$here/../../vmcore-fixtures/build.sh" "$kernel" >/dev/null
# crash 8.0.2 does not find itself among this kernel's tasks, and faults.
crash=$(dirname "$("$here/../../vmcore-fixtures/crash.sh" 8.0.6)")

RECIPE=$(cd "$here/../../vmcore-fixtures" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}
. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/machine-x86_64.sh"
. "$RECIPE/lib/kernel.sh"
. "$RECIPE/lib/guest.sh"
KERNEL_DIR=$CACHE/kernels/$kernel
USERLAND=$CACHE/guest-$(guest_hash)
HOST_USERLAND=$USERLAND
WORK=$(mktemp -d "$CACHE/live.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

# live_root MAIN MODULE...: the guest's user space in $WORK/root, which runs MAIN.
live_root() {
	local root=$WORK/root main=$1
	shift

	initramfs_tree "$WORK/initramfs" init-scenes
	initramfs_pack "$WORK/initramfs" "$WORK/initramfs.cpio.gz"
	cp -a "$USERLAND" "$root"
	mkdir -p "$root"/{fixture,live,run,tmp,var}
	cp "$main" "$root/fixture/main.sh"
	install -m 644 -D "$RECIPE/guest/inittab" "$root/etc/inittab"
	# crash has a shell run its ! commands, and strings look for the kernel's version in vmlinux.
	ln -sf busybox "$root/bin/sh"
	ln -sf /bin/busybox "$root/usr/bin/strings"
	cp -r "$crash/root" "$root/live/"
	cp "$module" "$root/live/nbd.so"
	"$here/../damage/indexed.sh" "$KERNEL_DIR/vmlinux" "$root/live/vmlinux"
	# The guest has no bash for the wrapper.
	cat >"$root/live/crash" <<-'END'
		#!/bin/busybox sh
		root=/live/root
		exec $root/usr/lib64/ld-linux-x86-64.so.2 \
			--library-path $root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu $root/usr/bin/crash "$@"
	END
	chmod +x "$root/live/crash"
	add_modules "$root" "$@"
	kmod_tool depmod -b "$root" "$(<"$KERNEL_DIR/release")" 2>/dev/null
}

# live_run SECONDS: boots it; what it wrote to its second disk is in $WORK/result.
live_run() {
	local qemu

	mkfs.ext4 -q -F -d "$WORK/root" "$WORK/root.ext4" 2G >"$WORK/mkfs.log" 2>&1 ||
		fail "mkfs.ext4: $(tail -n 1 "$WORK/mkfs.log")" "check the free space of $WORK"
	rm -rf "$WORK/root"
	truncate -s 256M "$WORK/result.tar"
	say "live: booting the guest"
	timeout "$1" qemu-system-x86_64 -accel "${NBD_FIXTURE_ACCEL:-tcg}" -cpu max -smp 2 -m 2048 \
		-nodefaults -no-user-config -display none -no-reboot -serial "file:$WORK/console.log" \
		-kernel "$KERNEL_DIR/vmlinuz" -initrd "$WORK/initramfs.cpio.gz" \
		-append "console=ttyS0 quiet loglevel=3 $GUEST_PARAMETERS panic=1" \
		-drive "file=$WORK/root.ext4,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$WORK/result.tar,format=raw,if=virtio,cache=unsafe" </dev/null &
	qemu=$!
	tail --pid="$qemu" -n +1 -F "$WORK/console.log" 2>/dev/null | sed -un 's/\r$//; s/^live: /  guest: /p' >&2 || :
	wait "$qemu" || fail "QEMU did not end well" "read the messages above"
	mkdir "$WORK/result"
	tar -x -f "$WORK/result.tar" -C "$WORK/result" 2>/dev/null || {
		tr -d '\r' <"$WORK/console.log" | tail -n 20 >&2
		fail "the guest handed over nothing" "read the console above"
	}
}
