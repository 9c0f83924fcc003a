# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Attached and connected, and of no use: every read is beyond the end.

scene nbd51 "attached with size 0"
actor server unix:/run/size-zero.sock
actor client-netlink "$DEVICE" 0 1 unix:/run/size-zero.sock
wait_for started
expect 1 1
diagnosis idle size-zero
findings no-owner no-timeout
findings_to_come size-zero
