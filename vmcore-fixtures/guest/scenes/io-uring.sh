# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd11 "the socket's other reference is registered with an io_uring; no fd of it exists"
actor server unix:/run/io-uring.sock
actor client-netlink --then ring "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/io-uring.sock
wait_for attached
expect 1 1
diagnosis idle none
findings no-timeout
