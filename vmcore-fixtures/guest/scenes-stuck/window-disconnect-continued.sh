# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# For a while netlink is stopped for the whole host; then the server goes on, and all is over but for the opener.

scene nbd41 "a send blocked by a stopped server, NBD_CMD_DISCONNECT hangs; the server is continued; an opener is left"
actor server unix:/run/window-continued.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/window-continued.sock
wait_for attached
actor io --as opener --name qemu-kvm "$DEVICE" write:1048576:520192 write:2097152:520192
late
stop_server
go opener 2
wait_for has_request
actor disconnect "$DEVICE" &
disconnecter=$!
wait_for inside "$disconnecter" 'nbd_genl_disconnect.*'
wait_for in_state "$disconnecter" D
kill -CONT "$(recall server_pid)"
wait_for exited "$disconnecter"
wait_for has_ended opener 2
expect 1 0
fact dead '[0]'
fact netlink_disconnected true
diagnosis pinned opener-pins "$(recall opener_pid)"
findings dead-connection no-owner peer-closed pinned-by-openers recv-task-gone
