# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# nbd has given the connection up, and so the server has closed it; it lives. Only the kernel's log says why.

scene nbd48 "a server answered a read with something that is no answer"
actor server --garbage unix:/run/garbage.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/garbage.sock
wait_for attached
actor io "$DEVICE" read:2142208:8192
late
go io
wait_for kernel_says "Unexpected reply\|Wrong magic"
expect 1 0
fact dead '[0]'
diagnosis dead server-garbage "$(recall server_pid)"
in_d "$(threads io)"
findings dead-connection no-owner no-timeout peer-closed recv-task-gone stuck-requests
findings_to_come bad-reply
