# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The scene that this one replaces, and besides all other devices, each attached over netlink with 16 connections, by a server for
# 16 devices. They are no scenes: nothing is expected of them.

readonly DEVICES=128 CONNECTIONS=16 DEVICES_OF_A_SERVER=16
# For the crowd.
echo 4194304 >/proc/sys/kernel/pid_max
echo 4194304 >/proc/sys/kernel/threads-max

# shellcheck source=/dev/null
. /fixture/scenes/field-case.sh.replaced

attach_others() {
	local number=0 address

	SCENE=/run/others
	mkdir "$SCENE"
	while [ "$number" -lt "$DEVICES" ]; do
		if [ $((number % DEVICES_OF_A_SERVER)) = 0 ]; then
			address=unix:/run/others-$number.sock
			actor server --nofile 1024 "$address"
		fi
		[ "nbd$number" = nbd101 ] ||
			actor client-netlink "nbd$number" "$DEVICE_BYTES" "$CONNECTIONS" "$address"
		number=$((number + 1))
	done
}
(attach_others)
