# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# What both initramfs do first. The kernel cannot open a console for us: the
# archive is made without root and so holds no device node.

export PATH=/bin

/bin/busybox mkdir -p /proc /sys /dev /tmp
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
mount -t proc proc /proc
mount -t sysfs sys /sys

report() {
	echo "fixture: $*"
}

# The host reads the reason from the console.
give_up() {
	report "FAILED: $*"
	sync
	poweroff -f
}

# File names carry the order: virtio_ring goes before virtio.
for module in /modules/*.ko; do
	insmod "$module" || give_up "insmod $module"
done
