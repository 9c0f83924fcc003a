# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Nobody has the device node open, the mount alone keeps the device in use.

scene nbd15 "healthy: ext4 mounted; no process has the device open"
actor server --file /fixture/mounted.ext4 unix:/run/mounted.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/mounted.sock
wait_for attached
mkdir -p /mnt/nbd
mount -t ext4 "/dev/$DEVICE" /mnt/nbd
fact_text mount_point /mnt/nbd
expect 1 1
diagnosis idle none
findings no-owner no-timeout
