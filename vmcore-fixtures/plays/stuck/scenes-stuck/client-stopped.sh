# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A signal ends NBD_DO_IT, SIGSTOP as any other: nbd shuts the sockets down, and the server closes its end.

scene nbd64 "ioctl client stopped with SIGSTOP: nbd has shut the sockets down, the server lives"
actor server unix:/run/client-stopped.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/client-stopped.sock
wait_for attached
kill -STOP "$(recall client_pid)"
wait_for in_state "$(recall client_pid)" T
wait_for kernel_says "shutting down sockets"
fact_text attached_by ioctl
expect 1 0
fact dead '[0]'
fact disconnected true
diagnosis pinned opener-pins "$(recall client_pid)"
findings dead-connection peer-closed pinned-by-openers recv-task-gone setup-by-other-task
