# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The queue of CPU 0 is stuck, that of CPU 1 works.

scene nbd43 "two servers; one is stopped, and a send to it blocked"
attach_two() {
	[ ! -e "$SCENE/server_pid" ] || kill -KILL "$(recall server_pid)"
	actor server --children unix:/run/one-of-two.sock
	actor client-netlink "$DEVICE" "$DEVICE_BYTES" 2 unix:/run/one-of-two.sock
}
each_received 2 attach_two
# A scheduler would have the worker of one queue send what is for both.
echo none >"/sys/block/$DEVICE/queue/scheduler"
actor io --cpu "$(cpu_of 0)" "$DEVICE" write:1048576:520192
actor io --as other --cpu "$(cpu_of 1)" "$DEVICE" read:5242880:4096
late
stop_server server_child0_pid
start io
start other
wait_for has_ended other 1
# Without a scheduler the writer itself sends.
wait_for test -s "$SCENE/io_tid"
wait_for inside "$(recall io_tid)" nbd_queue_rq
wait_for states io S
fact sender_tid "$(recall io_tid)"
expect 2 2
diagnosis stuck server-stopped "$(recall server_child0_pid)"
in_d
findings no-owner peer-stopped stuck-requests
findings_to_come send-blocked
