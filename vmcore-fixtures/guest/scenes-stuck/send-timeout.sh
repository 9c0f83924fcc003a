# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The server was stopped all along; what it took to be dead was the connection.

scene nbd47 "timeout of 3 s; a stopped server let a send time out: all is dead, but the server is only stopped"
actor server unix:/run/send-timeout.sock
actor client-netlink --timeout 3 "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/send-timeout.sock
wait_for attached
actor io --as opener "$DEVICE" write:1048576:520192 write:2097152:520192
late
stop_server
start opener
wait_for has_ended opener 2
expect 1 0
fact dead '[0]'
fact disconnected true
fact timeout_seconds 3
diagnosis dead server-stopped "$(recall server_pid)"
findings dead-connection no-owner peer-stopped recv-task-gone
findings_to_come send-timed-out
