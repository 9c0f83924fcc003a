# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The server no longer takes requests on connection 0. nbd notices when it sends
# one, calls the connection dead and sends the request again on connection 1.

scene nbd21 "one of two connections dead; its request and another are in flight on the living one"
attach_two() {
	[ ! -e "$SCENE/server_pid" ] || kill -KILL "$(recall server_pid)"
	actor server --mute --children unix:/run/multi-dead.sock
	actor client-netlink "$DEVICE" "$DEVICE_BYTES" 2 unix:/run/multi-dead.sock
}
each_received 2 attach_two
actor io --cpu "$(cpu_of 0)" "$DEVICE" read:4218880:20480
actor io --as writer --cpu "$(cpu_of 1)" "$DEVICE" write:1576960:4096
late
kill -USR1 "$(recall server_child0_pid)"
wait_for test -e "$SCENE/server_child0_shut"
go io
wait_for kernel_says "Request send failed, requeueing"
kill -KILL "$(recall server_child0_pid)"
wait_for exited "$(recall server_child0_pid)"
go writer
expect 2 1
fact dead '[0]'
fact requests_connection 1
diagnosis slow server-silent "$(recall server_child1_pid)"
in_d "$(threads io)" "$(threads writer)"
findings dead-connection no-owner peer-closed
