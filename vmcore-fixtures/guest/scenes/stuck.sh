# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The one request that is old. It is waited for before the late ones are made.

scene nbd26 "a read has been in flight for more than 30 s"
actor server --mute unix:/run/stuck.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/stuck.sock
wait_for attached
actor io "$DEVICE" read:1331200:12288
go io
wait_for kernel_says "Possible stuck request"
expect 1 1
diagnosis stuck server-silent "$(recall server_pid)"
in_d "$(threads io)"
findings no-owner no-timeout stuck-requests
