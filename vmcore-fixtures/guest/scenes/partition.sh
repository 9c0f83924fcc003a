# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd18 "healthy: a process has the partition open, nobody the whole device"
image=/run/partition.img
truncate -s "$DEVICE_BYTES" "$image"
# One Linux partition, from logical block 2048 on, 4096 long.
printf '\000\000\000\000\203\000\000\000\000\010\000\000\000\020\000\000' |
	dd of="$image" bs=1 seek=446 conv=notrunc
printf '\125\252' | dd of="$image" bs=1 seek=510 conv=notrunc
actor server --file "$image" unix:/run/partition.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/partition.sock
wait_for attached
# The first open reads the table.
: <"/dev/$DEVICE"
wait_for test -b "/dev/${DEVICE}p1"
actor opener "${DEVICE}p1"
fact_text partition "${DEVICE}p1"
expect 1 1
findings no-owner no-timeout
