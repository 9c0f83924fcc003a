# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The plain case of netlink: nobody but nbd holds the sockets, and all is well.

. /fixture/real-server.sh

scene nbd2 "healthy: real nbd-client in netlink mode, exited; two connections"
real_server_unix "/run/$DEVICE.sock"
each_received 2 /sbin/nbd-client -unix "/run/$DEVICE.sock" -N disk "/dev/$DEVICE" -C 2
expect 2 2
diagnosis idle none
findings no-owner
