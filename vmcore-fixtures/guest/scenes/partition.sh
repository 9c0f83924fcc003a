# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd18 "healthy: a process has the partition open, nobody the whole device"
image=/run/partition.img
partitioned "$image"
actor server --file "$image" unix:/run/partition.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/partition.sock
wait_for attached
# The first open reads the table.
: <"/dev/$DEVICE"
wait_for test -b "/dev/${DEVICE}p1"
actor opener "${DEVICE}p1"
fact_text partition "${DEVICE}p1"
expect 1 1
diagnosis idle none
findings no-owner no-timeout
