#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh WHAT KERNEL CRASH MODULE [COUNT SEED]: damages the kernel's real vmcore. WHAT: all (COUNT damages), check
# (those that `make check` runs), session (nothing is damaged: what a person does to a session).
set -euo pipefail

what=$1 kernel=$2 crash=$3 module=$4 count=${5:-500} seed=${6:-1}
here=$(cd "$(dirname "$0")" && pwd)
fixture=$("$here/../../vmcore-fixtures/build.sh" "$kernel")
vmlinux=$here/../../build/$(basename "$fixture").vmlinux
"$here/indexed.sh" "$fixture/vmlinux" "$vmlinux"
jobs=$(nproc)

case $what in
all)
	"$here/damage.py" --count "$count" --seed "$seed" --jobs "$jobs" "$crash" "$module" "$fixture" "$vmlinux"
	;;
check)
	"$here/damage.py" --telling --jobs "$jobs" "$crash" "$module" "$fixture" "$vmlinux"
	"$here/named.py" --jobs "$jobs" "$crash" "$module" "$fixture" "$vmlinux"
	;;
session)
	"$here/../e2e/session.py" "$crash" "$module" "$vmlinux" "$fixture/vmcore"
	;;
esac
