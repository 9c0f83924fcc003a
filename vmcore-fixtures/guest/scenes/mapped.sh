# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# An opener without an fd, a mount or a stacked device: the mapping holds the open file.

scene nbd29 "a process has the device mapped and its fd closed"
actor server unix:/run/mapped.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/mapped.sock
wait_for attached
actor opener --map "$DEVICE"
expect 1 1
diagnosis idle none
findings no-owner no-timeout unaccounted-opener
