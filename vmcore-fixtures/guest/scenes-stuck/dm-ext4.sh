# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# What has to be taken down: the file system, then the mapping, then nbd.

scene nbd36 "ext4 on dm-linear on nbd, and the server died"
serve_ext4 unix:/run/dm-ext4.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/dm-ext4.sock
wait_for attached
linear_over "$DEVICE" x-over
mount_ext4 "$MAPPED"
late
kill_server
# Whoever reads first gets EIO, and the device is done for.
if dd if="/dev/$MAPPED" of=/dev/null bs=4096 count=1 skip=1000; then
	exit 1
fi
expect 1 0
fact dead '[0]'
fact disconnected true
diagnosis dead server-exited "$(recall server_pid)"
findings dead-connection no-owner peer-closed recv-task-gone
