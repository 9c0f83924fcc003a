#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# steps.sh KERNEL MODULE: whether the steps of a diagnosis do what they promise. In a guest scenes of the fixtures
# are played, crash with MODULE says what to do, and a script does it.
set -euo pipefail

readonly LIMIT=3000 # seconds; emulation is slow

here=$(cd "$(dirname "$0")" && pwd)
kernel=$1 module=$(realpath "$2")
. "$here/guest.sh"

# Of the scene's steps all are taken, or the first alone, or the rest without it; then the device is free, or works.
# A scene whose steps are alternatives is played a second time, under another name on another device.
plays() {
	cat <<-'END'
		reconnect-wait      nbd32   first  works
		reconnect-wait      nbd32   rest   free   reconnect-detach  nbd64
		server-stopped      nbd8    first  works
		server-stopped      nbd8    rest   free   stopped-detach    nbd65
		window-full         nbd34   first  works
		window-full         nbd34   rest   free   window-killed     nbd66
		tx-lock             nbd35   all    free
		disconnect-ignored  nbd39   all    free
		server-killed-unix  nbd6    all    free
		two-of-one          nbd55   all    free
		two-of-one-2        nbd56   all    free
		dm-ext4             nbd36   all    free
		field-case          nbd101  all    free
	END
}

# add_scenes ROOT: their files, and in /fixture/plays "NAME DEVICE STEPS END" of each.
add_scenes() {
	local scene device steps end as as_device file

	mkdir "$1/fixture/scenes"
	while read -r scene device steps end as as_device; do
		echo "${as:-$scene} ${as_device:-$device} $steps $end"
		for file in "$RECIPE"/guest/scenes*/"$scene.sh"; do
			# two-of-one-2 is played by another scene.
			[[ ! -e $file ]] || sed "${as:+s/\<$device\>/$as_device/g; s|:/run/|:/run/$as-|g; s/\<108[0-9][0-9]\>/108${as_device#nbd}/g}" \
				"$file" >"$1/fixture/scenes/${as:-$scene}.sh"
		done
	done < <(plays) >"$1/fixture/plays"
}

add_programs() {
	local guest=$RECIPE/guest

	make -s --no-print-directory -C "$guest" OUT="$1/fixture" "$1/fixture/actor"
	"$GUEST_CC" -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -static -I"$guest" -o "$1/fixture/reconfigure" \
		"$here/reconfigure.c" "$guest"/{address,process,facts,bytes}.c -l:libjson-c.a
}

say "live: making the guest"
live_root "$here/steps-main.sh" nbd dm_mod
add_programs "$WORK/root"
add_scenes "$WORK/root"
cp "$here/steps-round.sh" "$RECIPE/guest/lib.sh" "$WORK/root/fixture/"
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$WORK/root/fixture/mounted.ext4" 8M >/dev/null
live_run "$LIMIT"
# What the guest recorded, for whoever wants to know why.
rm -rf "$here/../../build/steps-$kernel"
mkdir -p "$here/../../build"
cp -r "$WORK/result" "$here/../../build/steps-$kernel"
"$here/steps.py" "$here/../../doc/report.schema.json" "$WORK/result"
