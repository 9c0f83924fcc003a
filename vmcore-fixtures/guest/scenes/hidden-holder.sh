# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A reference that no table shows: only the sleeping thread's kernel stack has it.

scene nbd28 "a thread sleeps in poll() on the client's socket, whose last fd another thread has closed"
actor server unix:/run/hidden-holder.sock
actor client-netlink --then poll "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/hidden-holder.sock
wait_for attached
expect 1 1
diagnosis idle none
findings hidden-holder no-timeout
