# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# As a container has it: the file system is seen at a place of its own.

scene nbd45 "healthy: ext4, mounted, and bound to another place in another mount namespace"
serve_ext4 unix:/run/mount-namespace.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/mount-namespace.sock
wait_for attached
mount_ext4 "$DEVICE"
mkdir -p /mnt/pod
# The namespace is a copy of ours: other scenes' mounts must not live on in it.
# shellcheck disable=SC2016 # the shell in the namespace expands this
unshare -m sh -euc 'mount --bind "$MOUNT" /mnt/pod
	for other in $(awk -v ours="$MOUNT" "\$2 ~ \"^/mnt/\" && \$2 != ours && \$2 != \"/mnt/pod\" { print \$2 }" /proc/mounts); do
		umount -l "$other"
	done
	echo $$ >"$SCENE/pod_pid"
	exec sleep 1000000' &
wait_for test -s "$SCENE/pod_pid"
fact_text pod_mount_point /mnt/pod
expect 1 1
diagnosis idle none
findings no-owner no-timeout
