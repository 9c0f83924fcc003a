# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The receiver's window is full, so a worker (without a scheduler the first writer itself) sleeps in
# sendmsg(), interruptibly, with tx_lock held. The rest is in the scheduler, or waits for tx_lock.

scene nbd34 "TCP server stopped; a write is on its way, others behind it"
actor server tcp4:127.0.0.1:10834
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 tcp4:127.0.0.1:10834
wait_for attached
# Never adjacent, or they become one.
actor io "$DEVICE" write:1048576:520192 write:1572864:520192 write:2097152:520192 write:2621440:520192 \
	write:3145728:520192 write:3670016:520192 write:4194304:520192 write:4718592:520192
late
stop_server
go io 8
wait_for some_inside nbd_queue_rq tcp_sendmsg
wait_for send_queue_rests 10834
fact sender_tid "$(stacks_with nbd_queue_rq tcp_sendmsg)"
expect 1 1
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(threads_in_d io)"
findings no-owner no-timeout peer-stopped stuck-requests
findings_to_come send-blocked
