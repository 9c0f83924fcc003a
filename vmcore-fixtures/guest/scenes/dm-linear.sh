# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Of the mapped device there is no opener either.

scene nbd17 "healthy: dm-linear on top; no process has the device open"
/sbin/modprobe -C /dev/null dm_mod || absent "no device mapper"
actor server unix:/run/dm-linear.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/dm-linear.sock
wait_for attached
/sbin/dmsetup create over-nbd --noudevsync --noudevrules \
	--table "0 $((DEVICE_BYTES / 512)) linear /dev/$DEVICE 0"
fact_text holder "$(ls "/sys/block/$DEVICE/holders")"
expect 1 1
diagnosis idle none
findings no-owner no-timeout
