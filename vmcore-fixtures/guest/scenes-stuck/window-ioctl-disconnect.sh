# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The disconnect has to send, too, and waits for tx_lock: in D, with config_lock held.

scene nbd40 "a send blocked by a stopped server, then NBD_DISCONNECT, which hangs"
actor server unix:/run/window-ioctl.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/window-ioctl.sock
wait_for attached
actor io "$DEVICE" write:1048576:520192 write:2097152:520192
late
stop_server
go io 2
wait_for has_request
actor ioctl --as disconnecter "$DEVICE" disconnect
wait_for inside "$(recall disconnecter_pid)" 'nbd_ioctl.*'
wait_for in_state "$(recall disconnecter_pid)" D
fact_text attached_by ioctl
expect 1 1
fact disconnect_requested true
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(threads_in_d io)" "$(recall disconnecter_pid)"
findings no-timeout peer-stopped setup-by-other-task stuck-requests
findings_to_come send-blocked
