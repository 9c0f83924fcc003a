# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# As rbd-nbd does it.

scene nbd53 "healthy: an unnamed socketpair; the server is the client's child"
actor client-socketpair "$DEVICE"
wait_for attached
fact_text attached_by ioctl
expect 1 1
diagnosis idle none
findings no-timeout setup-by-other-task
