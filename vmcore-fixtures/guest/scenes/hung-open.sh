# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# What happens to who opens a device whose server does not answer: the partition
# scan hangs. Nobody is an opener yet; later ones wait for the same lock.

scene nbd25 "not accepted, and somebody opens the device: hangs in the partition scan"
actor server --no-accept unix:/run/hung-open.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/hung-open.sock
wait_for attached
late
opened=$(awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime)
actor attempt "$DEVICE" set_sock
wait_for in_state "$(recall attempt_set_sock_pid)" D
# The scan's own read.
fact requests "[{\"op\":\"READ\",\"sector\":0,\"bytes\":4096,\"issued_monotonic_ns\":$opened}]"
attach --last do_it netlink
expect 1 1
diagnosis stuck not-accepted "$(recall server_pid)"
in_d "$(recall attempt_set_sock_pid)"
findings no-owner no-timeout peer-not-accepted
