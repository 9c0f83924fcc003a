# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Well, but for netlink: who wants to attach or detach it waits for the other device.

scene nbd63 "healthy; the host's netlink is stopped by another device"
actor server unix:/run/bystander.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/bystander.sock
wait_for attached
expect 1 1
attach --last netlink
diagnosis idle none
findings no-owner no-timeout
