#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# session.sh [--preload]: nbd.so by its bare name in crash, on /fixture's vmcore; then loaded by crash -x.
set -euo pipefail

session() {
	timeout 1200 crash "$@" /fixture/vmlinux /fixture/vmcore </dev/null
}

printf '%s\n' 'extend nbd.so' 'nbd --version > /result/version' 'nbd -j > /result/report' \
	'help nbd > /result/help-nbd' 'help unix_peer > /result/help-unix_peer' \
	'help file_owner > /result/help-file_owner' q >/result/commands
session -s -i /result/commands >/result/session 2>&1
[[ ${1:-} == --preload ]] || exit 0
printf '%s\n' 'nbd --version > /result/version-preloaded' q >/result/commands
session -x -s -i /result/commands >/result/session-preloaded 2>&1
