# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The engineer's own test. The requests are not given up when the connection dies:
# that is left to a timeout, and there is none.

scene nbd23 "server and qemu-like opener killed: a zombie leader, threads in D, nothing live"
actor server unix:/run/engineers-test.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/engineers-test.sock
wait_for attached
actor io --as opener --name qemu-kvm "$DEVICE" read:1146880:36864 write:6316032:8192 flush
late
kill -STOP "$(recall server_pid)"
wait_for in_state "$(recall server_pid)" T
go opener 3
kill -KILL "$(recall opener_pid)"
wait_for in_state "$(recall opener_pid)" Z
kill -KILL "$(recall server_pid)"
wait_for kernel_says "Receive control failed"
expect 1 0
fact dead '[0]'
diagnosis dead server-exited "$(recall server_pid)"
in_d "$(threads opener)"
findings dead-connection no-owner no-timeout peer-closed recv-task-gone
