# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The kernels, one row each:
#   name     of the version; of the suite, where the version moves: 7.2 and 7.3 when this was written
#   suite    Debian's, whose kernel of that flavour is taken as the suite has it today
#   flavour  of the package linux-image-FLAVOUR
#   machine  as uname -m says
#   capture  how its memory is taken: kexec (kdump's capture kernel), or dump (by QEMU)
#   crash    which crash(8) opens it, for crash.sh; host: the machine's own
#   options  crash's, comma-separated; -: none
#
# doc/kernels.md says why a crash needs its options.

readonly KERNEL_COLUMNS=(name suite flavour machine capture crash options)
readonly KERNEL_TABLE='
5.10        bullseye          cloud-amd64  x86_64   kexec  host         -
6.1         bookworm          cloud-amd64  x86_64   kexec  host         -
6.12        trixie            cloud-amd64  x86_64   kexec  8.0.6        -
6.1-rt      bookworm          rt-amd64     x86_64   dump   host         -
sid         sid               cloud-amd64  x86_64   dump   9.0.2        --no_modules
backports   trixie-backports  cloud-amd64  x86_64   dump   9.0.2        --no_modules
6.1-arm64   bookworm          cloud-arm64  aarch64  dump   8.0.6-arm64  -
6.12-arm64  trixie            cloud-arm64  aarch64  dump   8.0.6-arm64  -
'

# kernel_names: all of them.
kernel_names() {
	awk '{ print $1 }' <<<"$KERNEL_TABLE" | xargs
}

# kernel_column NAME COLUMN: that cell; fails where there is no such kernel.
kernel_column() {
	local i cells

	read -ra cells < <(awk -v name="$1" '$1 == name' <<<"$KERNEL_TABLE") || return 1
	for i in "${!KERNEL_COLUMNS[@]}"; do
		[[ ${KERNEL_COLUMNS[i]} != "$2" ]] || echo "${cells[i]}"
	done
}

# kernel_crash NAME HOST-CRASH: the crash(8) that opens it.
kernel_crash() {
	local version

	version=$(kernel_column "$1" crash)
	if [[ $version == host ]]; then
		echo "$2"
	else
		"$(dirname "${BASH_SOURCE[0]}")/../crash.sh" "$version"
	fi
}

# kernel_options NAME: what that crash is to be told, one a line.
kernel_options() {
	kernel_column "$1" options | tr , '\n' | sed '/^-$/d'
}
