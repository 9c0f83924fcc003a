# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A name that must be escaped wherever it is printed: NUL, escape sequence.

scene nbd3 "healthy: abstract AF_UNIX name with control characters, four connections, client exited"
address='abstract:nbd\000four\033[31m'
actor server "$address"
each_received 4 actor client-netlink "$DEVICE" "$DEVICE_BYTES" 4 "$address"
expect 4 4
diagnosis idle none
findings no-owner
