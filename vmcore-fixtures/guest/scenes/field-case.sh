# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The case the project exists for (1311 connections, 1310 live, flags 12): the
# server died, somebody kept the device open, the client came back 1310 times.

scene nbd101 "leaked connections, dangling task_setup, pinned by an opener"
! refuses_to_add || absent "NBD_SET_SOCK is refused on a device that was started"
# A crowd's tenth has a tenth of the connections.
again=$((1311 * ${CROWD:-2000} / 2000 - 5))
sockets=/export/jcloud-zbs/sock
address=unix:$sockets/gMgr-_vol-pw2h3n703v_i-kjmcfy5lto-_nbd101
other=unix:$sockets/gMgr-_vol-8k1x0r5tqe_i-kjmcfy5lto-_nbd101
mkdir -p "$sockets"

actor server --as first_server --name gMgr "$address"
actor client-reattaching --name nbd-client "$DEVICE" "$address" "$again" "$other" 4
wait_for attached
actor opener --name qemu-kvm --fork "$DEVICE"
actor pin "$(recall client_pid)"

# The kernel closes what a task opened last first: the client is told before the
# listener is gone, and must not find it.
rm "${address#unix:}"
kill -KILL "$(recall first_server_pid)"
wait_for exited "$(recall first_server_pid)"
actor server --as second_server --name gMgr --nofile 1024 "$address"
actor server --as other_server --name gMgr "$other"
wait_for exited "$(recall client_pid)"

expect "$((again + 5))" "$((again + 4))"
fact dead '[0]'
fact runtime_flags 12
diagnosis pinned opener-pins "$(recall opener_pid)" "$(recall opener_child_pid)"
# 1311 connections: a lost reply is not the one connection's; server 2 and its
# backlog make both kinds of peer.
findings dead-connection leaked-connections no-owner peer-closed peer-not-accepted \
	pinned-by-openers recv-task-gone stale-setup-task
