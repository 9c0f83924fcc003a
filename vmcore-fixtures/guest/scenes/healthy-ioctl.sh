# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The plain case: real nbd-client, ioctl mode, alive; in the foreground, so that
# the task that has set the device up lives on.

. /fixture/real-server.sh

scene nbd0 "healthy: real nbd-client in ioctl mode, real nbd-server, AF_UNIX"
real_server_unix "/run/$DEVICE.sock"
/sbin/nbd-client -unix "/run/$DEVICE.sock" -N disk "/dev/$DEVICE" -nonetlink -nofork &
wait_for attached
fact client_pid "$(cat "/sys/block/$DEVICE/pid")"
fact_text attached_by ioctl
expect 1 1
diagnosis idle none
findings no-timeout setup-by-other-task
