#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh KERNEL MODULE: MODULE in crash on the running kernel of a guest in which devices come and go. Each
# of its reports must be whole, valid JSON, whatever changed while it was read.
set -euo pipefail

readonly LIMIT=3000 # seconds; emulation is slow

here=$(cd "$(dirname "$0")" && pwd)
kernel=$1 module=$(realpath "$2")
. "$here/guest.sh"

say "live: making the guest"
live_root "$here/main.sh" nbd
live_run "$LIMIT"
"$here/check.py" "$here/../../doc/report.schema.json" "$WORK/result"
