# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd12 "two processes share the client's socket after fork"
actor server unix:/run/shared-socket.sock
actor client-netlink --then two-processes "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/shared-socket.sock
wait_for attached
expect 1 1
diagnosis idle none
findings no-timeout
