# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd22 "timeout of 300 s, dead connection timeout of 600 s; a discard and a write in flight"
actor server --mute unix:/run/timeout-set.sock
actor client-netlink --timeout 300 --dead-timeout 600 --trim \
	"$DEVICE" "$DEVICE_BYTES" 1 unix:/run/timeout-set.sock
wait_for attached
actor io "$DEVICE" discard:5263360:40960 write:2101248:24576
late
go io 2
expect 1 1
fact timeout_seconds 300
fact dead_conn_timeout_seconds 600
diagnosis slow server-silent "$(recall server_pid)"
in_d "$(threads io)"
findings no-owner
