#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# matrix.sh MODULE ARM64-MODULE KERNEL...: the same MODULE in every packaged crash on every kernel's vmcore, with nbd's
# debuginfo and without: from BTF, or computed; on arm64's ARM64-MODULE, in a crash built for that. All reports of a kernel
# must be equal but for layout_source, for the lists of devices that were read (without CONFIG_KALLSYMS_ALL nbd's own is found with
# debuginfo alone), for the reads it took and for what crash itself counts. Prints a table of kernels and crashes; a cell
# that cannot be says why.
set -euo pipefail

readonly CRASHES=(7.2.9 8.0.2 8.0.6 9.0.2)

module=$(realpath "$1") arm64_module=$2
shift 2
fixtures=$(cd "$(dirname "$0")/../../vmcore-fixtures" && pwd)
. "$fixtures/lib/kernels.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# impossible KERNEL CRASH SOURCE: the cells that cannot be. All others must pass.
impossible() {
	case "$2 $1 $3" in
	"7.2.9 6."* | "7.2.9 sid "* | "7.2.9 backports "*) ;;  # DWARF 5
	"8.0.2 6.12"* | "8.0.2 sid "* | "8.0.2 backports "*) ;;
	"8.0.6 sid "* | "8.0.6 backports "*) ;;
	*) return 1 ;;
	esac
}

# without_debuginfo KERNEL: where the layouts come from then. Modules have BTF from 5.11 on.
without_debuginfo() {
	[[ $1 == 5.10 ]] && echo computed || echo btf
}

# crash_of KERNEL VERSION: that crash(8), for the kernel's machine; nothing where there is none.
crash_of() {
	if [[ $(kernel_column "$1" machine) == x86_64 ]]; then
		"$fixtures/crash.sh" "$2"
	else
		"$fixtures/crash.sh" "$2-arm64" 2>/dev/null || :
	fi
}

# report KERNEL CRASH FIXTURE SOURCE: the report with what may differ taken out; empty when crash cannot
# open the image, or when nbd.so says that it knows no layout.
report() {
	local own=$module options
	rm -f "$work/report"
	[[ $(kernel_column "$1" machine) == x86_64 ]] || own=$(realpath "$arm64_module")
	mapfile -t options < <(kernel_options "$1")
	shift
	{
		echo "extend $own"
		[[ $3 != debuginfo ]] || echo "mod -s nbd $2/nbd.ko.debug"
		echo "nbd -j > $work/report"
		echo q
	} >"$work/commands"
	timeout 400 "$1" "${options[@]}" -s -i "$work/commands" "$2/vmlinux" "$2/vmcore" >"$work/said" 2>&1 </dev/null || :
	[[ ! -s $work/report ]] || sed -e "s/\"layout_source\":\"$3\"//" -e 's/"devices_from":\[[^]]*\]//' -e 's/"tasks_in_crash":[0-9]*//' \
		-e 's/"reads":[0-9]*,"bytes_read":[0-9]*,"reads_for":{[^}]*},"bytes_read_for":{[^}]*}//' \
		"$work/report"
}

# What crash said last, or what nbd.so did: why a cell cannot be.
reason() {
	if [[ -s $work/report ]]; then
		head -n 1 "$work/report"
	else
		grep -v '^ *$' "$work/said" | tail -n 1
	fi | sed 's|/[^ ]*/||g' | cut -c1-90
}

# cell KERNEL CRASH SOURCE: "passed", "DIFFERS", "MISSING", or "-" with the reason below the table.
cell() {
	local crash fixture got

	if [[ $3 == debuginfo && " $(kernel_options "$1" | xargs) " == *" --no_modules "* ]]; then
		echo "(debuginfo on $1) crash opens it without modules, and loads no debuginfo of theirs" >>"$work/notes"
		echo "-"
		return
	fi
	crash=$(crash_of "$1" "$2")
	if [[ ! $crash ]]; then
		echo "($2 on $1) there is no crash $2 for arm64: vmcore-fixtures/crash.sh" >>"$work/notes"
		echo "-"
		return
	fi
	fixture=$("$fixtures/build.sh" "$1")
	got=$(report "$1" "$crash" "$fixture" "$3")
	if [[ $got != '{'* ]]; then
		echo "($2 $3 on $1) $(reason)" >>"$work/notes"
		impossible "$1" "$2" "$3" && echo "-" || echo "MISSING"
	elif [[ ! -e $work/reference-$1 ]]; then
		echo "$got" >"$work/reference-$1"
		echo "passed"
	elif [[ $got == "$(<"$work/reference-$1")" ]]; then
		echo "passed"
	else
		echo "DIFFERS"
	fi
}

# What takes time is done before the table begins.
for crash in "${CRASHES[@]}"; do
	"$fixtures/crash.sh" "$crash" >/dev/null
done
for kernel in "$@"; do
	"$fixtures/build.sh" "$kernel" >/dev/null
done

printf '%-10s %-10s' kernel layouts
printf ' %-9s' "${CRASHES[@]}"
echo
for kernel in "$@"; do
	for source in debuginfo "$(without_debuginfo "$kernel")"; do
		printf '%-10s %-10s' "$kernel" "$source"
		for crash in "${CRASHES[@]}"; do
			result=$(cell "$kernel" "$crash" "$source")
			printf ' %-9s' "$result"
			[[ $result != passed ]] || passed=$((passed + 1))
			[[ $result == passed || $result == - ]] || failed=$((failed + 1))
		done
		echo
	done
	# The report that all cells agreed upon must be one.
	if [[ $(grep -c '"type":"device"' "$work/reference-$kernel" 2>/dev/null || :) -lt 10 ]]; then
		echo "no crash reported the devices of $kernel"
		failed=$((failed + 1))
	fi
done
echo
sort -u "$work/notes" 2>/dev/null || :
echo "$passed passed, $failed failed"
((failed == 0))
