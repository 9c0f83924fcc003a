#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the guest: nbd devices come and go in loops while crash looks at the running kernel.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin

readonly RUNS=200
readonly DEVICES="0 1 2 3 4 5"

report() {
	echo "live: $*" >/dev/console
}

give_up() {
	report "FAILED: $*"
	poweroff -f
}

serve() {
	truncate -s 8M /run/disk
	printf '[generic]\nallowlist = true\nunixsock = /run/unix.sock\n[disk]\nexportname = /run/disk\n' >/run/unix.conf
	printf '[generic]\nallowlist = true\nlistenaddr = 127.0.0.1\nport = 10809\n[disk]\nexportname = /run/disk\n' >/run/tcp.conf
	/bin/nbd-server -C /run/unix.conf -p /run/unix.pid
	/bin/nbd-server -C /run/tcp.conf -p /run/tcp.pid
}

# crash needs minutes to start where a CPU is emulated, and all of it.
wait_for_crash() {
	until [ -e /run/started ]; do
		sleep 0.2
	done
}

# come_and_go N CLIENT-ARGUMENT...: attaches nbdN, reads from it, detaches it, for ever; counts.
come_and_go() {
	local device=/dev/nbd$1 count=/run/attached-$1
	shift

	wait_for_crash
	while :; do
		nbd-client "$@" -N disk "$device" || continue
		dd if="$device" of=/dev/null bs=64k count=4
		nbd-client -d "$device"
		echo >>"$count"
	done >/dev/null 2>&1
}

mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mkdir -p /var/lock
ip link set lo up
/sbin/modprobe -C /dev/null nbd nbds_max=16 || give_up "cannot load nbd"
serve
for n in $DEVICES; do
	case $n in
	[012]) come_and_go "$n" -unix /run/unix.sock & ;;
	3) come_and_go "$n" -unix /run/unix.sock -C 4 & ;;
	*) come_and_go "$n" 127.0.0.1 10809 & ;;
	esac
done
# Tasks come and go, too.
{
	wait_for_crash
	while sleep 0.1; do
		cat /proc/self/stat
	done >/dev/null
} &

{
	echo "extend /live/nbd.so"
	echo "!touch /run/started"
	run=0
	while [ "$run" -lt "$RUNS" ]; do
		run=$((run + 1))
		echo "nbd -j >> /run/report"
		echo "!echo $run >> /run/runs; echo '{\"end\":$run}' >> /run/report"
		[ $((run % 20)) != 0 ] || echo "nbd -s --peers -v >> /run/text"
	done
	echo "!grep Vm /proc/\$PPID/status > /run/memory"
	echo "q"
} >/run/commands
report "crash starts"
while sleep 20; do
	report "$(wc -l </run/runs) of $RUNS runs, attached $(cat /run/attached-* | wc -l) times"
done 2>/dev/null &
/live/crash -s -i /run/commands /live/vmlinux /proc/kcore >/run/said 2>&1 </dev/null
echo $? >/run/status
cat /run/attached-* | wc -l >/run/attached
report "crash has ended with status $(cat /run/status); attached $(cat /run/attached) times"
cd /run || give_up "no /run"
tar -cf - report text runs memory said status attached | dd of=/dev/vdb bs=64k conv=fsync 2>/dev/null || give_up "cannot write"
poweroff -f
