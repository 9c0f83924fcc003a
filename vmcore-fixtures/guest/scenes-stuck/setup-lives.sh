# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# task_setup is who it seems to be.

scene nbd61 "ioctl client: the server is gone; the client lives and keeps the device open, another has it open, too"
actor server unix:/run/setup-lives.sock
actor client-ioctl --stay --name nbd-client "$DEVICE" unix:/run/setup-lives.sock
wait_for attached
fact_text setup_task "$(task_address "$(recall client_pid)")"
actor opener --name qemu-kvm "$DEVICE"
kill_server
fact_text attached_by ioctl
expect 1 0
fact dead '[0]'
diagnosis pinned opener-pins "$(recall client_pid)" "$(recall opener_pid)"
attach set_sock do_it netlink
findings dead-connection no-timeout peer-closed pinned-by-openers recv-task-gone setup-by-other-task
