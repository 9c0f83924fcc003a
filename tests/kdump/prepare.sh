#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prepare.sh: in a minimal system, makes of it a host that captures its crashes: installs the .deb of /packages and the kernel of
# /kernel, and has guest.sh run at each boot. The system goes to /result/root.tar, its initramfs to /result/initrd.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

release=$(</kernel/release)
debug=/usr/lib/debug
dpkg -i /packages/crash-nbd_*.deb
mkdir -p "$debug/boot" "$debug/lib/modules/$release/kernel/drivers/block"
cp /kernel/vmlinuz "/boot/vmlinuz-$release"
# What the package linux-image-RELEASE-dbg would bring.
cp /result/vmlinux "$debug/boot/vmlinux-$release"
cp /kernel/nbd.ko.debug "$debug/lib/modules/$release/kernel/drivers/block/nbd.ko"
rm /result/vmlinux
mkdir -p /lib/modules
cp -r "/kernel/lib/modules/$release" /lib/modules/
depmod "$release"
# As much of the configuration as Debian's scripts ask for.
printf '%s\n' CONFIG_RELOCATABLE=y CONFIG_RD_GZIP=y >"/boot/config-$release"
printf '%s\n' virtio_pci virtio_blk ext4 >>/etc/initramfs-tools/modules
printf '%s\n' MODULES=list COMPRESS=gzip >/etc/initramfs-tools/conf.d/virtual
update-initramfs -c -k "$release"
cp "/boot/initrd.img-$release" /result/initrd
/etc/kernel/postinst.d/kdump-tools "$release"
# Else the guest makes it anew, which takes it minutes.
cp /etc/kdump/sysctl.conf "/var/lib/kdump/latest_sysctls-$release"
echo '/dev/vda / ext4 rw 0 1' >/etc/fstab
install /test/guest.sh /usr/local/sbin/kdump-check
cat >/etc/systemd/system/kdump-check.service <<-'END'
	[Unit]
	After=kdump-tools.service
	ConditionPathExists=!/proc/vmcore
	[Service]
	ExecStart=/usr/local/sbin/kdump-check
	StandardOutput=tty
	StandardError=inherit
	TTYPath=/dev/console
	[Install]
	WantedBy=multi-user.target
END
systemctl enable kdump-check
# Of no use here, and emulation is slow.
systemctl mask nbd-server apt-daily.timer apt-daily-upgrade.timer man-db.timer dpkg-db-backup.timer fstrim.timer e2scrub_reap e2scrub_all.timer
systemctl is-enabled nbd-crash-report
tar -C / --one-file-system --exclude=./result --exclude=./packages --exclude=./kernel --exclude=./test -cf /result/root.tar .
