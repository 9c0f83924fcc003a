# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# nbd-client has gone to the background: the task that called NBD_SET_SOCK is its
# parent, which has exited. Pinned, for else task_setup would by chance point at
# whichever task has got its address.

. /fixture/real-server.sh

scene nbd13 "healthy: real nbd-client over TCP, ioctl mode"
real_server_tcp 10813
actor run-pinned /sbin/nbd-client 127.0.0.1 10813 -N disk "/dev/$DEVICE" -nonetlink
wait_for attached
fact client_pid "$(cat "/sys/block/$DEVICE/pid")"
fact_text attached_by ioctl
expect 1 1
diagnosis idle none
findings no-timeout
findings_maybe stale-setup-task
