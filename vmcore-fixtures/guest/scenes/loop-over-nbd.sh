# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd27 "healthy: a loop device on top; no process has the device open"
actor server unix:/run/loop-over-nbd.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/loop-over-nbd.sock
wait_for attached
/sbin/modprobe -C /dev/null loop
losetup /dev/loop5 "/dev/$DEVICE"
fact_text loop loop5
expect 1 1
diagnosis idle none
findings no-owner no-timeout
