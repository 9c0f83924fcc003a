# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A server that dies between a request and its reply: nobody reads that connection any more, and
# without a timeout nobody gives the request up. NBD_SET_SOCK freezes the queue and waits for it.

scene nbd30 "ioctl client: the server died with a write in flight, just now"
actor server --mute unix:/run/lost-write.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/lost-write.sock
wait_for attached
actor io --as writer "$DEVICE" write:3162112:16384
actor pin "$(recall client_pid)"
late
go writer
kill -KILL "$(recall server_pid)"
wait_for kernel_says "Receive control failed"
wait_for exited "$(recall client_pid)"
attach set_sock
fact_text attached_by ioctl
expect 1 0
fact dead '[0]'
diagnosis dead server-exited "$(recall server_pid)"
in_d "$(threads writer)"
findings dead-connection no-owner no-timeout peer-closed pinned-by-openers recv-task-gone stale-setup-task
