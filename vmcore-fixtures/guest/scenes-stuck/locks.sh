# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# One task waits for the device, with a directory locked; three wait for that lock. The journal waits, too.

scene nbd38 "ext4, server stopped: the journal and a task wait for I/O, three wait for that task's lock"
serve_ext4 unix:/run/locks.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/locks.sock
wait_for attached
mount_ext4 "$DEVICE"
late
echo before >"$MOUNT/file"
stop_server
dd if=/dev/zero of="$MOUNT/file" bs=100 count=1 conv=notrunc,fsync &
syncer=$!
wait_for in_state "$syncer" D
wait_for in_state "$(task_named "jbd2/$DEVICE-8")" D
# Of this directory nobody has read a block: who looks for a name waits, and has it locked.
mkdir "$MOUNT/lost+found/one" &
owner=$!
wait_for in_state "$owner" D
fact lock_owner_pid "$owner"
waiters=''
for name in two three four; do
	mkdir "$MOUNT/lost+found/$name" &
	waiters="$waiters $!"
	wait_for in_state $! D
	wait_for inside $! filename_create
done
fact lock_waiter_pids "$(json_numbers "$waiters")"
expect 1 1
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$syncer" "$(task_named "jbd2/$DEVICE-8")" "$owner" "$waiters"
findings no-owner no-timeout peer-stopped stuck-requests
