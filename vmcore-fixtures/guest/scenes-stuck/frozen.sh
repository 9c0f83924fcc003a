# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The writer waits for a thaw: the device has nothing to do with it.

scene nbd58 "ext4 frozen with fsfreeze; a writer waits for that, nbd is well"
serve_ext4 unix:/run/frozen.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/frozen.sock
wait_for attached
mount_ext4 "$DEVICE"
fsfreeze --freeze "$MOUNT"
mkdir "$MOUNT/directory" &
fact writer_pid $!
wait_for in_state "$(recall writer_pid)" D
expect 1 1
diagnosis idle none
in_d_apart "$(recall writer_pid)"
findings no-owner no-timeout
findings_to_come frozen-filesystem
