#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh [--mutations] KERNEL CRASH MODULE E2E: has crash run every command of MODULE on the kernel's
# vmcore, and E2E compare the outputs with what the guest recorded. With --mutations the outputs are
# falsified value by value, and E2E must notice each.
set -euo pipefail

compare=compare
if [[ $1 == --mutations ]]; then
	compare=mutations
	shift
fi
kernel=$1 module=$(realpath "$3") e2e=$(realpath "$4")
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../vmcore-fixtures/lib/kernels.sh"
crash=$(kernel_crash "$kernel" "$2")
mapfile -t options < <(kernel_options "$kernel")
fixture=$("$here/../../vmcore-fixtures/build.sh" "$kernel")
netlink_hang=$("$here/../../vmcore-fixtures/build.sh" "$kernel" netlink-hang)
bare=$("$here/../../vmcore-fixtures/build.sh" "$kernel" bare)
# Modules have BTF from 5.11 on. E2E_LAYOUT tells the tests where nbd's layouts come from without
# `mod -s`: from the image's BTF, or computed.
case $kernel in
5.10) export E2E_LAYOUT=computed ;;
*) export E2E_LAYOUT=btf ;;
esac
E2E_MACHINE=$(kernel_column "$kernel" machine)
export E2E_MACHINE
# Set where crash opens the kernel without its modules only: then it loads no debuginfo of them.
[[ " ${options[*]} " != *" --no_modules "* ]] || export E2E_NO_MODULES=1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# session NAME FIXTURE [OPTION...]: runs the commands on standard input; what crash itself prints goes into
# NAME.stdout, and the run fails when crash does.
session() {
	cat >"$out/$1.commands"
	echo q >>"$out/$1.commands"
	if ! timeout 900 "$crash" "${options[@]}" "${@:3}" -s -i "$out/$1.commands" "$2/vmlinux" "$2/vmcore" \
		>"$out/$1.stdout" 2>"$out/$1.stderr" </dev/null; then
		tail -n 20 "$out/$1.stdout" "$out/$1.stderr" >&2
		echo "run.sh: crash failed in session $1" >&2
		exit 1
	fi
}

# save FILE COMMAND...: has the command's output written into FILE.
save() {
	local file=$1
	shift
	echo "$* > $out/$file"
}

# refuse FILE COMMAND...: the same, and behind it the proof that the session outlived the command.
refuse() {
	save "$@"
	echo "!echo alive >> $out/$1"
}

{
	echo "extend $module"
	save nbd-j nbd -j
	save nbd-a-j nbd -a -j
	save nbd nbd
	save nbd-a nbd -a
	save nbd-s nbd -s
	save nbd-s-peers nbd -s --peers
	save nbd-d-nbd101 nbd -d nbd101
	save nbd-s-nbd101 nbd -s -d nbd101
	save nbd-s-v-nbd101 nbd -s -v -d nbd101
	save nbd-r-o-nbd8 nbd -r -o -d nbd8
	save nbd-c nbd -c
	save nbd-dot-nbd101 nbd --dot -d nbd101
	save nbd-d-several nbd -d nbd0,2 -d /dev/nbd4,nbd5 -d 120
	save help-nbd help nbd
	save help-unix_peer help unix_peer
	save help-file_owner help file_owner
	save help-nbd_cleanup help nbd_cleanup
	save nbd-s-unconfigured nbd -s -d 50
	save nbd-d-twice nbd -d nbd0,0,/dev/nbd0
	save nbd-j-again nbd -j
	refuse error-nbd999 nbd -d nbd999
	refuse error-zzz nbd -d zzz
	refuse error-address nbd -d ffff888000000000
	refuse error-mixed nbd -d zzz,nbd0
	refuse error-file_owner-0 file_owner 0
	refuse error-file_owner-nbd999 file_owner nbd999
	refuse error-file_owner-nbd50 file_owner /dev/nbd50
	refuse error-file_owner-nbd29 file_owner nbd29
	refuse error-unix_peer-deadbeef unix_peer deadbeef
	refuse error-file_owner-deadbeef file_owner deadbeef
	refuse error-option nbd -x
	refuse error-operand nbd nbd0
	refuse error-no-device nbd -j -d ,,
	refuse error-no-address unix_peer
	save kernel-log log
	save anchor-offset struct gendisk.private_data -o
} | session first "$fixture"

