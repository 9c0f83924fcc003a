# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs the guest and takes what it hands over on its two bare disks.

# What the play needs: seconds, several times what emulation takes, and MiB.
play_needs() {
	case $PLAY in
	crowd*) BOOT_LIMIT=900 GUEST_MEMORY=2560 ;;
	stuck*) BOOT_LIMIT=900 GUEST_MEMORY=1024 ;;
	*) BOOT_LIMIT=600 GUEST_MEMORY=1024 ;;
	esac
}

# follow_console WORK PID: prints what the guest reports, as it comes, until PID has ended.
follow_console() {
	local work=$1 console=$1/console.log pid=$2 seen=0 line lines deadline=$((SECONDS + BOOT_LIMIT))

	while :; do
		local running=1
		kill -0 "$pid" 2>/dev/null || running=0
		mapfile -t lines < <(tr -d '\r' <"$console" | sed -n 's/^fixture: //p')
		for line in "${lines[@]:seen}"; do
			say "guest: $line"
			capture_hear "$work" "$line"
		done
		seen=${#lines[@]}
		((running)) || return 0
		((SECONDS < deadline)) || return 1
		sleep 0.5
	done
}

# guest_run WORK: boots WORK/root.ext4, leaves WORK/truth.tar, what capture_take
# takes, and WORK/console.log. Emulation with two CPUs now and then breaks a kernel while it
# patches its own code ("Oops: int3"), mostly before there is a process: then
# nothing was written, and it is booted again.
guest_run() {
	local attempt

	for attempt in 1 2 3; do
		guest_boot "$1"
		! grep -q '^fixture: ' "$1/console.log" || break
		((attempt == 3)) || say "the guest's kernel did not come up: once more"
	done
}

guest_boot() {
	local work=$1 accel=${NBD_FIXTURE_ACCEL:-tcg} cpu=$QEMU_CPU

	[[ $accel == kvm ]] && cpu=host
	play_needs
	truncate -s 64M "$work/truth.tar"
	: >"$work/console.log"
	capture_begin "$work"
	"${QEMU_MACHINE[@]}" -accel "$accel" -cpu "$cpu" -smp 2 -m "$GUEST_MEMORY" \
		-nodefaults -no-user-config -display none -no-reboot \
		-serial "file:$work/console.log" \
		-kernel "$KERNEL_DIR/vmlinuz" -initrd "$work/scenes.cpio.gz" \
		-append "console=$GUEST_CONSOLE quiet loglevel=3 $GUEST_PARAMETERS $CAPTURE_PARAMETERS panic=1 fixture.play=$PLAY fixture.capture=$CAPTURE" \
		-drive "file=$work/root.ext4,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$work/truth.tar,format=raw,if=virtio,cache=unsafe" \
		"${CAPTURE_DEVICES[@]}" \
		<"$CAPTURE_MONITOR" >"$work/qemu.log" 2>&1 &
	QEMU_PID=$!
	follow_console "$work" "$QEMU_PID" || {
		kill "$QEMU_PID"
		boot_failed "$work" "the guest did not finish within $BOOT_LIMIT s"
	}
	wait "$QEMU_PID" || boot_failed "$work" "QEMU: $(tail -n 1 "$work/qemu.log")"
	QEMU_PID=''
}

# guest_take WORK NAME DIR: NAME from WORK/NAME's disk, complete or not at all.
guest_take() {
	local work=$1 disk=$1/${2%.*}.tar

	mkdir "$work/take"
	(tar -x -f "$disk" -C "$work/take" && cd "$work/take" && [[ -s $2 ]] &&
		sha256sum --quiet -c SHA256SUMS) >/dev/null 2>&1 ||
		boot_failed "$work" "the guest handed over no complete $2"
	mv "$work/take/$2" "$3/"
	rm -r "$work/take"
}

# boot_failed WORK WHAT: the console log survives the build. WHAT is how the host
# noticed; the guest's own word, if it had one, says more.
boot_failed() {
	local kept said

	kept=$CACHE/failed-$(<"$KERNEL_DIR/release").console.log
	tr -d '\r' <"$1/console.log" >"$kept"
	said=$(sed -n 's/^fixture: FAILED: /guest: /p' "$kept" | head -n 1)
	printf '\nlast lines of the console:\n' >&2
	tail -n 15 "$kept" | sed 's/^/  /' >&2
	fail "${said:-$2}" "read $kept, then run again"
}
