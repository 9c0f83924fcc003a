# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# All is well until the connection is lost: then there is nobody to connect to.

scene nbd49 "the listener died, its child still serves"
actor server --children unix:/run/listener-dead.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/listener-dead.sock
wait_for attached
wait_for test -e "$SCENE/server_child0_pid"
kill -KILL "$(recall server_pid)"
wait_for exited "$(recall server_pid)"
expect 1 1
diagnosis idle none
findings no-owner no-timeout
findings_to_come listener-exited
