# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The vocabulary of scenes. A scene runs in a shell of its own, with set -eu:
# whatever fails ends it, and the fixture with it.

readonly PATIENCE_TICKS=300 # of 0.5 s: emulation is slow, but not that slow
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
		# Many scenes that ask all the time would leave a slow machine no time for what they wait for.
		if [ "$ticks" -le 20 ]; then
			sleep 0.1
		else
			sleep 0.5
		fi
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
	fact tasks_in_d '[]'
	fact tasks_in_d_apart '[]'
}

# beside NAME DEVICE SUMMARY: from here on it is about another scene, of which
# there is no file: a second device of the same play.
beside() {
	SCENE=${SCENE%/*}/$1
	mkdir "$SCENE"
	shift
	scene "$@"
	: >"$SCENE/.played"
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

# diagnosis STATE CAUSE [PID…]: what a report says of the device in one line, in
# the words of README.md, and the processes that it has to name with it.
diagnosis() {
	fact_text state "$1"
	fact_text cause "$2"
	shift 2
	fact cause_pids "$(json_numbers "$@")"
}

# findings_to_come ID…: what a report says as soon as it knows these identifiers.
findings_to_come() {
	fact findings_to_come "$(json_strings "$@")"
}

# in_d [TID…]: tasks in D that this device explains. in_d_apart TID…: tasks of the
# scene in D for a reason that is not the device's.
in_d() {
	fact tasks_in_d "$(json_numbers "$@")"
}

in_d_apart() {
	fact tasks_in_d_apart "$(json_numbers "$@")"
}

json_numbers() {
	# shellcheck disable=SC2048,SC2086 # words are numbers
	[ -z "$*" ] || printf '%s\n' $* | sort -nu | paste -s -d , | sed 's/.*/[&]/'
	[ -n "$*" ] || echo '[]'
}

# threads AS: those of actor io that make its requests.
threads() {
	recall "$1_tids" | tr -c 0-9 ' '
}

# threads_in_d AS: those of them that are in D.
threads_in_d() {
	local tid

	for tid in $(threads "$1"); do
		! in_state "$tid" D || echo "$tid"
	done
}

# task_named COMM: its pid.
task_named() {
	grep -lx "$1" /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3
}

# stacks_with FUNCTION…: the tasks that have each of these on their kernel stack. The
# kernel leaves out what waits for all: schedule(), mutexes, rwsems.
stacks_with() {
	local files function

	files=$(echo /proc/[0-9]*/task/[0-9]*/stack)
	for function; do
		# shellcheck disable=SC2086 # files
		files=$(grep -l " $function+" $files /dev/null 2>/dev/null)
	done
	echo "$files" | sed -n 's|.*/\([0-9]*\)/stack|\1|p'
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

# cpu_of INDEX: whose requests are sent on that connection. Since 7.2 the first CPU is not the first one's any more.
cpu_of() {
	sed 's/[^0-9].*//' "/sys/block/$DEVICE/mq/$1/cpu_list"
}

# refuses_to_add: this kernel's NBD_SET_SOCK adds no connection to a device that was started (7.3 and later). Its module
# has the message.
refuses_to_add() {
	grep -q "Cannot add socket to a running device" "/lib/modules/$(uname -r)/kernel/drivers/block/nbd.ko"
}

# start AS: actor io makes its requests, and nobody waits for them.
start() {
	kill -USR1 "$(recall "$1_pid")"
}

# stop_server [FACT]: its process, stopped for good.
stop_server() {
	kill -STOP "$(recall "${1:-server_pid}")"
	wait_for in_state "$(recall "${1:-server_pid}")" T
}

# kill_server: nbd notices at once.
kill_server() {
	kill -KILL "$(recall server_pid)"
	wait_for kernel_says "Receive control failed"
}

# partitioned FILE: an image with one Linux partition, from logical block 2048 on,
# 4096 long.
partitioned() {
	truncate -s "$DEVICE_BYTES" "$1"
	printf '\000\000\000\000\203\000\000\000\000\010\000\000\000\020\000\000' |
		dd of="$1" bs=1 seek=446 conv=notrunc
	printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc
}

# serve_ext4 ADDRESS: a server of an ext4 file system of this scene's own.
serve_ext4() {
	cp /fixture/mounted.ext4 "/run/$DEVICE.ext4"
	actor server --file "/run/$DEVICE.ext4" "$1"
}

# mount_ext4 DEVICE: on /mnt/$DEVICE, which is $MOUNT.
mount_ext4() {
	export MOUNT="/mnt/$1"
	mkdir -p "$MOUNT"
	mount -t ext4 "/dev/$1" "$MOUNT"
	fact_text mount_point "$MOUNT"
}

# linear_over DEVICE NAME: a dm-linear device on top; its dm-N is $MAPPED.
linear_over() {
	/sbin/modprobe -C /dev/null dm_mod
	/sbin/dmsetup create "$2" --noudevsync --noudevrules \
		--table "0 $((DEVICE_BYTES / 512)) linear /dev/$1 0"
	MAPPED=$(ls "/sys/block/$1/holders")
	fact_text holder "$MAPPED"
	fact_text holder_name "$2"
}

# new_tasks: "PID ADDRESS" of each task's task_struct. main.sh has the kernel's tracing write
# both down, first the address.
new_tasks() {
	awk '/ new_task: / { who = $1; sub(/.*task=/, ""); address[who] = $0 }
	     / sched_wakeup_new: / { who = $1; sub(/.* pid=/, ""); print $1, address[who] }' \
		/sys/kernel/tracing/trace
}

# task_address PID
task_address() {
	new_tasks | awk -v pid="$1" '$1 == pid { address = $2 } END { print address }'
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

# Without a scheduler (Debian's 6.12 has none for nbd) whoever asks runs nbd_queue_rq():
# who sends sleeps, but not in D.
all_in_flight() {
	local tid count=0

	for tid in $(recall "$1_tids" | grep -o '[0-9]*'); do
		in_state "$(recall "$1_pid")/task/$tid" D || inside "$tid" nbd_queue_rq || return 1
		count=$((count + 1))
	done
	[ "$count" -ge "$2" ]
}

started() {
	[ -e "/sys/block/$DEVICE/pid" ]
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

# states AS LETTERS: of the threads of actor io, sorted.
states() {
	local tid found=''

	found=$(for tid in $(threads "$1"); do
		sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$(recall "$1_pid")/task/$tid/status"
	done | sort | tr -d '\n')
	[ "$found" = "$2" ]
}

# has_ended AS COUNT: so many requests of actor io.
has_ended() {
	[ "$(recall "$1_ended")" = "$2" ]
}

# inside PID FUNCTION
inside() {
	grep -q " $2+" "/proc/$1/stack"
}

# some_inside FUNCTION…: at least one task, in all of these.
some_inside() {
	[ -n "$(stacks_with "$@")" ]
}

# has_request: nbd has started one, with tx_lock held, and it is not over.
has_request() {
	grep -q . "/sys/kernel/debug/block/$DEVICE"/hctx*/busy
}

# send_queue_rests PORT: has something and neither grows nor shrinks.
send_queue_rests() {
	local before

	before=$(send_queue "$1")
	sleep 1
	[ -n "$before" ] && [ "$before" != 00000000 ] && [ "$before" = "$(send_queue "$1")" ]
}

send_queue() {
	awk -v port=":$(printf %04X "$1")" '$3 ~ port "$" { print substr($5, 1, 8) }' /proc/net/tcp
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
