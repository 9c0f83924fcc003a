# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd4 "healthy: TCP over IPv4, netlink, client exited"
actor server tcp4:127.0.0.1:10804
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 tcp4:127.0.0.1:10804
wait_for attached
expect 1 1
diagnosis idle none
findings no-owner no-timeout
