# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd5 "healthy: TCP over IPv6, netlink, client exited"
actor server tcp6:::1:10805
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 tcp6:::1:10805
wait_for attached
expect 1 1
diagnosis idle none
findings no-owner no-timeout
