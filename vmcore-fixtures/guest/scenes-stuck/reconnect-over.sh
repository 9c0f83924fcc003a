# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The wait has come to its end: nbd has given the request up, and itself.

scene nbd33 "the server died; a read waited for a new connection until its time was over, and failed"
actor server unix:/run/reconnect-over.sock
actor client-netlink --dead-timeout 2 "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/reconnect-over.sock
wait_for attached
actor io --as opener "$DEVICE" read:1077248:12288
kill_server
start opener
wait_for has_ended opener 1
expect 1 0
fact dead '[0]'
fact dead_conn_timeout_seconds 2
fact disconnected true
diagnosis dead server-exited "$(recall server_pid)"
findings dead-connection no-owner peer-closed recv-task-gone
