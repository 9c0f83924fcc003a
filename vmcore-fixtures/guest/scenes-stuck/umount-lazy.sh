# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The mount is out of sight, not gone.

scene nbd44 "ext4, unmounted with umount -l while a file is open"
serve_ext4 unix:/run/umount-lazy.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/umount-lazy.sock
wait_for attached
mount_ext4 "$DEVICE"
echo something >"$MOUNT/file"
exec 9<"$MOUNT/file"
sleep 1000000 &
fact keeper_pid $!
exec 9<&-
umount -l "$MOUNT"
fact unmounted_lazily true
expect 1 1
diagnosis idle none
findings no-owner no-timeout
findings_to_come detached-mount
