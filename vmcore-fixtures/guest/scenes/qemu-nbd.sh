# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Client and server are one process: both ends of the socket have the same owner.

scene nbd14 "healthy: real qemu-nbd, client and server in one process"
truncate -s "$DEVICE_BYTES" /run/qemu-nbd.raw
qemu-nbd --fork --pid-file=/run/qemu-nbd.pid --format=raw "--connect=/dev/$DEVICE" /run/qemu-nbd.raw
wait_for attached
fact server_pid "$(cat /run/qemu-nbd.pid)"
fact client_pid "$(cat "/sys/block/$DEVICE/pid")"
fact_text attached_by ioctl
expect 1 1
diagnosis idle none
findings no-timeout setup-by-other-task
