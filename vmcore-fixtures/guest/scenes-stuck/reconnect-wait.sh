# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The request has been handed to nbd, which has not started it: it waits for NBD_CMD_RECONFIGURE.

scene nbd32 "the server died; a read waits for a new connection, and has minutes left"
actor server unix:/run/reconnect-wait.sock
actor client-netlink --dead-timeout 600 "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/reconnect-wait.sock
wait_for attached
actor io "$DEVICE" read:1077248:12288
late
kill_server
go io
# Of the workers inside nbd_queue_rq() the other scenes' sleep in a send: not in D. Without a scheduler the
# reader itself is there.
waiting_workers() {
	local tid

	! inside "$(recall io_tid)" nbd_queue_rq || recall io_tid
	for tid in $(stacks_with nbd_queue_rq worker_thread); do
		! in_state "$tid" D || echo "$tid"
	done
}
a_worker_waits() {
	[ -n "$(waiting_workers)" ]
}
wait_for a_worker_waits
expect 1 0
fact dead '[0]'
fact dead_conn_timeout_seconds 600
diagnosis stuck reconnect-wait "$(recall server_pid)"
in_d "$(threads io)" "$(waiting_workers)"
findings dead-connection no-owner no-timeout peer-closed recv-task-gone
