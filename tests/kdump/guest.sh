#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest, at each boot: first leaves an nbd device without its server and crashes; then waits for the report of that,
# has the unit started once more, and notes in /var/crash what the host is to compare.
set -u

say() {
	echo "kdump-check: $*"
}

give_up() {
	say "FAILED: $*"
	poweroff -ff
}

start_nbd() {
	modprobe nbd || give_up "no nbd"
	truncate -s 8M /run/disk
	printf '%s\n' '[generic]' 'listenaddr = 127.0.0.1' '[disk]' 'exportname = /run/disk' >/run/nbd-server.conf
	nbd-server -C /run/nbd-server.conf || give_up "nbd-server"
	for _ in {1..60}; do
		! nbd-client -N disk 127.0.0.1 /dev/nbd0 || return 0
		sleep 1
	done
	give_up "nbd-client"
}

# Of all processes of the unit: class, priority, class of input and output.
note_priorities() {
	local pid

	for pid in $(</sys/fs/cgroup/system.slice/nbd-crash-report.service/cgroup.procs); do
		echo "$(</proc/"$pid"/comm) $(cut -d' ' -f19 /proc/"$pid"/stat) $(chrt -p "$pid" | sed -n 's/.*policy: //p') $(ionice -p "$pid")"
	done
}

files() {
	stat -c '%n %i %Y %s' /var/crash/*/*
}

until_read() {
	while [[ $(systemctl is-active nbd-crash-report) == active ]]; do
		sleep 2
	done
}

if ! compgen -G '/var/crash/2*/dump.*' >/dev/null; then
	[[ $(</sys/kernel/kexec_crash_loaded) == 1 ]] || give_up "kdump-tools has loaded no kernel"
	start_nbd
	for process in /proc/[0-9]*; do
		[[ $(<"$process/comm") != nbd-server ]] || kill -9 "${process#/proc/}"
	done
	sleep 2
	say "crashing"
	echo c >/proc/sysrq-trigger
fi
say "a vmcore is there"
until compgen -G '/var/crash/2*/nbd-report.txt' >/dev/null; do
	sleep 1
done
note_priorities >/var/crash/priorities
until_read
say "it has been read"
files >/var/crash/first
systemctl start nbd-crash-report
until_read
files >/var/crash/second
systemctl poweroff
