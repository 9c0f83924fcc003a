# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The waiter waits for the mapped device; that this is nbd's, the mapping knows.

scene nbd46 "dd of dm-linear on nbd, server stopped"
actor server unix:/run/dm-dd.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/dm-dd.sock
wait_for attached
linear_over "$DEVICE" dd-over
late
stop_server
dd if="/dev/$MAPPED" of=/dev/null bs=4096 count=1 skip=600 &
fact reader_pid $!
wait_for in_state "$(recall reader_pid)" D
expect 1 1
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(recall reader_pid)"
findings no-owner no-timeout peer-stopped stuck-requests
