# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# One cause, two devices.

scene nbd55 "two devices of one server that died: the first"
actor server unix:/run/two-of-one.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/two-of-one.sock
wait_for attached
server=$(recall server_pid)
first=$SCENE
beside two-of-one-2 nbd56 "two devices of one server that died: the second"
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/two-of-one.sock
wait_for attached
kill -KILL "$server"
for SCENE in "$SCENE" "$first"; do
	DEVICE=$(tr -d '"' <"$SCENE/device")
	wait_for kernel_says "Receive control failed"
	fact server_pid "$server"
	fact_text server_address /run/two-of-one.sock
	expect 1 0
	fact dead '[0]'
	diagnosis dead server-exited "$server"
	findings dead-connection no-owner no-timeout peer-closed recv-task-gone
done
