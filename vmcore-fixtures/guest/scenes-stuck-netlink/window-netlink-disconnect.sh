# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Whoever disconnects now waits for tx_lock, in D, with config_lock and genl_mutex held: the whole host's
# generic netlink is stopped. So this is a play of its own.

scene nbd62 "a send blocked by a stopped server, then NBD_CMD_DISCONNECT, which hangs"
actor server unix:/run/window-netlink.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/window-netlink.sock
wait_for attached
actor io "$DEVICE" write:1048576:520192 write:2097152:520192
late
stop_server
go io 2
wait_for has_request
actor disconnect "$DEVICE" &
fact disconnecter_pid $!
wait_for inside "$(recall disconnecter_pid)" 'nbd_genl_disconnect.*'
wait_for in_state "$(recall disconnecter_pid)" D
expect 1 1
fact disconnect_requested true
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(threads_in_d io)" "$(recall disconnecter_pid)"
findings no-owner no-timeout peer-stopped stuck-requests
findings_to_come netlink-stopped send-blocked
