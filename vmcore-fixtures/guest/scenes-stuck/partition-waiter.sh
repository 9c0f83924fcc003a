# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Nobody has the whole device open, and nobody waits for it.

scene nbd57 "server stopped, a read of a partition waits"
partitioned /run/partition-waiter.img
actor server --file /run/partition-waiter.img unix:/run/partition-waiter.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/partition-waiter.sock
wait_for attached
: <"/dev/$DEVICE"
wait_for test -b "/dev/${DEVICE}p1"
# The partition begins at logical block 2048, of 1 KiB.
actor io --shift 4096 "${DEVICE}p1" read:65536:8192
fact_text partition "${DEVICE}p1"
late
stop_server
go io
expect 1 1
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(threads io)"
findings no-owner no-timeout peer-stopped stuck-requests
