# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# task_setup is the address of a task that has exited; a younger one is there now, which nbd takes for it.

scene nbd59 "ioctl client and server are gone; a task that came later has its address"
play_once() {
	actor server unix:/run/setup-reused.sock || return 1
	actor client-ioctl --name nbd-client "$DEVICE" unix:/run/setup-reused.sock || return 1
	wait_for attached || return 1
	address=$(task_address "$(recall client_pid)")
	actor opener --name qemu-kvm "$DEVICE" || return 1
	kill -KILL "$(recall server_pid)"
	wait_for exited "$(recall client_pid)" || return 1
	actor reuser "$address"
}
# The address may have gone to a task of somebody else that stays: then all of it once more.
until play_once; do
	kill -KILL "$(recall opener_pid)"
	wait_for detached
done
fact_text setup_task "$address"
fact_text attached_by ioctl
expect 1 0
fact dead '[0]'
diagnosis pinned opener-pins "$(recall opener_pid)"
attach set_sock do_it netlink
findings dead-connection no-owner no-timeout peer-closed pinned-by-openers recv-task-gone stale-setup-task
