# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The scene that this one replaces, and then what a busy host has besides. The threads that receive hold references to the
# server's ends, the rings are not nbd's, but for two: a socket of nbd's is only in a ring whose maker lives, and
# another one only in a ring whose maker has exited.

# shellcheck source=/dev/null
. /fixture/scenes/field-case.sh.replaced
busy receivers "$(recall second_server_pid)" 4
busy rings 50

beside ring nbd102 "a socket is only in a ring"
actor server unix:/run/ring.sock
actor client-netlink --then ring "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/ring.sock
wait_for attached
expect 1 1
diagnosis idle none
findings no-timeout

beside makerless-ring nbd103 "a socket is only in a ring whose maker has exited"
actor server unix:/run/makerless-ring.sock
actor client-netlink --then two-processes "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/makerless-ring.sock
wait_for attached
busy ring-of "$(recall child_pid)" "$(recall socket_fd)"
kill -KILL "$(recall child_pid)" "$(recall client_pid)"
wait_for exited "$(recall child_pid)"
wait_for exited "$(recall client_pid)"
fact ring_keeper_pid "$(task_named ring-keeper)"
expect 1 1
diagnosis idle none
findings no-timeout
