# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# task_setup is the address of a task that has exited; a younger one is there now, which nbd takes for it.
# It even has the device open, as the other had: it has inherited that.

scene nbd60 "ioctl client and server are gone; a task that came later has its address, and the device open"
actor server unix:/run/setup-reused-inherited.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/setup-reused-inherited.sock
wait_for attached
address=$(task_address "$(recall client_pid)")
fact_text setup_task "$address"
late
# Whoever takes the address has inherited this.
exec 9<"/dev/$DEVICE"
kill_server
wait_for exited "$(recall client_pid)"
actor reuser "$address"
fact opener_pid "$(recall reuser_pid)"
exec 9<&-
fact_text attached_by ioctl
expect 1 0
fact dead '[0]'
diagnosis pinned opener-pins "$(recall opener_pid)"
attach set_sock do_it netlink
findings dead-connection no-owner peer-closed pinned-by-openers recv-task-gone stale-setup-task
