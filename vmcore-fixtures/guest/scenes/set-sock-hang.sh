# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# NBD_SET_SOCK freezes the queue first, with nbd's config_lock held; the queue
# waits for the request, and everybody else for the lock. Since 7.3 it is refused before, and
# nobody hangs but who waits for the request.

scene nbd20 "NBD_SET_SOCK hangs in the freeze behind a request that is never answered"
actor server --mute unix:/run/set-sock-hang.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/set-sock-hang.sock
wait_for attached
actor io "$DEVICE" write:3162112:16384
late
go io
actor attempt "$DEVICE" set_sock
hanging=
if ! refuses_to_add; then
	hanging=$(recall attempt_set_sock_pid)
	wait_for in_state "$hanging" D
fi
# A netlink connect waits for that lock with genl_mutex held, and with it every other one of the host.
if [ "$PLAY" = netlink-hang ]; then
	attach --last do_it netlink
else
	attach --last do_it
fi
fact_text attached_by ioctl
expect 1 1
diagnosis stuck server-silent "$(recall server_pid)"
in_d "$(threads io)" "$hanging"
findings no-timeout setup-by-other-task
