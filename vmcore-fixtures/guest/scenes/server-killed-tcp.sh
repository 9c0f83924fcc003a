# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The link has died, nobody has noticed: no request is there to fail.

scene nbd7 "server killed while the device is open"
actor server tcp4:127.0.0.1:10807
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 tcp4:127.0.0.1:10807
wait_for attached
actor opener "$DEVICE"
kill -KILL "$(recall server_pid)"
wait_for kernel_says "Receive control failed"
expect 1 0
diagnosis dead server-exited "$(recall server_pid)"
findings dead-connection no-owner no-timeout peer-closed recv-task-gone
