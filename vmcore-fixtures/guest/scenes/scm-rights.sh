# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
scene nbd10 "the socket's other reference is in flight in an SCM_RIGHTS message; no fd of it exists"
actor server unix:/run/scm-rights.sock
actor client-netlink --then message "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/scm-rights.sock
wait_for attached
expect 1 1
diagnosis idle none
findings no-timeout
