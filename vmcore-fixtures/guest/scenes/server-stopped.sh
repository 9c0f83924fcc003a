# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A request that is never answered, and the killed process that waits for it.

scene nbd8 "server stopped with a request in flight; its reader is a zombie-led thread in state D"
actor server unix:/run/stopped.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/stopped.sock
wait_for attached
# The partition scan of the first open still needs the server.
actor io --as reader --zombie "$DEVICE" read:1060864:12288
late
kill -STOP "$(recall server_pid)"
wait_for in_state "$(recall server_pid)" T
go reader
wait_for in_state "$(recall reader_pid)" Z
expect 1 1
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(threads reader)"
findings no-owner no-timeout peer-stopped
