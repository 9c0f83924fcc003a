#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packages.sh GROUP...: installs those Debian packages of the groups that are not installed yet.
# Elsewhere it says what is needed and goes on: the build tells what it misses.
set -euo pipefail

declare -A GROUPS_OF=(
	[build]="gcc libc6-dev make pkg-config crash libbpf-dev libelf-dev libjson-c-dev"
	[fixtures]="qemu-system-x86 e2fsprogs cpio debian-archive-keyring"
	[check]="check clang libclang-rt-dev clang-format python3-jsonschema valgrind libc6-dbg libncurses6 libsnappy1v5 binutils gdb gcovr"
	[arm64]="qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross bison dpkg-dev g++ libgmp-dev libmpfr-dev libncurses-dev patch texinfo zlib1g-dev"
	[package]="binutils cpio git debian-archive-keyring lintian mandoc mmdebstrap rpm rpm2cpio rpmlint util-linux"
	[postmortem]="python3 graphviz sqlite3 parallel slurm-wlm munge debuginfod mandoc shellcheck chromium fonts-dejavu-core"
)

wanted=()
for group in "$@"; do
	read -ra names <<<"${GROUPS_OF[$group]}"
	wanted+=("${names[@]}")
done

if ! command -v apt-get >/dev/null; then
	echo "packages.sh: no apt-get here; needed, by Debian's names: ${wanted[*]}" >&2
	exit 0
fi

missing=()
for package in "${wanted[@]}"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
	if ! command -v sudo >/dev/null; then
		echo "packages.sh: as root, run: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi
echo "packages.sh: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "packages.sh: could not install ${missing[*]}: see above" >&2
	exit 1
fi
