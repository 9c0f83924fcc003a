# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The server reads the device that it serves: it waits for itself, for ever.

scene nbd19 "local loop: the server is blocked in D on its own device"
actor server --loop "$DEVICE" unix:/run/local-loop.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/local-loop.sock
wait_for attached
actor io "$DEVICE" read:2125824:8192
late
go io
wait_for in_state "$(recall server_pid)" D
expect 1 1
diagnosis stuck server-blocked "$(recall server_pid)"
in_d "$(threads io)" "$(recall server_pid)"
findings no-owner no-timeout peer-blocked
