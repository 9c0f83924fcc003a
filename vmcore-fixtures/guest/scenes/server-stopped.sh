# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A request that is never answered, and the killed process that waits for it.

scene nbd8 "server stopped with a request in flight; its reader is a zombie-led thread in state D"
actor server unix:/run/stopped.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/stopped.sock
wait_for attached
# The partition scan of the first open still needs the server.
actor reader "$DEVICE"
kill -STOP "$(recall server_pid)"
wait_for in_state "$(recall server_pid)" T
kill -USR1 "$(recall reader_pid)"
wait_for test -s "$SCENE/reader_tid"
wait_for reads_in_flight
wait_for in_state "$(recall reader_pid)/task/$(recall reader_tid)" D
wait_for in_state "$(recall reader_pid)" Z
expect 1 1
