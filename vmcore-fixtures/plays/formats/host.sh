# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What this play does otherwise than lib/capture-dump.sh: while the guest stands still, its memory is dumped in each format
# that QEMU knows. The ELF file is the vmcore, stored with holes; the others are beside it.

# The files and dump-guest-memory's options. A QEMU may be built without the last two; what it said then is in the file "refused".
readonly OTHER_FORMATS='qemu-zlib=-z qemu-lzo=-l qemu-snappy=-s'

capture_hear() {
	local format

	[[ $2 == "waits for its memory to be dumped"* ]] || return 0
	{
		printf '%s\n' stop "dump-guest-memory $1/vmcore"
		for format in $OTHER_FORMATS; do
			echo "dump-guest-memory ${format#*=} $1/${format%=*}"
		done
		echo quit
	} >&"$CAPTURE_COMMANDS"
}

capture_take() {
	local format

	grep -a '^Error' "$1/qemu.log" >"$2/refused" || :
	for format in vmcore $OTHER_FORMATS; do
		format=${format%=*}
		[[ -s $1/$format ]] || continue
		cp --sparse=always "$1/$format" "$2/"
		chmod 644 "$2/$format"
	done
	[[ -s $2/vmcore && -s $2/qemu-zlib ]] || boot_failed "$1" "QEMU dumped no memory: $(head -n 1 "$2/refused")"
	exec {CAPTURE_COMMANDS}>&-
}
