# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# NBD_CLEAR_SOCK takes netlink's reference to the config; an opener keeps it.

scene nbd65 "netlink client; NBD_CLEAR_SOCK by another process: nbd has shut the sockets down, the server lives"
actor server unix:/run/clear-sock.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/clear-sock.sock
wait_for attached
actor opener --name qemu-kvm "$DEVICE"
actor ioctl "$DEVICE" clear_sock
wait_for kernel_says "shutting down sockets"
expect 1 0
fact dead '[0]'
fact disconnected true
fact sockets_cleared true
diagnosis pinned opener-pins "$(recall opener_pid)"
findings dead-connection no-owner peer-closed pinned-by-openers recv-task-gone
