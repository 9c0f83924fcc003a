# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The vocabulary of scenes. A scene runs in a shell of its own, with set -eu:
# whatever fails ends it, and the fixture with it.

readonly PATIENCE_TICKS=600 # of 0.1 s: emulation is slow, but not that slow
export DEVICE_BYTES=8388608  # of every device

# wait_for CONDITION ARGUMENT…: until the command succeeds.
wait_for() {
	local ticks=0

	until "$@" >/dev/null 2>&1; do
		ticks=$((ticks + 1))
		if [ "$ticks" -gt "$PATIENCE_TICKS" ]; then
			echo "condition did not come: $*" >&2
			return 1
		fi
		sleep 0.1
	done
}

# fact KEY JSON-VALUE, fact_text KEY TEXT: TEXT without quotes and backslashes.
fact() {
	echo "$2" >"$SCENE/$1"
}

fact_text() {
	echo "\"$2\"" >"$SCENE/$1"
}

# recall KEY: a number that an actor has left.
recall() {
	cat "$SCENE/$1"
}

# scene DEVICE SUMMARY: names the device ($DEVICE) and what a report should see.
scene() {
	DEVICE=$1
	fact_text device "$1"
	fact_text summary "$2"
}

# expect CONNECTIONS LIVE: nbd_config's counters.
expect() {
	fact connections "$1"
	fact live_connections "$2"
}

# Conditions for wait_for.

attached() {
	[ -e "/sys/block/$DEVICE/pid" ] && [ "$(cat "/sys/block/$DEVICE/size")" -gt 0 ]
}

exited() {
	! [ -d "/proc/$1" ]
}

# kernel_says TEXT: about this scene's device.
kernel_says() {
	dmesg | grep -q "block $DEVICE: $1"
}

in_state() {
	grep -q "^State:[[:space:]]*$2" "/proc/$1/status"
}

reads_in_flight() {
	read -r reads _ <"/sys/block/$DEVICE/inflight" && [ "$reads" -gt 0 ]
}

listens_unix() {
	grep -q " 00010000 0001 01 .* $1\$" /proc/net/unix
}

listens_tcp() {
	grep -q ":$(printf %04X "$1") [0:]*0000 0A " /proc/net/tcp
}
