# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# As a pod has it. Its port is one that another server of the host uses as well.

scene nbd52 "healthy: server in a pid and network namespace"
# The first process of the pid namespace must stay.
# shellcheck disable=SC2016 # the shell in the namespaces expands this
unshare -n -p -f sh -euc 'ip link set lo up
	actor server --name pod-server tcp4:127.0.0.1:10852
	: >"$SCENE/.up"
	exec sleep 1000000' &
wait_for test -e "$SCENE/.up"
# In its own namespace it has another pid.
fact server_pid "$(task_named pod-server)"
actor server --as decoy tcp4:127.0.0.1:10852
actor client-netlink --netns "$(recall server_pid)" "$DEVICE" "$DEVICE_BYTES" 1 tcp4:127.0.0.1:10852
wait_for attached
expect 1 1
diagnosis idle none
findings no-owner no-timeout
