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

# findings [ID…]: exactly what a report says about this device. Derived from the
# table of identifiers and from what the scene is, never from a report.
# findings_maybe ID…: what it may say or not.
findings() {
	fact findings "$(json_strings "$@")"
}

findings_maybe() {
	fact findings_maybe "$(json_strings "$@")"
}

json_strings() {
	[ $# = 0 ] || printf '"%s"\n' "$@" | sort | paste -s -d , | sed 's/.*/[&]/'
	[ $# != 0 ] || echo '[]'
}

# attach [--last] [WAY…]: the ways to attach that are tried before the crash;
# without this word all of them. --last: once no other scene is tried any more.
attach() {
	echo "$*" >"$SCENE/.attach"
}

# absent REASON: this kernel cannot play the scene.
absent() {
	fact_text absent "$1"
	exit 0
}

# late: what follows is played when all scenes have come as far. Whoever puts
# requests in flight does it here, so that they are young at the crash.
late() {
	mkfifo "$SCENE/.late"
	read -r _ <"$SCENE/.late" || : # comes to its end
}

# go AS [COUNT]: actor io makes its requests, and waits for them.
go() {
	kill -USR1 "$(recall "$1_pid")"
	wait_for all_in_flight "$1" "${2:-1}"
}

# each_received COUNT COMMAND…: attaches with COUNT connections until each is being
# read. While the kernel is short of workers, nbd's rescuer thread takes all
# receivers of a device for itself and never gets beyond the first.
each_received() {
	local count=$1 tries=0

	shift
	until "$@" && wait_for attached && receivers "$count"; do
		tries=$((tries + 1))
		[ "$tries" -lt 20 ] || return 1
		actor disconnect "$DEVICE"
		wait_for detached
	done
}

receivers() {
	local ticks=0

	until [ "$(grep -lE "\+k?$DEVICE-recv\$" /proc/[0-9]*/comm 2>/dev/null | wc -l)" -ge "$1" ]; do
		ticks=$((ticks + 1))
		[ "$ticks" -le 20 ] || return 1
		sleep 0.1
	done
}

# Conditions for wait_for.

all_in_flight() {
	local tid count=0

	for tid in $(recall "$1_tids" | grep -o '[0-9]*'); do
		in_state "$(recall "$1_pid")/task/$tid" D || return 1
		count=$((count + 1))
	done
	[ "$count" -ge "$2" ]
}

attached() {
	[ -e "/sys/block/$DEVICE/pid" ] && [ "$(cat "/sys/block/$DEVICE/size")" -gt 0 ]
}

detached() {
	[ ! -e "/sys/block/$DEVICE/pid" ]
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

listens_unix() {
	grep -q " 00010000 0001 01 .* $1\$" /proc/net/unix
}

listens_tcp() {
	grep -q ":$(printf %04X "$1") [0:]*0000 0A " /proc/net/tcp
}
