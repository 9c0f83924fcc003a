# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Connected as far as the kernel is concerned. Opening the device would hang in
# the partition scan, so nobody does.

scene nbd9 "connected, but the server never accepts"
actor server --no-accept unix:/run/not-accepted.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/not-accepted.sock
wait_for attached
expect 1 1
attach netlink
diagnosis idle not-accepted "$(recall server_pid)"
findings no-owner no-timeout peer-not-accepted
