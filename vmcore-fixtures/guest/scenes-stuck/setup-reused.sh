# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# task_setup is the address of a task that has exited; a younger one is there now, which nbd takes for it.

scene nbd59 "ioctl client and server are gone; a task that came later has its address"
actor server unix:/run/setup-reused.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/setup-reused.sock
wait_for attached
address=$(task_address "$(recall client_pid)")
fact_text setup_task "$address"
actor opener --name qemu-kvm "$DEVICE"
late
kill_server
wait_for exited "$(recall client_pid)"
actor reuser "$address"
fact_text attached_by ioctl
expect 1 0
fact dead '[0]'
diagnosis pinned opener-pins "$(recall opener_pid)"
attach set_sock do_it netlink
findings dead-connection no-owner peer-closed pinned-by-openers recv-task-gone stale-setup-task
