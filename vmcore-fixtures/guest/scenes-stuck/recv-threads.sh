# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Each of them has a reference to the socket's file: a system call's, in no table.

scene nbd54 "healthy: three of the server's threads wait in recv() on its socket"
actor server --threads 3 unix:/run/recv-threads.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/recv-threads.sock
wait_for attached
expect 1 1
diagnosis idle none
findings no-owner no-timeout
