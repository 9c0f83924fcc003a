# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash

. /fixture/real-server.sh

scene nbd13 "healthy: real nbd-client over TCP, ioctl mode"
real_server_tcp 10813
/sbin/nbd-client 127.0.0.1 10813 -N disk "/dev/$DEVICE" -nonetlink
wait_for attached
fact client_pid "$(cat "/sys/block/$DEVICE/pid")"
expect 1 1
