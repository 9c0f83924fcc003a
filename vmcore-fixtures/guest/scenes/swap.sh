# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd16 "healthy: swap space; no process has the device open"
truncate -s "$DEVICE_BYTES" /run/swap.img
mkswap /run/swap.img
actor server --file /run/swap.img unix:/run/swap.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/swap.sock
wait_for attached
# It is there, but nothing goes out to it.
echo 0 >/proc/sys/vm/swappiness
swapon "/dev/$DEVICE"
fact swap true
expect 1 1
diagnosis idle none
findings no-owner no-timeout
