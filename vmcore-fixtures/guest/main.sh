#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the guest: prepares the kernel, plays all scenes, writes down the
# truth, crashes, or stands still to have its memory dumped.

# busybox sh prefers its own applets to programs of the same name: those that
# are meant for real are called by path.
export PATH=/fixture:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
export FIXTURE_RUN=/run/scene

report() {
	echo "fixture: $*" >/dev/console
}

give_up() {
	report "FAILED: $*"
	# An orderly end would wait for whoever hangs. QEMU ends with the reboot.
	echo b >/proc/sysrq-trigger
}

prepare() {
	mount -t tmpfs run /run
	mount -t tmpfs tmp /tmp
	mount -t debugfs debug /sys/kernel/debug
	mount -t tracefs trace /sys/kernel/tracing
	mkdir -p "$FIXTURE_RUN" /run/log /var/lock
	ip link set lo up
	echo 1 >/proc/sys/kernel/sysrq
	echo 1 >/proc/sys/kernel/panic
	[ "$play" != bare ] || return 0
	# nbd-client's package brings module options; the kernel's own defaults count here.
	/sbin/modprobe -C /dev/null nbd nbds_max=128 || give_up "cannot load nbd"
	/sbin/modprobe unix_diag || give_up "cannot load unix_diag"
	[ "$play" != stuck ] || trace_new_tasks
}

# Where each new task's task_struct is: no other interface tells.
trace_new_tasks() {
	local trace=/sys/kernel/tracing

	echo 4096 >$trace/buffer_size_kb
	echo 'p:new_task wake_up_new_task task=$arg1:x64' >$trace/kprobe_events || give_up "no kprobes"
	echo 1 >$trace/events/kprobes/new_task/enable || give_up "no kprobes"
	echo 1 >$trace/events/sched/sched_wakeup_new/enable || give_up "no tracepoints"
}

# For kdump its kernel; for QEMU the place of VMCOREINFO.
prepare_capture() {
	case $capture in
	kexec)
		kexec -s -p /fixture/vmlinuz --initrd=/fixture/capture.cpio.gz \
			--command-line="console=ttyS0 quiet loglevel=3 no_timer_check panic=1 nr_cpus=1 reset_devices irqpoll" \
			>/run/log/capture 2>&1
		;;
	dump) /sbin/modprobe -C /dev/null qemu_fw_cfg >/run/log/capture 2>&1 ;;
	esac
}

play() {
	SCENE=$FIXTURE_RUN/$1
	export SCENE
	mkdir "$SCENE"
	sh -eux -c '. /fixture/lib.sh; . "$2/$1.sh"' scene "$1" "$directory" \
		</dev/null >"/run/log/$1" 2>&1
}

is_set() {
	[ -e "$FIXTURE_RUN/$1/.late" ] || [ -e "$FIXTURE_RUN/$1/.played" ]
}

seconds() {
	cut -d. -f1 /proc/uptime
}

# Now and then, what those that are not done yet do: a slow host can be told from a scene that hangs.
report_waiting() {
	local name line

	while sleep 40; do
		for name in $1; do
			name=${name%:*}
			[ ! -e "$FIXTURE_RUN/$name/.played" ] || continue
			line=$(tail -n 1 "/run/log/$name" | cut -c1-100)
			case $line in
			*/.late) ;; # waits for the others
			*) report "$(seconds) s: $name is at: $line" ;;
			esac
		done
	done
}

