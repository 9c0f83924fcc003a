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

# Runs the script that is its argument where no terminal can be opened.
WITHOUT_PSEUDO_TERMINALS='
import os, pty, runpy, sys

def fork():
	raise OSError("out of pty devices")

pty.fork = fork
sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
'

case $what in
all)
	"$here/damage.py" --count "$count" --seed "$seed" --jobs "$jobs" "$crash" "$module" "$fixture" "$vmlinux"
	;;
check)
	"$here/damage.py" --telling --jobs "$jobs" "$crash" "$module" "$fixture" "$vmlinux"
	"$here/named.py" --jobs "$jobs" "$crash" "$module" "$fixture" "$vmlinux"
	;;
session)
	# Without pseudo-terminals nothing of Ctrl-C can be tried: that is a failure, not less to test.
	said=$(python3 -c "$WITHOUT_PSEUDO_TERMINALS" "$here/../e2e/session.py" "$crash" "$module" "$vmlinux" \
		"$fixture/vmcore" 2>&1) && said="nothing is wrong"
	[[ $said == *"there are no pseudo-terminals"* ]] || {
		echo "run.sh: without pseudo-terminals session.py says: $said" >&2
		exit 1
	}
	"$here/../e2e/session.py" "$crash" "$module" "$vmlinux" "$fixture/vmcore"
	;;
esac
