#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the guest: scenes of the fixtures are played, crash says what to do about each, steps-round.sh does it. Then
# crash is asked again: what was done may leave more to do.

export PATH=/fixture:/usr/sbin:/usr/bin:/sbin:/bin
export FIXTURE_RUN=/run/scene
export CROWD=200 # a tenth of the field case's connections: the steps are the same
readonly ROUNDS="1 2 3"

report() {
	echo "live: $*" >/dev/console
}

# No orderly end, which would wait for whoever hangs. QEMU ends with the reboot.
give_up() {
	report "FAILED: $*"
	echo b >/proc/sysrq-trigger
}

prepare() {
	mount -t tmpfs run /run
	mount -t tmpfs tmp /tmp
	mount -t debugfs debug /sys/kernel/debug
	mkdir -p "$FIXTURE_RUN" /run/log /run/out /var/lock
	ip link set lo up
	echo 1 >/proc/sys/kernel/sysrq
	/sbin/modprobe -C /dev/null nbd nbds_max=128 || give_up "cannot load nbd"
	/sbin/modprobe -C /dev/null dm_mod || give_up "cannot load dm_mod"
}

play() {
	SCENE=$FIXTURE_RUN/$1
	export SCENE
	mkdir "$SCENE"
	sh -eux -c '. /fixture/lib.sh; . "/fixture/scenes/$1.sh"' scene "$1" </dev/null >"/run/log/$1" 2>&1 ||
		: >"$SCENE/.failed"
	: >"$SCENE/.played"
}

# What crash is told: the requests come when it is ready, so that they are young.
commands() {
	local round name device rest devices

	echo "extend /live/nbd.so"
	echo "!sh /fixture/steps-round.sh begin"
	devices=$(cut -d ' ' -f 2 /fixture/plays | paste -s -d ,)
	for round in $ROUNDS; do
		mkdir "/run/out/$round"
		# shellcheck disable=SC2034 # rest
		while read -r name device rest; do
			echo "nbd -d $device > /run/out/$round/$name"
		done </fixture/plays
		echo "nbd -j -d $devices > /run/out/$round/report"
		echo "!sh /fixture/steps-round.sh $round"
	done
	echo "!sh /fixture/steps-round.sh end"
	echo "q"
}

prepare
report "guest kernel $(uname -r) runs"
for file in /fixture/scenes/*.sh; do
	name=${file##*/}
	play "${name%.sh}" &
done
commands >/run/commands
report "crash starts"
/live/crash -s -i /run/commands /live/vmlinux /proc/kcore >/run/out/said 2>&1 </dev/null
echo $? >/run/out/status
report "crash has ended with status $(cat /run/out/status)"
cp -r /run/log /run/out/
dmesg >/run/out/dmesg
cd /run/out || give_up "no /run/out"
tar -cf - . | dd of=/dev/vdb bs=64k conv=fsync 2>/dev/null || give_up "cannot write"
echo b >/proc/sysrq-trigger