# Scenes share nothing but the kernel: all at once is fastest.
play_all() {
	local file name pipe reporter pids='' failed=''

	for file in "$directory"/$scenes.sh; do
		name=${file##*/}
		name=${name%.sh}
		{
			play "$name"
			result=$?
			echo "played until $(seconds) s" >>"/run/log/$name"
			: >"$FIXTURE_RUN/$name/.played"
			exit "$result"
		} &
		pids="$pids $name:$!"
	done
	report_waiting "$pids" &
	reporter=$!
	for name in $pids; do
		until is_set "${name%:*}"; do
			sleep 0.3
		done
	done
	for pipe in "$FIXTURE_RUN"/*/.late; do
		[ -p "$pipe" ] || continue
		late=${late:-$(seconds)}
		: >"$pipe"
	done
	for name in $pids; do
		wait "${name#*:}" || failed="$failed ${name%:*}"
	done
	kill "$reporter"
	[ -z "$failed" ] && return
	dmesg | tail -n 30 >/dev/console
	for name in $failed; do
		tail -n 5 "/run/log/$name" | cut -c1-200 | sed "s/^/$name: /" >/dev/console
	done
	give_up "these scenes failed:$failed"
}

# attempt SCENE WAY…: what new tasks get that try to attach the scene's device.
attempt() {
	SCENE=$FIXTURE_RUN/$1
	export SCENE
	shift
	device=$(tr -d '"' <"$SCENE/device")
	# shellcheck disable=SC2086 # options and ways
	actor attempt $options "$device" "$@" >>"/run/log/${SCENE##*/}" 2>&1 ||
		give_up "attaching $device: $(tail -n 1 "/run/log/${SCENE##*/}")"
}

# attempt_all LAST: of all scenes, or of those who want to be tried last.
attempt_all() {
	local scene ways options=$1

	for scene in "$FIXTURE_RUN"/*; do
		ways=$ways_to_attach
		[ ! -e "$scene/.attach" ] || ways=$(cat "$scene/.attach")
		case $options$ways in
		--together--last*) ways=${ways#--last} ;;
		*--*) continue ;;
		esac
		if [ -n "$ways" ] && [ ! -e "$scene/absent" ]; then
			# shellcheck disable=SC2086 # ways
			attempt "${scene##*/}" $ways &
		fi
	done
	wait
}

# Those that want to be tried last: they may hang, and keep others from being answered.
attach_all() {
	attempt_all ""
	attempt_all --together
}

# No sync(2): it would wait for whoever hangs in open.
write_truth() {
	cd /run || give_up "no /run"
	truth "$FIXTURE_RUN" >truth.json || give_up "truth"
	sha256sum truth.json >SHA256SUMS
	tar -cf - truth.json SHA256SUMS | dd of=/dev/vdb bs=64k conv=fsync 2>/run/log/dd ||
		give_up "cannot write the truth"
}

# The crowd comes last: to record a million files would take longer than to open them.
gather_crowd() {
	SCENE=$FIXTURE_RUN actor crowd "$CROWD" 500 "$threads" || give_up "crowd"
	report "the crowd of $CROWD has gathered ($(seconds) s)"
}

# Until every request is one that nbd itself calls possibly stuck.
until_old() {
	sleep 31
}

capture=$(sed -n 's/.*fixture.capture=\([a-z]*\).*/\1/p' /proc/cmdline)
play=$(sed -n 's/.*fixture.play=\([a-z-]*\).*/\1/p' /proc/cmdline)
scenes='*'
directory=/fixture/scenes
ways_to_attach="set_sock do_it netlink"
export PLAY="$play"
case $play in
stuck | stuck-netlink)
	directory=/fixture/scenes-$play
	# Most attempts would change what the scene is.
	ways_to_attach=''
	;;
netlink-hang) scenes=set-sock-hang ;;
crowd*)
	scenes=field-case
	CROWD=2000
	[ "$play" != crowd-tenth ] || CROWD=200
	export CROWD
	threads=$CROWD
	[ "$play" != crowd-unthreaded ] || threads=0
	;;
esac
prepare
report "guest kernel $(uname -r) runs"
prepare_capture &
preparing=$!
[ "$play" = bare ] || play_all
wait "$preparing" || give_up "$capture: $(tail -n 1 /run/log/capture)"
report "all scenes are set ($(seconds) s)"
case $play in stuck*) until_old ;; esac
[ "$play" = bare ] || attach_all
write_truth
# What the scenes say of stuck requests counts for young ones, but for the play stuck.
case $play in
stuck*) ;;
*) [ "$(($(seconds) - ${late:-$(seconds)}))" -lt 28 ] || give_up "the late requests are too old: a busy host?" ;;
esac
report "truth is written ($(seconds) s, ${late:+late since $late s})"
[ -z "${CROWD:-}" ] || gather_crowd
case $capture in
kexec) echo c >/proc/sysrq-trigger ;;
dump) report "waits for its memory to be dumped" ;;
esac
