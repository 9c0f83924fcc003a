# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Both queues of the connection are empty: the request is in the server's hands.

scene nbd50 "TCP: a read was read by the server and never answered"
actor server --mute tcp4:127.0.0.1:10850
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 tcp4:127.0.0.1:10850
wait_for attached
actor io "$DEVICE" read:2142208:8192
late
go io
expect 1 1
diagnosis stuck server-silent "$(recall server_pid)"
in_d "$(threads io)"
findings no-owner no-timeout stuck-requests