gendisk=$(grep -o '"name":"nbd5".*' "$out/nbd-j" | grep -o '"gendisk":"0x[0-9a-f]*' | cut -dx -f2)
"$here/rebuild_id.py" "$fixture/nbd.ko.debug" "$out/other-nbd.ko.debug"
{
	echo "extend $module"
	save nbd-j-before nbd -j
	echo "mod -s nbd $out/other-nbd.ko.debug"
	save nbd-j-other-build nbd -j
	echo "mod -d nbd"
	echo "mod -s nbd $fixture/nbd.ko.debug"
	save nbd-j-debuginfo nbd -j
	"$e2e" --commands "$out" "$fixture"
	save anchor-address vtop "$gendisk"
} | session second "$fixture"

# Without BTF, an image whose nbd5 contradicts every layout.
stdin_file=$(grep -o '0x[0-9a-f]*' "$out/stdin-file")
if [[ $E2E_LAYOUT == computed ]]; then
	mkdir "$out/bent"
	ln -s "$fixture/vmlinux" "$out/bent/vmlinux"
	page=$(awk 'NR == 2 { print $2 }' "$out/anchor-address")
	offset=$(grep -o '\[[0-9]*\]' "$out/anchor-offset" | tr -d '[]')
	"$here/bend.py" "$fixture/vmcore" "$out/bent/vmcore" "$(printf %x $((0x$page + offset)))"
	{
		echo "extend $module"
		refuse refused nbd -d nbd0
		refuse refused-file_owner file_owner "$stdin_file"
		echo "mod -s nbd $fixture/nbd.ko.debug"
		save refused-nbd-j nbd -j
	} | session bent "$out/bent"
fi

{
	echo "extend $module"
	refuse no-module nbd
	save bare-sock p init_net.rtnl
} | session bare "$bare"

{
	echo "extend $module"
	save netlink-hang-j nbd -a -j
	save netlink-hang nbd -d nbd20
} | session netlink-hang "$netlink_hang"
cp "$netlink_hang/truth.json" "$out/netlink-hang-truth"

# unix_peer and file_owner need nothing of nbd; every kernel has a netlink socket of its own.
sock=$(grep -o '0x[0-9a-f]*' "$out/bare-sock")
{
	echo "extend $module"
	save bare-unix_peer unix_peer "$sock"
	refuse bare-file_owner file_owner "$sock"
} | session bare-sock "$bare"

{
	echo "extend $module"
	save no-modules-a-j nbd -a -j
	save no-modules-d-nbd101 nbd -d /dev/nbd101
	save no-modules-file_owner-nbd101 file_owner -j /dev/nbd101
	save no-modules-unix_peer-stdin unix_peer "$stdin_file"
} | session no-modules "$fixture" --no_modules

{
	echo "extend $module"
	save file_owner-stdin file_owner -j "$stdin_file"
	[[ ! -e $out/set-sock-file ]] || save file_owner-set-sock file_owner -j "$(grep -o '0x[0-9a-f]*' "$out/set-sock-file")"
	save file_owner-nbd101 file_owner -j /dev/nbd101
	save file_owner-nbd18 file_owner nbd18
	save unix_peer-stdin unix_peer "$stdin_file"
} | session third "$fixture"

# The schema holds for every line of JSON that was printed.
grep -h '^{' "$out"/nbd-j* "$out"/nbd-a-j "$out"/no-modules-a-j "$out"/unix_peer-*-[nsfp]* "$out"/file_owner-*-[nsfp]* \
	"$out/unix_peer-two" "$out/file_owner-stdin" "$out/file_owner-nbd101" \
	"$out/netlink-hang-j" >"$out/all.jsonl"
"$here/validate.py" "$here/../../doc/report.schema.json" "$out/all.jsonl"

if [[ $compare == mutations ]]; then
	"$here/mutations.py" "$e2e" "$out" "$fixture"
else
	"$e2e" "$out" "$fixture"
fi
